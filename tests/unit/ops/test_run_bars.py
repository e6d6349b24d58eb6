"""The last runs of a schedule are drawn as bars and said in words."""

from __future__ import annotations

from datetime import UTC, datetime

from ops_api.prefect import Run
from ops_api.run_bars import bars, in_words, width

AT = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)


def run(seconds, kind="COMPLETED", state="Completed"):
    return Run("id", AT, state, None, kind, seconds)


RUNS = [run(1.0), run(4.0, "CRASHED", "Crashed"), run(1.5), run(None, "CANCELLED", "Cancelled")]


def test_a_bar_is_as_high_as_its_run_took_long_and_looks_as_it_went():
    drawn = bars(RUNS)
    assert [(bar.x, bar.height, bar.y, bar.look) for bar in drawn] == [
        (0, 6.5, 13.5, "ok"),
        (6, 20.0, 0.0, "bad"),
        (12, 8.8, 11.2, "ok"),
        (18, 2.0, 18.0, "wait"),
    ]
    assert drawn[1].says == "2026-03-01 04:05 UTC: crashed in 4.0 s"
    assert (width(RUNS), bars([])) == (24, [])


def test_the_words_count_how_the_runs_went_and_say_how_long_one_usually_takes():
    assert in_words(RUNS) == "2 completed, 1 crashed, 1 cancelled, usually in 1.5 s"
    assert in_words([run(None)]) == "1 completed"
