"""The library's pages: what they list, in which order, and what they cost."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, insert, text

from db import catalogue
from db.catalogue import VideoFilter
from db.dashboard import instant
from db.models import Studio, Tag, VideoExternalId
from tests.rows import add_folder, add_video, ago

HTML = {"Accept": "text/html"}
TITLE = re.compile(r'<span class="name">([^<]*)</span>')


@pytest.fixture
def films(engine):
    """Seven videos, of which one is missing; their numbers rise with their titles, not with length or size."""
    with engine.begin() as conn:
        root, other = add_folder(conn), add_folder(conn, "/media/100% other")
        tag = conn.execute(insert(Tag).values(name="Noir").returning(Tag.id)).scalar_one()
        studio = conn.execute(insert(Studio).values(name="Harbour").returning(Studio.id)).scalar_one()
        made = {"probe_revision": 1, "fingerprint_revision": 1, "preview_revision": 1, "subtitles_revision": 1}
        numbers = [
            add_video(conn, root, title="Film 1", duration=50.0, file_size=3, **made),
            add_video(conn, root, title="film 2", duration=70.0, file_size=1, studio_id=studio, **made),
            add_video(conn, root, title="Film 10", file_size=9, **(made | {"probe_revision": None})),
            add_video(conn, other, title="Film 20", duration=60.0, file_size=4, kind="episode", **made),
            add_video(conn, other, title="100% Film", duration=60.0, file_size=4, **made),
            add_video(conn, root, title="Zebra", duration=10.0, file_size=2, **(made | {"preview_revision": None})),
            add_video(conn, root, title="Gone", missing_since=ago(60), **made),
        ]
        conn.execute(text("INSERT INTO video_tags VALUES (:v, :t)"), {"v": numbers[0], "t": tag})
        conn.execute(insert(VideoExternalId).values(video_id=numbers[0], source="tmdb", remote_id="1"))
    return numbers


def titles(client, query=""):
    answer = client.get(f"/library{query}", headers=HTML)
    assert answer.status_code == 200
    return TITLE.findall(answer.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Zebra", "100% Film", "Film 20", "Film 10", "film 2", "Film 1"]),
        ("?sort=title", ["100% Film", "Film 1", "film 2", "Film 10", "Film 20", "Zebra"]),
        ("?sort=longest", ["film 2", "100% Film", "Film 20", "Film 1", "Zebra", "Film 10"]),
        ("?sort=largest", ["Film 10", "100% Film", "Film 20", "Film 1", "Zebra", "film 2"]),
        (
            "?sort=nonsense&kind=nonsense&folder=x&after=y",
            ["Zebra", "100% Film", "Film 20", "Film 10", "film 2", "Film 1"],
        ),
        ("?q=%25+film", ["100% Film"]),
        ("?q=FILM+1", ["Film 10", "Film 1"]),
        ("?folder=2", ["100% Film", "Film 20"]),
        ("?kind=episode", ["Film 20"]),
        ("?lacks=probe", ["Film 10"]),
        ("?lacks=preview", ["Zebra"]),
        ("?lacks=identity&kind=movie&sort=title", ["100% Film", "film 2", "Film 10", "Zebra"]),
        ("?tag=noir", ["Film 1"]),
        ("?studio=HARBOUR&sort=title", ["film 2"]),
        ("?performer=nobody", []),
    ],
)
def test_a_list_is_what_its_address_says(client, films, query, found):
    assert titles(client, query) == found


@pytest.mark.parametrize("sort", catalogue.ORDERS)
def test_pages_on_either_side_meet_without_a_gap(engine, films, sort, monkeypatch):
    """Walk to the end and back, two at a time."""
    monkeypatch.setattr(catalogue.paging, "SIZE", 2)

    def read(**place):
        with instant(engine) as conn:
            return catalogue.videos(conn, VideoFilter(sort=sort, **place))[0]

    pages = [read()]
    while pages[-1].has_after:
        pages.append(read(after=pages[-1].rows[-1]["id"]))
    ids = [[row["id"] for row in page.rows] for page in pages]
    assert [len(page) for page in ids] == [2, 2, 2]
    assert len({number for page in ids for number in page}) == 6
    assert [page.has_before for page in pages] == [False, True, True]
    back = read(before=ids[2][0])
    assert ([row["id"] for row in back.rows], back.has_before, back.has_after) == (ids[1], True, True)
    first = read(before=ids[1][0])
    assert ([row["id"] for row in first.rows], first.has_before) == (ids[0], False)
    assert [row["id"] for row in read(after=4711).rows] == ids[0]


def test_a_page_costs_as_many_statements_however_long_it_is(engine, served, client):
    statements = []
    app_engine = served[1].state.engine

    def count(*_):
        statements.append(1)

    with engine.begin() as conn:
        root = add_folder(conn)
        add_video(conn, root, title="one")
    client.get("/library", headers=HTML)
    event.listen(app_engine, "before_cursor_execute", count)
    costs = []
    for more in (0, 40):
        with engine.begin() as conn:
            for _ in range(more):
                add_video(conn, root)
        statements.clear()
        assert len(titles(client)) == 1 + more
        costs.append(len(statements))
    event.remove(app_engine, "before_cursor_execute", count)
    assert costs[0] == costs[1] <= 12


def test_what_is_in_a_title_stays_text(engine, client):
    with engine.begin() as conn:
        number = add_video(conn, add_folder(conn), title='<script>alert("x")</script>\u202egpj')
    for path in ("/library", f"/library/videos/{number}", "/library?q=<script>"):
        said = client.get(path, headers=HTML).text
        assert "<script>alert" not in said
        assert "\u202e" not in said


def test_an_unknown_video_is_not_there(client):
    answer = client.get("/library/videos/4711", headers=HTML)
    assert (answer.status_code, "There is no video 4711." in answer.text) == (404, True)
