from __future__ import annotations

import logging

import pytest

from db.redact import redact_logs, redacted


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


def test_a_secret_reaches_no_log_neither_in_the_words_nor_in_the_traceback_nor_for_a_formatter_of_its_own(caplog):
    redact_logs()
    address = "http://indexer/api?apikey=abcdef0123&q=book"
    try:
        raise ValueError(address)
    except ValueError as error:
        logging.getLogger("darkroom.test").warning("%s said %s of %d", "nobody", error, 7, exc_info=True)
    logging.getLogger("darkroom.test").warning('%s - "%s %s"', "127.0.0.1", "GET", "/api/jobs?token=abcdef0123")
    assert "abcdef0123" not in caplog.text
    assert caplog.text.count("http://indexer/api?apikey=…&q=book") == 2
    assert caplog.records[1].args == ("127.0.0.1", "GET", "/api/jobs?token=…")
