"""Whatever is killed, frozen, cut off or filled up in the middle of the work: nothing is lost, nothing done twice."""

from __future__ import annotations

import pytest

from deployments.install.machine import faketime
from tests.chaos import faults, invariants
from tests.chaos.story import suffer, suffer_all
from tests.chaos.world import World, a_world, can_mount


@pytest.fixture(scope="module")
def world():
    with a_world(copies=20) as world:
        yield world


def whole(world: World) -> None:
    world.rest()
    assert invariants.broken(world) == []


@pytest.mark.timeout(1800)
def test_one_fault_after_another_loses_nothing_and_does_nothing_twice(world):
    suffer_all(world, {**(faults.ON_A_SMALL_DISK if can_mount() else {}), **faults.SHORT})
    whole(world)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not can_mount(), reason="only root can mount a small disk")
def test_a_full_disk_is_waited_for(world):
    for _ in range(3):
        suffer_all(world, faults.ON_A_SMALL_DISK)
    whole(world)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.skipif(faketime() is None, reason="there is no libfaketime")
def test_a_clock_that_jumps_loses_nothing_and_does_nothing_twice():
    with a_world(copies=20, clock=True) as world:
        with world.kept_busy():
            faults.jump(3600)(world)
            world.click()
        whole(world)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", [*faults.SHORT, *faults.LONG])
def test_a_fault_that_comes_three_times_loses_nothing_and_does_nothing_twice(world, name):
    for _ in range(3):
        suffer(world, name, {**faults.SHORT, **faults.LONG}[name])
    whole(world)
