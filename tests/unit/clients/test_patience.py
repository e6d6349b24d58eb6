"""A download that the client does not know yet."""

from __future__ import annotations

from tasks.clients.downloads.patience import patient_statuses
from tasks.clients.downloads.types import MISSING, Status
from tasks.control import NoControl


class Slow:
    """A client that learns of one download a question."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def statuses(self, ids):
        self.asked.append(list(ids))
        known = [f"{number}" for number in range(len(self.asked))]
        return {id: Status("downloading", id) if id in known else MISSING for id in ids}


def test_only_what_is_missing_is_asked_for_again_after_longer_and_longer_waits():
    client, waits = Slow(), []
    found = patient_statuses(client, ["0", "1", "2"], NoControl(), lambda seconds, _: waits.append(seconds))
    assert [found[id].state for id in "012"] == ["downloading"] * 3
    assert client.asked == [["0", "1", "2"], ["1", "2"], ["2"]]
    assert waits == [0.5, 1.0]


def test_after_three_more_tries_it_is_believed_to_be_missing():
    client, waits = Slow(), []
    found = patient_statuses(client, ["never"], NoControl(), lambda seconds, _: waits.append(seconds))
    assert found == {"never": MISSING}
    assert (len(client.asked), waits) == (4, [0.5, 1.0, 2.0])
