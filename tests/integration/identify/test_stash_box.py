"""What a stash-box says, and what becomes of one that misbehaves."""

from __future__ import annotations

import json
import threading

import pytest

from db.ledger import Claimed
from flows.job_control import JobControl
from tasks.clients.web import Bounds
from tasks.control import NoControl
from tasks.errors import CancelledError, PermanentError, TransientError
from tasks.identify import stash_box as client
from tasks.identify.graphql import Question, StashBox
from tasks.identify.match import Hashes
from tasks.identify.stash_box import find, who
from tests.integration.identify.conftest import KEY
from tests.stash_box import Reply, fingerprint, scene

MD5, OSHASH, PHASH = "d41d8cd98f00b204e9800998ecf8427e", "a1b2c3d4e5f60718", "00f0f0f0f0f0f0f1"
VIDEO = Hashes(MD5, OSHASH, PHASH, 60.2)


def ours(box, key=KEY):
    return StashBox("Box", box.endpoint, key)


def look(web, box, *videos, key=KEY):
    return find(web, ours(box, key), videos or (VIDEO,), NoControl())


def test_each_video_is_told_its_own_scenes_the_best_first(web, box):
    near = scene(id="near", title="Near", fingerprints=[fingerprint("PHASH", "f0f0f0f0f0f0f2")])
    same = scene(id="same", title="Same", duration=60, fingerprints=[fingerprint("OSHASH", OSHASH)])
    other = scene(id="other", fingerprints=[fingerprint("MD5", "f" * 32)])
    box.scenes = [near, same, other]
    mine, nobodys, others = look(web, box, VIDEO, Hashes(oshash="0" * 16), Hashes(md5="f" * 32))
    assert [found.remote_id for found in mine.found] == ["same", "near"]
    assert (mine.found[0].match.hashes, mine.found[1].match.phash_distance) == (("oshash",), 2)
    assert nobodys.found == ()
    assert [found.remote_id for found in others.found] == ["other"]


def test_a_scene_is_read_whole(web, box):
    box.scenes = [
        scene(
            title="A Film",
            details="What happens.",
            date="2021-05-06",
            urls=[{"url": "https://example.org/film"}],
            studio={"name": "Ö Films"},
            performers=[{"performer": {"name": "Ada Lovelace"}}],
            tags=[{"name": "Night"}],
            images=[{"url": "https://example.org/a.jpg", "width": 16, "height": 9}],
            fingerprints=[fingerprint("MD5", MD5)],
        )
    ]
    ((found,),) = (known.found for known in look(web, box))
    assert found.proposal.said() == {
        "title": "A Film",
        "details": "What happens.",
        "date": "2021-05-06",
        "urls": ["https://example.org/film"],
        "studio": "Ö Films",
        "performers": ["Ada Lovelace"],
        "tags": ["Night"],
        "image": "https://example.org/a.jpg",
    }


def test_videos_are_asked_for_forty_at_a_time_with_the_key_and_only_with_hashes(web, box):
    videos = [Hashes(oshash=f"{number:016x}", duration=1.0) for number in range(81)]
    assert len(look(web, box, *videos)) == 81
    sent = [asked.body["variables"]["fingerprints"] for asked in box.asked]
    assert [len(each) for each in sent] == [40, 40, 1]
    assert sent[2] == [[{"algorithm": "OSHASH", "hash": f"{80:016x}"}]]
    assert {asked.headers["apikey"] for asked in box.asked} == {KEY}


