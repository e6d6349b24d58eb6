"""Tests of pages wait: what is read of a page at once may be of the page before, or not be there yet."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ACCEPTANCE = Path(__file__).parents[1] / "acceptance"
#: Words of Playwright that read at once, where `expect` waits.
READS = frozenset(
    [
        "all_inner_texts",
        "all_text_contents",
        "get_attribute",
        "inner_html",
        "inner_text",
        "input_value",
        "is_checked",
        "is_disabled",
        "is_editable",
        "is_enabled",
        "is_hidden",
        "is_visible",
        "text_content",
    ]
)


def read_at_once(source: str) -> list[str]:
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    methods = [(func, ast.unparse(func.value)) for func in called if isinstance(func, ast.Attribute)]
    return [
        func.attr
        for func, of in methods
        if func.attr in READS or (func.attr == "count" and ("locator" in of or "get_by" in of))
    ]


@pytest.mark.parametrize("path", sorted(ACCEPTANCE.glob("*.py")), ids=lambda path: path.name)
def test_no_test_of_a_page_reads_it_without_waiting(path):
    assert read_at_once(path.read_text()) == []


def test_a_read_without_waiting_is_noticed():
    assert read_at_once("assert page.locator('p').count() == 1 and page.locator('p').inner_text() == 'x'") == [
        "count",
        "inner_text",
    ]
