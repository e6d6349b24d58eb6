from __future__ import annotations

from tests.chaos import story


def pytest_terminal_summary(terminalreporter):
    """The times to recover."""
    if story.TOLD:
        terminalreporter.section("recovery")
        terminalreporter.write_line(story.HEADING)
        for told in story.TOLD:
            terminalreporter.write_line(str(told))
