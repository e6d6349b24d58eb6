from __future__ import annotations

import pytest

from tasks.media.child.sidecar import decode
from tasks.media.subtitles import language


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_of_a_subtitle_file_is_found_out(encoding):
    assert decode("Grüße – déjà".encode(encoding)) == "Grüße – déjà"


def test_bytes_without_any_meaning_do_not_stop_the_rest():
    assert decode(b"\x81caf\xe9") == "\ufffdcafé"


@pytest.mark.parametrize(
    ("tag", "code"), [("ENG", "eng"), ("pt_BR", "pt-br"), (None, "und"), ("", "und"), ("../../etc", "und")]
)
def test_a_language_tag_is_fit_for_a_file_name(tag, code):
    assert language(tag) == code
