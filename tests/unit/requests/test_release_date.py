from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tasks.requests.release_date import must_wait

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("released", "waits"),
    [
        (None, False),
        ("", False),
        ("soon", False),
        ("2026-13-01", False),
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), True),
        ("2026-03-02", True),
        (" 2026-03-01T23:59:59Z ", False),
        (datetime(2026, 3, 1, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 1, 23, 59, tzinfo=timezone(-timedelta(hours=5))), True),
        (datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))), False),
        (date(1900, 1, 1), False),
        (date(9999, 12, 31), True),
    ],
)
def test_a_book_waits_for_its_day_in_utc(released, waits):
    assert must_wait(released, TODAY) is waits


def test_nothing_waits_where_the_gate_is_off():
    assert not must_wait(date(9999, 12, 31), TODAY, skip_unreleased=False)
