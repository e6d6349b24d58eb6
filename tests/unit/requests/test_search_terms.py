from __future__ import annotations

import pytest

from tasks.requests.search_terms import search_terms


@pytest.mark.parametrize(
    ("title", "author", "custom", "terms"),
    [
        ("Quiet Harbor", "Jane Doe", None, ("Quiet Harbor Jane Doe", "Quiet Harbor")),
        ("Quiet Harbor: A Novel (Unabridged)", "Jane Doe, John Roe", None, ("Quiet Harbor Jane Doe", "Quiet Harbor")),
        ("Ender’s Game", "O. S. Card & Co", None, ("Ender's Game O. S. Card", "Ender's Game")),
        ("The Iliad", "Homer - translator, Jane Doe", None, ("The Iliad Homer", "The Iliad")),
        ("Re:Zero", "", None, ("Re:Zero",)),
        ("Quiet Harbor", "Jane Doe", "  harbour \n quiet ", ("harbour quiet Jane Doe", "harbour quiet")),
        ("Quiet Harbor", "Jane Doe", " ", ("Quiet Harbor Jane Doe", "Quiet Harbor")),
    ],
)
def test_indexers_are_asked_for(title, author, custom, terms):
    assert search_terms(title, author, custom) == terms
