"""The library's pages: what they list, in which order, and what they cost."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import event, insert, text

from darkroom.settings import settings
from db import catalogue
from db.catalogue.videos import VideoFilter
from db.dashboard import instant
from db.models import AudioLibrary, AudioTrack, Gallery, Image, Studio, Tag, VideoExternalId
from tests.rows import add_folder, add_video, ago

HTML = {"Accept": "text/html"}
TITLE = re.compile(r'<span class="name">([^<]*)</span>')


def add(conn, model, **values):
    return conn.execute(insert(model).values(values).returning(model.id)).scalar_one()


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
        ("?sort=title&at=film+3", ["Film 10", "Film 20", "Zebra"]),
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


@pytest.mark.parametrize("sort", catalogue.videos.ORDERS)
def test_pages_on_either_side_meet_without_a_gap(engine, films, sort, monkeypatch):
    """Walk to the end and back, two at a time."""
    monkeypatch.setattr(catalogue.paging, "SIZE", 2)

    def read(**place):
        with instant(engine) as conn:
            return catalogue.videos.videos(conn, VideoFilter(sort=sort, **place))[0]

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


def test_a_page_is_found_by_its_number_and_the_one_behind_it_from_there(client, films, monkeypatch):
    for module in ("db.catalogue.paging", "ops_api.library.filters"):
        monkeypatch.setattr(f"{module}.SIZE", 2)
    page = client.get("/library?page=2&columns=size&columns=path", headers=HTML).text
    assert TITLE.findall(page) == ["Film 20", "Film 10"]
    assert "4 B" in page
    assert 'max="3" value="2"' in page
    more = re.search(r'href="(/library\?[^"]*after=[^"]*)">More', page)
    assert more
    assert "page=" not in more[1]
    behind = client.get(more[1].replace("&amp;", "&"), headers=HTML).text
    assert TITLE.findall(behind) == ["film 2", "Film 1"]
    assert 'name="columns" value="size" checked' in behind


@pytest.mark.parametrize(("model", "address"), [(Gallery, "galleries"), (AudioLibrary, "audio")])
def test_galleries_and_audio_are_gone_to_by_page_and_by_title_and_show_the_columns_that_are_wanted(
    engine, client, model, address, monkeypatch
):
    for module in ("db.catalogue.paging", "ops_api.library.filters"):
        monkeypatch.setattr(f"{module}.SIZE", 2)
    more = {"kind": "folder", "image_count": 1} if model is Gallery else {"track_count": 1}
    with engine.begin() as conn:
        root = add_folder(conn)
        for title in ("Ash", "Birch", "Cedar", "Dogwood", "Elm"):
            add(conn, model, title=title, folder_path=f"/trees/{title}", library_root_id=root, rating=70, **more)
    page = client.get(f"/library/{address}?page=2&columns=path&columns=rating", headers=HTML).text
    assert TITLE.findall(page) == ["Cedar", "Dogwood"]
    assert ("/trees/Cedar" in page, "rated 70 of 100" in page, 'max="3" value="2"' in page) == (True, True, True)
    behind = re.search(r'href="(/library/[^"]*after=[^"]*)">More', page)
    assert behind
    assert "page=" not in behind[1]
    last = client.get(behind[1].replace("&amp;", "&"), headers=HTML).text
    assert (TITLE.findall(last), "/trees/Elm" in last) == (["Elm"], True)
    assert TITLE.findall(client.get(f"/library/{address}?at=c", headers=HTML).text) == ["Cedar", "Dogwood"]
    assert "/trees/" not in client.get(f"/library/{address}", headers=HTML).text


def grow(conn, root, number):
    """One more of everything, some of it in what was there first."""
    here = {"library_root_id": root, "file_size": 1, "file_mtime_ns": 1}
    top = {"library_root_id": root, "title": f"thing {number}"}
    gallery = add(conn, Gallery, kind="folder", folder_path=f"/g/{number}", image_count=1, **top)
    add(conn, Gallery, kind="folder", folder_path=f"/g/0/{number}", image_count=1, parent_id=1, **top)
    for of in {1, gallery}:
        path = f"/g/{of}/{number}.jpg"
        add(conn, Image, file_path=path, gallery_id=of, title="p", thumbnail_path=f"images/{number}/t.jpg", **here)
    shelf = add(conn, AudioLibrary, folder_path=f"/a/{number}", track_count=1, cover_path="c.jpg", **top)
    add(conn, AudioLibrary, folder_path=f"/a/0/{number}", track_count=1, parent_id=1, **top)
    for of in {1, shelf}:
        add(conn, AudioTrack, file_path=f"/a/{of}/{number}.mp3", audio_library_id=of, title="t", **here)
    add_video(conn, root)
    add_video(conn, root, file_path=f"/gone/{number}/x.mkv", missing_since=ago(5))


@pytest.mark.parametrize(
    ("path", "thing"),
    [
        ("/library", "poster"),
        ("/library/galleries", "poster"),
        ("/library/galleries/1", "poster"),
        ("/library/audio", "poster"),
        ("/library/audio/1", "row"),
        ("/library/missing", "group"),
    ],
)
def test_a_page_costs_as_many_statements_however_long_it_is(engine, served, client, path, thing):
    statements = []
    with engine.begin() as conn:
        root = add_folder(conn)
        grow(conn, root, 1)
    client.get(path, headers=HTML)
    event.listen(served[1].state.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    costs, things = [], []
    for numbers in ((), range(2, 32)):
        with engine.begin() as conn:
            for number in numbers:
                grow(conn, root, number)
        asked = []
        for _ in range(5):
            statements.clear()
            answer = client.get(path, headers=HTML)
            asked.append(len(statements))
        costs.append(min(asked))  # what the program does beside it asks now and then, too
        things.append(answer.text.count(f'class="{thing}"'))
    assert things[1] >= things[0] + 30
    assert costs[0] == costs[1] <= 16


def test_galleries_are_listed_where_they_lie_and_found_wherever_they_do(engine, client):
    with engine.begin() as conn:
        root = add_folder(conn)
        top = add(conn, Gallery, library_root_id=root, kind="folder", folder_path="/g", title="Top")
        below = {"library_root_id": root, "kind": "folder", "parent_id": top, "image_count": 1}
        for name in ("Page 10", "Page 9"):
            add(conn, Gallery, folder_path=f"/g/{name}", title=name, **below)
        add(conn, Gallery, library_root_id=root, kind="folder", folder_path="/empty", title="Empty")
    assert titles(client, "/galleries") == ["Top"]
    assert titles(client, "/galleries?q=page") == ["Page 9", "Page 10"]
    assert titles(client, f"/galleries?parent={top}&sort=newest") == ["Page 9", "Page 10"]
    assert titles(client, f"/galleries/{top}") == ["Page 9", "Page 10"]


@pytest.mark.parametrize("path", ["videos", "galleries", "pictures", "audio", "tracks"])
def test_what_nobody_has_found_is_not_there(client, path):
    answer = client.get(f"/library/{path}/4711", headers=HTML)
    assert (answer.status_code, "4711." in answer.text) == (404, True)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DARKROOM_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()
    yield tmp_path / "cache"
    settings.cache_clear()


def test_generated_files_of_every_shelf_are_served_and_nothing_else(engine, client, cache):
    with engine.begin() as conn:
        root = add_folder(conn)
        here = {"library_root_id": root, "file_size": 1, "file_mtime_ns": 1, "title": "x"}
        add(conn, Image, file_path="/1.jpg", thumbnail_path="images/1/thumbnail.jpg", **here)
        add(conn, AudioTrack, file_path="/1.mp3", waveform_path="audio-tracks/1/waveform.json", **here)
        shelf = {"library_root_id": root, "folder_path": "/a", "title": "x"}
        add(conn, AudioLibrary, cover_path="audio-libraries/1/cover.jpg", **shelf)
    data = {"version": 2, "channels": 1, "sample_rate": 8000, "samples_per_pixel": 400, "bits": 8, "length": 300}
    data["data"] = [value for n in range(300) for value in (-n * 127 // 299, n // 3)]
    for name, content in (
        ("images/1/thumbnail.jpg", b"picture"),
        ("images/1/other.jpg", b"secret"),
        ("audio-libraries/1/cover.jpg", b"cover"),
        ("audio-tracks/1/waveform.json", json.dumps(data).encode()),
    ):
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_bytes(content)
    assert client.get("/assets/images/1/thumbnail.jpg").content == b"picture"
    assert client.get("/assets/audio-libraries/1/cover.jpg").content == b"cover"
    assert client.get("/assets/audio-tracks/1/waveform.json").json() == data
    for path in ("images/1/other.jpg", "images/2/thumbnail.jpg", "collections/1/x", "audio-tracks/2/waveform.svg"):
        assert client.get(f"/assets/{path}").status_code == 404, path
    drawn = client.get("/assets/audio-tracks/1/waveform.svg?v=1")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "immutable" in drawn.headers["cache-control"]
    bars = [float(bar) for bar in re.findall(r"v([0-9.]+)", drawn.text)]
    assert (len(bars), bars[0], bars[-1]) == (300, 1.0, 63.5)
    assert bars == sorted(bars)
    (cache / "audio-tracks/1/waveform.json").write_text('{"data": [1]}')
    assert client.get("/assets/audio-tracks/1/waveform.svg").status_code == 404


def test_what_is_in_a_title_stays_text(engine, client):
    with engine.begin() as conn:
        number = add_video(conn, add_folder(conn), title='<script>alert("x")</script>\u202egpj')
    for path in ("/library", f"/library/videos/{number}", "/library?q=<script>"):
        said = client.get(path, headers=HTML).text
        assert "<script>alert" not in said
        assert "\u202e" not in said


def test_of_videos_with_a_word_no_more_are_counted_than_the_page_says(client, films, monkeypatch):
    monkeypatch.setattr("db.catalogue.videos.FEW", 2)
    assert "More than 2 videos" in client.get("/library?q=film", headers=HTML).text
    assert ">1 video<" in client.get("/library?q=zebra", headers=HTML).text
