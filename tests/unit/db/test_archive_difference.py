from __future__ import annotations

import pytest

from db.archives.difference import Known, Page, compare


def known(*rows):
    """Rows as `name content`, those that are missing with a minus in front."""
    made = []
    for number, row in enumerate(rows, 1):
        name, content = row.lstrip("-").split()
        made.append(Known(number, name, len(content), content, missing=row.startswith("-")))
    return made


def pages(*rows):
    return [Page(name, len(content), content) for name, content in (row.split() for row in rows)]


@pytest.mark.parametrize(("before", "after", "new", "changed", "gone"), [
    (["1 a", "2 b"], ["1 a", "2 b"], [], [], []),
    ([], ["1 a", "2 b"], ["1", "2"], [], []),
    (["1 a", "2 b"], [], [], [], ["1", "2"]),
    (["1 a"], ["1 b"], [], ["1>1"], []),
    (["-1 a"], ["1 a"], [], ["1>1"], []),
    (["-1 a"], [], [], [], []),
    # named anew
    (["1 a", "2 b"], ["01 a", "02 b"], [], ["1>01", "2>02"], []),
    (["-1 a"], ["01 a"], [], ["1>01"], []),
    # one content twice says nothing of which is which
    (["1 a", "2 a"], ["01 a", "02 a"], ["01", "02"], [], ["1", "2"]),
    (["1 a", "2 b"], ["01 a", "02 a"], ["01", "02"], [], ["1", "2"]),
    # a name keeps its row, even where the contents change places
    (["1 a", "2 b"], ["1 b", "2 a"], [], ["1>1", "2>2"], []),
    (["1 a", "2 b"], ["1 x", "2 a", "3 b"], ["3"], ["1>1", "2>2"], []),
])  # fmt: skip
def test_what_becomes_of_pages(before, after, new, changed, gone):
    found = compare(known(*before), pages(*after))
    assert [page.name for page in found.new] == new
    assert [f"{row.name}>{page.name}" for row, page in found.changed] == changed
    assert [row.name for row in found.gone] == gone
