from __future__ import annotations

import pytest
from pydantic import ConfigDict, SecretStr

from ops_api import forms
from ops_api.forms import Field, MistakesError
from ops_api.models.base import Model
from ops_api.models.programs import PathMapping
from ops_api.request_page.programs import FORMS


class Thing(Model):
    model_config = ConfigDict(extra="forbid")

    name: str
    key: SecretStr | None = SecretStr("as it was")
    sizes: tuple[int, ...] = ()
    flags: dict[str, float] | None = None
    folders: tuple[PathMapping, ...] = ()
    use: bool = False


FIELDS = (
    Field("name", "Name", required=True),
    Field("key", "API key", "secret"),
    Field("sizes", "Sizes", "words"),
    Field("flags", "Flags", "pairs"),
    Field("folders", "Folders", "mappings", example="/there = /here"),
    Field("use", "Use it", "check"),
)


def test_what_was_typed_becomes_what_is_meant():
    sent = {
        "name": [" Mine "],
        "key": [""],
        "sizes": ["1, 2  3"],
        "flags": ["Freeleech = 10\r\n\r\nInternal=-5"],
        "folders": ["/downloads = /mnt/x = y"],
        "use": ["on"],
    }
    thing = forms.check(Thing, FIELDS, sent)
    assert thing == Thing(
        name="Mine",
        sizes=(1, 2, 3),
        flags={"Freeleech": 10, "Internal": -5},
        folders=(PathMapping(remote="/downloads", local="/mnt/x = y"),),
        use=True,
    )
    assert "key" not in thing.model_fields_set, "a secret that was not typed is left as it was"


def test_what_is_so_is_shown_as_it_would_be_typed_but_no_secret():
    thing = Thing(name="Mine", sizes=(1, 2), flags={"Freeleech": 10}, folders=(PathMapping(remote="/d", local="/m"),))
    shown = forms.shown(FIELDS, thing.model_dump())
    assert shown == {
        "name": "Mine",
        "key": None,
        "sizes": "1, 2",
        "flags": "Freeleech = 10.0",
        "folders": "/d = /m",
        "use": False,
    }
    assert "key" not in forms.typed(FIELDS, {"key": ["s3cret"]})


@pytest.mark.parametrize(
    ("sent", "mistakes"),
    [
        ({}, {"name": "Say the name."}),
        ({"name": ["x"], "sizes": ["many"]}, {"sizes": "Sizes must be a whole number."}),
        ({"name": [" "], "flags": ["a = b"]}, {"name": "Say the name.", "flags": "Flags must be a number."}),
        ({"name": ["x"], "folders": ["/only"]}, {"folders": "Folders must be a line each, such as /there = /here."}),
    ],
)
def test_each_mistake_is_one_sentence_at_its_field(sent, mistakes):
    with pytest.raises(MistakesError) as refused:
        forms.check(Thing, FIELDS, sent)
    assert refused.value.mistakes == mistakes


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.kind)
def test_a_form_has_a_field_for_all_that_the_api_takes(form):
    assert {field.name for field in form.fields} == set(form.new.model_fields) == set(form.changes.model_fields)
