from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.library import names
from tasks.library.names import EpisodeName, MovieName


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Lighthouse.S03.E07.720p.mkv", EpisodeName(season=3, episode=7)),
        ("Lighthouse S03E07.mkv", EpisodeName(season=3, episode=7)),
        ("lighthouse.s3xe7.mkv", EpisodeName(season=3, episode=7)),
        ("Lighthouse 03x07.mkv", EpisodeName(season=3, episode=7)),
        ("Lighthouse - Season 3 - Episode 7.mkv", EpisodeName(season=3, episode=7)),
        ("Lighthouse.S03E07.The.Lamp_Room.1080p.WEB-DL.x264-CREW.mkv", EpisodeName(3, 7, title="The Lamp Room")),
        ("S03E07 - Storm (Part 2).mkv", EpisodeName(3, 7, title="Storm (Part 2)")),
        ("Lighthouse.S03E07E08.Double.mkv", EpisodeName(3, 7, title="Double")),
        ("Lighthouse (2021) - S03E07.mkv", EpisodeName(3, 7, year=2021)),
        ("Lighthouse - S03E07 (2021).mkv", EpisodeName(3, 7, year=2021)),
        ("Lighthouse.2021.S03E07.mkv", EpisodeName(3, 7, year=2021)),
        ("Lighthouse S03E07 Winter of 1987.mkv", EpisodeName(3, 7, title="Winter of 1987")),
        ("Sky Pirates - 014 - Landfall.mkv", EpisodeName(absolute=14, title="Landfall")),
        ("Sky.Pirates.014.1080p.mkv", EpisodeName(absolute=14)),
        ("Sky Pirates - 14.mkv", EpisodeName(absolute=14)),
        ("[Crew] Sky Pirates - 14v2 [720p].mkv", EpisodeName(absolute=14)),
        ("14 - Landfall.mkv", EpisodeName(absolute=14, title="Landfall")),
        ("51 - 14.mkv", EpisodeName(absolute=14)),
        ("Sky Pirates.720p.mkv", EpisodeName()),
        ("Sky.Pirates.H.264.mkv", EpisodeName()),
        ("Sky Pirates 1920x1080.mkv", EpisodeName()),
        ("Sky Pirates - 1999.mkv", EpisodeName(year=1999)),
        ("Sky Pirates.mkv", EpisodeName()),
        ("", EpisodeName()),
    ],
)
def test_an_episodes_name_says(name: str, said: EpisodeName) -> None:
    assert names.episode(name) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Harbour.Lights.1998.1080p.BluRay.x264.mkv", MovieName("Harbour Lights", 1998)),
        ("Harbour Lights [1998].mkv", MovieName("Harbour Lights", 1998)),
        ("Harbour_Lights_Two.2003.mkv", MovieName("Harbour Lights Two", 2003)),
        ("Harbour Lights.2003.2160p.HDR.HEVC-CREW.mkv", MovieName("Harbour Lights", 2003)),
        ("Harbour Lights (1998) (Restored).mkv", MovieName("Harbour Lights (Restored)", 1998)),
        ("2040 Station 2017.mkv", MovieName("2040 Station", 2017)),
        ("1917 Harbour (2011).mkv", MovieName("1917 Harbour", 2011)),
        ("1917.mkv", MovieName("1917")),
        ("Sea-Wolf.mkv", MovieName("Sea-Wolf")),
        ("The Spider's Web.mkv", MovieName("The Spider's Web")),
        ("(700) Nights.mkv", MovieName("(700) Nights")),
        ("Salt &amp; Wind.mkv", MovieName("Salt & Wind")),
        ("1080p.mkv", MovieName("")),
        ("", MovieName("")),
    ],
)
def test_a_movies_name_says(name: str, said: MovieName) -> None:
    assert names.movie(name) == said


@pytest.mark.parametrize(
    ("folder", "season"),
    [
        ("Season 4", 4),
        ("season.04", 4),
        ("Saison_4", 4),
        ("Temporada-4", 4),
        ("Staffel4", 4),
        ("S04", 4),
        ("s 4", 4),
        ("4", 4),
        (" 004 ", 4),
        ("Specials", 0),
        ("special", 0),
        ("Extras", 0),
        ("OVA", 0),
        ("0004", None),
        ("Season 4 (1999)", None),
        ("Behind the scenes", None),
    ],
)
def test_a_folder_stands_for_a_season(folder: str, season: int | None) -> None:
    assert names.season_number(folder) == season


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("some.clip_of-mine.mp4", "some clip of mine"),
        ("  spaced   out .mp4", "spaced out"),
        ("Tom &#39;n&#x27; Kim &lt;3.mp4", "Tom 'n' Kim <3"),
        ("R&D notes & more.mp4", "R&D notes & more"),
        ("two\nlines.mp4", "two lines"),
        ("---.mp4", "---"),
        (os.fsdecode(b"caf\xe9.mp4"), "caf�"),
    ],
)
def test_any_name_gives_a_title(name: str, title: str) -> None:
    assert names.plain_title(name) == title


@given(st.binary(max_size=255).map(os.fsdecode))
def test_no_name_is_too_strange_to_be_read(name: str) -> None:
    for title in (names.movie(name).title, names.episode(name).title or "", names.plain_title(name)):
        title.encode()
        assert not any(ord(character) < 32 for character in title)
