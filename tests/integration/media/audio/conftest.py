from __future__ import annotations

import pytest

from tasks.media.audio.probe import look
from tasks.media.tools import MediaTools
from tests.integration.media.audio.sounds import Sounds


@pytest.fixture(scope="session")
def sounds(tmp_path_factory):
    return Sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def _media_child(sounds):
    """One media child for all tests that leave it alive, started before any of them counts processes."""
    with MediaTools(nice=False) as tools:
        look(tools, sounds["sound.wav"])
        yield tools


@pytest.fixture
def tools(_media_child, runner):
    _media_child.control = runner
    return _media_child


@pytest.fixture
def fresh_tools(runner):
    with MediaTools(runner, nice=False) as tools:
        yield tools
