"""The form in which a book is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops_api import forms, models
from ops_api.forms import Field

FIELDS = (
    Field("title", "Title", required=True, example="Dune"),
    Field("author", "Author", required=True, example="Frank Herbert"),
    Field("narrator", "Narrator", example="Scott Brick"),
    Field("series", "Series"),
    Field("series_part", "Number in the series", example="1", most=20),
    Field("asin", "ASIN", help="Audible's number, in the address of its page.", example="B002V1OF70", most=20),
    Field("isbn", "ISBN", example="9780441172719", most=20),
    Field("release_date", "Release date", "date", help="A book that is not published yet waits for that day."),
    Field("language", "Language", example="en", most=40),
    Field("runtime_minutes", "Length", "number", unit="minutes", bounds=(1, 100_000)),
    Field("cover_url", "Address of the cover", example="https://", most=2000),
    Field("description", "Notes", "long", most=20_000),
    Field("search_terms", "Search by", help="What the indexers are asked for instead of title and author."),
)
#: How the search begins.
SEARCH = Field("search", "Search for it at once and take the best release", "check")


def wanted(sent: Mapping[str, Sequence[str]]) -> models.NewRequest:
    """What the form says. Raises as `forms.check` does."""
    return forms.check(models.NewRequest, (*FIELDS, SEARCH), sent)
