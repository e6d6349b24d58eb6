"""What the files beside a video say, and what a person said before."""

from __future__ import annotations

from datetime import date

from tests.integration.library.conftest import ALL, THEN, Library

NFO = (
    b"<movie><title>Salt and Wind</title><plot>By the sea.</plot><aired>2011-04-09</aired><rating>4</rating>"
    b"<genre>Drama</genre><tag>Sea</tag><actor><name>Ada Quist</name></actor></movie>"
)


def words(library: Library, table: str, links: str, column: str) -> list[tuple[str, str]]:
    found = library.rows(
        f"SELECT v.title, w.name FROM {links} l JOIN videos v ON v.id = l.video_id"
        f" JOIN {table} w ON w.id = l.{column} ORDER BY v.title, w.name"
    )
    return [(row["title"], row["name"]) for row in found]


def tags(library: Library) -> list[tuple[str, str]]:
    return words(library, "tags", "video_tags", "tag_id")


def test_a_new_file_takes_what_its_sidecars_say(library: Library) -> None:
    library.write("a.mkv")
    library.write("a.nfo", NFO)
    library.write("a.info.json", b'{"title": "Other", "tags": ["sea", "salt"], "cast": ["ada quist", "Bo Lind"]}')
    library.scan()
    video = library.videos()["a.mkv"]
    assert [video[name] for name in ("title", "overview", "released", "rating")] == [
        "Salt and Wind",
        "By the sea.",
        date(2011, 4, 9),
        80,
    ]
    assert tags(library) == [("Salt and Wind", name) for name in ("Drama", "Sea", "salt")]
    performers = words(library, "performers", "video_performers", "performer_id")
    assert performers == [("Salt and Wind", "Ada Quist"), ("Salt and Wind", "Bo Lind")]


def test_words_are_found_without_regard_to_case(library: Library) -> None:
    library.change("INSERT INTO tags (name) VALUES ('SEA'), ('Dräma')")
    for name in "ab":
        library.write(f"{name}.mkv")
        library.write(f"{name}.json", '{"tags": ["Sea", "DRÄMA"]}'.encode())
    library.scan()
    assert library.rows("SELECT count(*) AS n FROM tags") == [{"n": 2}]
    assert tags(library) == [("a", "Dräma"), ("a", "SEA"), ("b", "Dräma"), ("b", "SEA")]


def test_what_a_person_said_survives(library: Library) -> None:
    video = library.write("a.mkv")
    library.write("a.nfo", NFO)
    library.settle()
    library.change("UPDATE videos SET title = 'Mine', overview = 'My words.', rating = 10")
    library.change("DELETE FROM video_tags WHERE tag_id = (SELECT id FROM tags WHERE name = 'Sea')")
    library.write("a.nfo", NFO.replace(b"Salt", b"Sugar").replace(b"By", b"On"), at=THEN + 1)
    assert library.scan().sidecars == 1
    video.rename(library.folder / "b.mkv")
    assert library.scan().moved == 1
    found = library.videos()["b.mkv"]
    assert (found["title"], found["overview"], found["rating"]) == ("Mine", "My words.", 10)
    assert tags(library) == [("Mine", "Drama")]


def test_a_sidecar_that_comes_later_fills_what_is_empty_and_the_title_of_the_name(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.change("UPDATE videos SET rating = 10")
    library.write("a.nfo", NFO)
    result = library.scan()
    assert (result.sidecars, result.changed, result.follow_ups) == (1, 0, 0)
    found = library.videos()["a.mkv"]
    assert (found["title"], found["overview"], found["rating"]) == ("Salt and Wind", "By the sea.", 10)
    assert (found["revision"], found["subtitles_revision"]) == (1, 1)


def test_a_curated_title_is_left_alone(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.change("UPDATE videos SET organized = true")
    library.write("a.nfo", NFO)
    library.scan()
    assert library.videos()["a.mkv"]["title"] == "a"


def test_changed_subtitle_files_are_read_again_and_nothing_else(library: Library) -> None:
    library.write("a.mkv")
    library.settle()
    library.write("a.en.srt")
    assert library.scan().sidecars == 1
    assert library.jobs() == {"a.mkv": {"extract-subtitles"}}
    library.finish_jobs()
    (library.folder / "a.en.srt").unlink()
    library.scan()
    assert library.jobs() == {"a.mkv": {"extract-subtitles"}}


def test_a_file_renamed_together_with_its_sidecars_asks_for_nothing(library: Library) -> None:
    for name in ("a.mkv", "a.nfo", "a.en.srt"):
        library.write(name)
    library.settle()
    for path in list(library.folder.iterdir()):
        path.rename(path.with_name(path.name.replace("a", "b", 1)))
    result = library.scan()
    assert (result.moved, result.follow_ups) == (1, 0)
    assert (library.scan().sidecars, library.jobs()) == (0, {})


def test_a_file_renamed_away_from_its_subtitles_has_them_read_again(library: Library) -> None:
    for name in ("a.mkv", "a.en.srt"):
        library.write(name)
    library.settle()
    (library.folder / "a.mkv").rename(library.folder / "b.mkv")
    assert library.scan().moved == 1
    assert library.jobs() == {"b.mkv": {"extract-subtitles"}}


def test_a_sidecar_that_cannot_be_read_is_said_and_stops_nothing(library: Library) -> None:
    library.write("a.mkv")
    library.write("a.json", b"{no json")
    library.scan()
    assert library.jobs() == {"a.mkv": ALL}
    assert ("warn", "Could not use 1 sidecar file") in library.story.lines