def test_a_stash_box_says_whose_key_it_is(web, box):
    assert who(web, ours(box), NoControl()) == "someone"
    with pytest.raises(PermanentError, match="refuses the API key"):
        who(web, ours(box, "wrong"), NoControl())


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(500, b"database is away"), TransientError, "Box answers 500: database is away"),
        (Reply(502, b""), TransientError, "Box answers 502: nothing"),
        (Reply(401), PermanentError, "Box refuses the API key: it answers 401. Set its API key anew, then retry."),
        (Reply(403, b"<html>"), PermanentError, "Box refuses the API key: it answers 403"),
        (Reply(200, b'{"errors": [{"message": "not authorized"}]}'), PermanentError, "refuses the API key: not author"),
        (Reply(200, b'{"errors": [{"message": "Too many scenes"}], "data": null}'), PermanentError, "Box: Too many sc"),
        (Reply(422, b'{"errors": [{"message": "Unknown type"}]}'), PermanentError, "Box: Unknown type"),
        (Reply(200, b"<html>Welcome</html>"), PermanentError, "does not answer as a stash-box does"),
        (Reply(200, b"{}"), PermanentError, "does not answer as a stash-box does"),
        (
            Reply(200, b'{"data": {"findScenesBySceneFingerprints": {}}}'),
            PermanentError,
            "as a stash-box does: findSce",
        ),
        (Reply(200, b'{"data": {"findScenesBySceneFingerprints": []}}'), PermanentError, "answers for 0 videos where"),
        (Reply(200, b"[" * 100_000), PermanentError, "does not answer as a stash-box does"),
        (Reply(200, b"\xff\xfe\x00"), PermanentError, "does not answer as a stash-box does"),
        (Reply(200, b"{}", {"Content-Encoding": "gzip"}), PermanentError, "packs its answer"),
    ],
)
def test_each_kind_of_failure_is_said_in_a_sentence(web, box, reply, kind, words):
    box.replies = [reply]
    with pytest.raises(kind) as error:
        look(web, box)
    assert words in str(error.value)
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "30"}, 30),
        ({}, 2),
        ({"Retry-After": "999999999999999999999999"}, 6 * 3600),
        ({"Retry-After": "soon"}, 2),
        ({"Retry-After": "\xb2"}, 2),
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:10 GMT", "Date": "Wed, 21 Oct 2099 07:28:00 GMT"}, 10),
    ],
)
def test_a_busy_stash_box_says_when_it_wants_to_be_asked_again(web, box, headers, after):
    box.replies = [Reply(429, b"Too Many Attempts.", headers)]
    with pytest.raises(TransientError, match="answers 429: Too Many Attempts") as error:
        look(web, box)
    assert error.value.after == after


def test_the_key_is_not_carried_elsewhere_by_a_redirect(web, box):
    box.replies = [Reply(302, headers={"Location": f"{box.url}/elsewhere?key={KEY}"})]
    with pytest.raises(PermanentError, match=r"leads to .*/elsewhere.*make it the address") as error:
        look(web, box)
    assert [asked.path for asked in box.asked] == ["/graphql"]
    assert KEY not in str(error.value)


def test_a_server_that_repeats_the_key_does_not_get_it_into_the_error(web, box):
    box.replies = [
        Reply(500, f"no such key: {KEY}".encode()),
        Reply(200, json.dumps({"errors": [{"message": KEY}]}).encode()),
    ]
    for _ in range(2):
        with pytest.raises((PermanentError, TransientError)) as error:
            look(web, box)
        assert KEY not in str(error.value)
        assert "…" in str(error.value)


def test_an_answer_without_an_end_is_cut_off(web, box, monkeypatch):
    monkeypatch.setattr(client, "FIND", Question(client.FIND.query, Bounds(size=1 << 20, seconds=60)))
    box.replies = [Reply(200, b" " * (8 << 20))]
    with pytest.raises(PermanentError, match="larger than 1 MiB"):
        look(web, box)


def test_one_who_does_not_answer_is_not_waited_for_longer_than_allowed(web, box, monkeypatch):
    monkeypatch.setattr(client, "FIND", Question(client.FIND.query, Bounds(size=1 << 20, seconds=0.2)))
    box.stalls = True
    with pytest.raises(TransientError, match=r"no whole answer within 0\.2 s"):
        look(web, box)


def test_nobody_at_the_address_is_a_reason_to_try_again(web):
    with pytest.raises(TransientError, match="Gone: "):
        find(web, StashBox("Gone", "http://127.0.0.1:9/graphql"), [VIDEO], NoControl())


def test_a_cancel_does_not_wait_for_the_answer(web, box):
    box.stalls = True
    control = JobControl(Claimed(1, "identify", "video", "1", "a", {}, 0, 15, 1, "manual", False, None))
    threading.Thread(target=lambda: (box.stalled.wait(60), control.cancel()), daemon=True).start()
    with pytest.raises(CancelledError):
        find(web, ours(box), [VIDEO], control)
    assert not box.release.is_set()


def test_scenes_that_cannot_be_read_are_told_and_the_others_kept(web, box):
    good = scene(id="good", fingerprints=[fingerprint("MD5", MD5)])
    bad = [
        {"id": "a\nb"},
        {"id": "long", "title": "a" * 3000},
        {"id": "many", "tags": [{"name": f"tag {number}"} for number in range(501)]},
        {"id": "type", "performers": "Ada"},
    ]
    box.scenes = [*(good | each for each in bad), good]
    (known,) = look(web, box)
    assert [found.remote_id for found in known.found] == ["good"]
    assert len(known.unreadable) == 4


def test_a_flood_of_scenes_is_kept_to_the_best_twenty(web, box):
    box.scenes = [
        scene(id=str(number), duration=60 if number > 50 else 99, fingerprints=[fingerprint("MD5", MD5)])
        for number in range(90)
    ]
    (known,) = look(web, box)
    assert len(known.found) == 20
    assert all(int(found.remote_id) > 50 for found in known.found)
