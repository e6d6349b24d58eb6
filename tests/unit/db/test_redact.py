from __future__ import annotations

import pytest

from db.redact import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://prowlarr/1/api?apikey=abc123&t=search: 500", "GET https://prowlarr/1/api?apikey=…&t=search: 500"),
        ("for url 'http://x/dl?a=1&passkey=abc'", "for url 'http://x/dl?a=1&passkey=…'"),
        ("http://x/dl?torrent_pass=a%20b#there", "http://x/dl?torrent_pass=…#there"),
        ("ftp://ann:s3cret@host/file", "ftp://ann:…@host/file"),
        ("postgresql+psycopg://ann:s3cret@db:5432/x", "postgresql+psycopg://ann:…@db:5432/x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("{'authorization': 'Basic YWJj'}", "{'authorization': 'Basic …'}"),
        ("X-Api-Key: abc, Accept: */*", "X-Api-Key: …, Accept: */*"),
        ("X-Plex-Token=abc", "X-Plex-Token=…"),
        ('{"apiKey": "abc", "name": "x"}', '{"apiKey": "…", "name": "x"}'),
        ('{"password":"abc"}', '{"password":"…"}'),
        ("Set-Cookie: SID=abc; HttpOnly\nnext", "Set-Cookie: …\nnext"),
        ("showed darkroom_12_" + "a-_Z9" * 8, "showed darkroom_12_…"),
    ],
)
def test_a_secret_is_hidden_where_secrets_stand(text, shown):
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "/media/The Secret: A Password (2001)/Token=1.mkv: moov atom not found",
        "The password is wrong.",
        "https://host:8080/path?query=monkey&page=2",
        "[matroska @ 0x5581] Read error at pos. 1 (0x1): key: value",
        "/media/a://b@c:d.mkv",
        "darkroom_test_1",
        "cookies are not sent",
    ],
)
def test_words_about_secrets_stay_as_they_are(text):
    assert redacted(text) == text


def test_a_field_with_a_telling_name_is_hidden_however_deep():
    said = {"box": [{"api_key": "abc", "name": "x", "url": "http://h/?token=abc"}], "token": 3, "password": ""}
    assert redacted(said) == {
        "box": [{"api_key": "…", "name": "x", "url": "http://h/?token=…"}],
        "token": 3,
        "password": "",
    }
