from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
import zipfile

import pytest

from tasks.errors import PermanentError, TransientError
from tasks.media.archive import ComicInfo, list_archive
from tasks.media.child import archives
from tasks.media.child.archives import packed
from tasks.media.child.container import RefusalError
from tasks.media.image import image_hashes
from tests.integration.media.drawings import drawing, encoded, write
from tests.integration.media.packing import (
    PACKERS,
    encrypt,
    lie_of_size,
    rar4_of,
    rar5_of,
    say_utf_8,
    tar_of,
    zip_of,
)

PAGES = {
    name: encoded(drawing(60 + number, 40), "PNG") for number, name in enumerate(("b/2.jpg", "b/10.png", "1.webp"))
}
COMIC = b"""<?xml version="1.0"?>
<ComicInfo><Title>The  Title</Title><Series>A Series</Series><Number>3</Number><Summary>It begins.</Summary>
<Publisher>Somebody</Publisher><Genre>Drama, drama,Noir</Genre><Tags>Rain</Tags><Writer>One, Two</Writer>
<Inker>Two</Inker>
</ComicInfo>"""
LAUGHS = b"""<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><ComicInfo><Title>&b;</Title></ComicInfo>"""


@pytest.fixture
def tools(warm_tools, runner):
    warm_tools.control = runner
    return warm_tools


@pytest.fixture(autouse=True)
def _nothing_is_unpacked(tmp_path):
    """Whatever an archive holds, nothing appears beside it or above it."""
    before = set(tmp_path.parent.iterdir())
    yield
    assert set(tmp_path.parent.iterdir()) == before
    assert [path for path in tmp_path.rglob("*") if path.is_symlink()] == []


def names(listed):
    return [page.name for page in listed.pages]


def refusal(tools, path):
    with pytest.raises(PermanentError) as caught:
        list_archive(tools, path)
    return str(caught.value)


@pytest.mark.parametrize("extension", PACKERS)
def test_the_pages_of_every_kind_of_archive_are_found_whatever_it_is_named(tools, tmp_path, extension):
    files = {**PAGES, "notes.txt": b"words", ".hidden.png": b"x", "__MACOSX/1.png": b"x", "ComicInfo.xml": COMIC}
    listed = list_archive(tools, PACKERS[extension](tmp_path / "book.zip", files))
    assert names(listed) == list(PAGES)
    assert [page.size for page in listed.pages] == [len(data) for data in PAGES.values()]
    assert all(page.checksum for page in listed.pages)
    assert listed.left_out == {"not a picture": 1, "hidden": 2}
    assert listed.format == {"cbz": "zip", "cbr": "rar", "rar": "rar", "cb7": "7z", "cbt": "tar"}[extension]
    assert listed.comic == ComicInfo(
        "The Title", "A Series", "3", "It begins.", "Somebody", ("Drama", "Noir", "Rain"), ("One", "Two")
    )


@pytest.mark.parametrize("extension", PACKERS)
def test_pages_are_read_in_any_order(tools, tmp_path, extension):
    path = PACKERS[extension](tmp_path / "book", PAGES)
    for name in [*reversed(PAGES), *PAGES, "b/10.png", "b/10.png"]:
        assert image_hashes(tools, path, name).md5 == hashlib.md5(PAGES[name]).hexdigest()


@pytest.mark.parametrize(("extension", "reader", "once"), [("cbz", "_open", 1), ("cbr", "_rewind", 1)])
def test_an_archive_is_gone_through_once_for_all_its_pages(tmp_path, monkeypatch, extension, reader, once):
    path = PACKERS[extension](tmp_path / "book", {f"{number}.png": b"page" for number in range(1000)})
    owner = archives if reader == "_open" else packed.Packed
    original, calls = getattr(owner, reader), []
    monkeypatch.setattr(owner, reader, lambda *arguments: calls.append(1) or original(*arguments))
    for number in range(1000):
        assert archives.opened(path).read(f"{number}.png").getvalue() == b"page"
    archives.forget()
    assert len(calls) == once


def test_an_archive_that_was_replaced_is_opened_anew(tools, tmp_path):
    path = zip_of(tmp_path / "book.cbz", {"1.png": PAGES["1.webp"]})
    before = image_hashes(tools, path, "1.png")
    zip_of(path, {"1.png": PAGES["b/2.jpg"]})
    assert image_hashes(tools, path, "1.png") != before


def test_a_page_that_is_gone_says_what_to_do(tools, tmp_path):
    for extension, pack in PACKERS.items():
        path = pack(tmp_path / f"book.{extension}", PAGES)
        with pytest.raises(PermanentError, match="is not in the archive any more; scan the galleries again"):
            image_hashes(tools, path, "0.png")


def test_an_archive_that_changes_meanwhile_is_tried_again(tools, runner, tmp_path):
    path = zip_of(tmp_path / "book.cbz", {f"{number}.png": b"" for number in range(500)})
    runner.on_progress = lambda _: os.utime(path, (1, 1))
    with pytest.raises(TransientError, match="changed while it was read"):
        list_archive(tools, path)


UNSAFE = {"../up.png": 1, "a/../../up.png": 1, "/etc/absolute.png": 1, "C:\\drive.png": 1, "..\\back.png": 1}


@pytest.mark.parametrize("extension", PACKERS)
def test_names_that_lead_out_of_the_archive_are_left_out(tools, tmp_path, extension):
    files = dict.fromkeys((*UNSAFE, "safe..name.png"), PAGES["1.webp"])
    listed = list_archive(tools, PACKERS[extension](tmp_path / "book", files))
    assert names(listed) == ["safe..name.png"]
    assert listed.left_out == {"unsafe name": len(UNSAFE)}


def zip_with_link(path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("1.png", PAGES["1.webp"])
    return path


def tar_with_links(path):
    import tarfile

    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info = tarfile.TarInfo(f"link-{kind.decode()}.png")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        fifo = tarfile.TarInfo("fifo.png")
        fifo.type = tarfile.FIFOTYPE
        archive.addfile(fifo)
    return path


@pytest.mark.parametrize(("make", "left_out"), [
    (zip_with_link, {"link": 1}),
    (tar_with_links, {"link": 2, "special file": 1}),
    (lambda path: rar4_of(path, {"1.png": b"x"}, links={"link.png": "/etc/passwd"}), {"link": 1}),
    (lambda path: rar5_of(path, {"1.png": b"x"}, links={"link.png": "/etc/passwd"}), {"link": 1}),
])  # fmt: skip
def test_links_and_special_files_are_left_out(tools, tmp_path, make, left_out):
    listed = list_archive(tools, make(tmp_path / "book"))
    assert listed.left_out == left_out
    assert "link.png" not in names(listed)


def test_names_with_a_nul_are_left_out(tools, tmp_path):
    path = zip_of(tmp_path / "book.cbz", dict.fromkeys(("evil_.png", "_evil.png", "1.png"), PAGES["1.webp"]))
    path.write_bytes(path.read_bytes().replace(b"evil_", b"evil\0").replace(b"_evil", b"\0evil"))
    listed = list_archive(tools, path)
    assert (names(listed), listed.left_out) == (["1.png"], {"unsafe name": 2})


@pytest.mark.parametrize(("raw", "utf_8", "shown"), [
    ("é☃".encode(), True, "é☃"),
    ("é☃".encode(), False, "é☃"),
    (b"\x82t\x82", False, "été"),
])  # fmt: skip
def test_names_are_read_in_the_encodings_that_archivers_use(tools, tmp_path, raw, utf_8, shown):
    path = zip_with_name(tmp_path / "book.cbz", raw, utf_8)
    (name,) = names(list_archive(tools, path))
    assert name == f"{shown}.png"
    assert image_hashes(tools, path, name).md5 == hashlib.md5(PAGES["1.webp"]).hexdigest()


def zip_with_name(path, raw, utf_8):
    stand_in = "x" * len(raw)
    zip_of(path, {f"{stand_in}.png": PAGES["1.webp"]})
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), raw))
    if utf_8:
        say_utf_8(path)
    return path


def test_names_that_are_not_in_the_encoding_that_they_claim_are_damage(tools, tmp_path):
    path = zip_with_name(tmp_path / "book.cbz", b"\xff\xfe", utf_8=True)
    assert refusal(tools, path).startswith("This zip archive is damaged or incomplete: 'utf-8' codec can't decode")


def test_bytes_that_are_no_text_are_kept_in_tar_names(tools, tmp_path):
    path = tar_of(tmp_path / "book.cbt", {"\udcff\udcfe.png": PAGES["1.webp"]})
    (name,) = names(list_archive(tools, path))
    assert os.fsencode(name) == b"\xff\xfe.png"
    assert image_hashes(tools, path, name).md5 == hashlib.md5(PAGES["1.webp"]).hexdigest()


def test_of_two_members_with_one_name_the_first_counts(tools, tmp_path):
    path = zip_of(tmp_path / "book.cbz", {"1.png": PAGES["1.webp"], "2.png": PAGES["b/2.jpg"]})
    path.write_bytes(path.read_bytes().replace(b"2.png", b"1.png"))
    assert names(list_archive(tools, path)) == ["1.png"]
    assert image_hashes(tools, path, "1.png").md5 == hashlib.md5(PAGES["1.webp"]).hexdigest()


@pytest.mark.parametrize("info", [LAUGHS, b"<ComicInfo><Title>", b"<Other/>", b"x" * (2 << 20), b"\xff\xfe\0"])
def test_a_bad_description_costs_nothing_but_itself(tools, tmp_path, info):
    listed = list_archive(tools, zip_of(tmp_path / "book.cbz", {"ComicInfo.xml": info, **PAGES}))
    assert (names(listed), listed.comic) == (list(PAGES), None)


def zip_with_bad_description(path, files):
    zip_of(path, files, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"It begins.", b"It is bad."))
    return path


@pytest.mark.parametrize("make", [
    zip_with_bad_description,
    lambda path, files: rar4_of(path, files, damaged="ComicInfo.xml"),
])  # fmt: skip
def test_pages_are_read_though_the_description_of_their_archive_is_damaged(tools, tmp_path, make):
    files = {"1.png": PAGES["1.webp"], "ComicInfo.xml": COMIC, "2.png": PAGES["b/2.jpg"]}
    path = make(tmp_path / "book", files)
    listed = list_archive(tools, path)
    assert (names(listed), listed.comic) == (["1.png", "2.png"], None)
    for name in ("1.png", "2.png", "1.png"):
        assert image_hashes(tools, path, name).md5 == hashlib.md5(files[name]).hexdigest()


def test_an_archive_without_pages_is_empty(tools, tmp_path):
    listed = list_archive(tools, zip_of(tmp_path / "texts.zip", {"a.txt": b"words", "folder/": b""}))
    assert (listed.pages, listed.left_out) == ((), {"not a picture": 1})


@pytest.mark.parametrize("make", [
    lambda path: encrypt(zip_of(path, PAGES)),
    lambda path: rar4_of(path, PAGES, flags=0x0080),
    lambda path: rar5_of(path, PAGES, encrypted=True),
])  # fmt: skip
def test_an_encrypted_archive_is_refused_in_a_sentence(tools, tmp_path, make):
    make(tmp_path / "book")
    assert refusal(tools, tmp_path / "book").startswith("This archive is encrypted; pack its pictures again without")


@pytest.mark.parametrize("extension", PACKERS)
@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_an_archive_that_breaks_off_is_a_failure_or_a_correct_list(tools, tmp_path, extension, kept):
    data = PACKERS[extension](tmp_path / "whole", PAGES).read_bytes()
    path = write(tmp_path / "cut", data[: int(len(data) * kept)])
    found = outcome(lambda: list_archive(tools, path))
    for page in () if isinstance(found, str) else found.pages:
        hashes = outcome(lambda name=page.name: image_hashes(tools, path, name))
        assert isinstance(hashes, str) or hashes.md5 == hashlib.md5(PAGES[page.name]).hexdigest()


def outcome(work):
    """What came of it, or the words of its refusal, which are about the archive."""
    try:
        return work()
    except PermanentError as error:
        words = str(error)
    assert "archive" in words
    return words


@pytest.mark.parametrize(("data", "words"), [
    (b"", "The file is empty"),
    (b"These are words.\n" * 500, "This is no zip, RAR, 7z or tar archive"),
    (b"PK\x03\x04" + bytes(500), "This zip archive is damaged or incomplete: File is not a zip file"),
    (b"Rar!\x1a\x07\x00" + bytes(500), "This rar archive cannot be read: "),
    (b"Rar!\x1a\x07\x01\x00" + bytes(500), "This rar archive cannot be read: "),
    (b"7z\xbc\xaf\x27\x1c" + b"\xff" * 500, "This 7z archive cannot be read: "),
])  # fmt: skip
def test_what_is_no_archive_is_refused_in_the_readers_words(tools, tmp_path, data, words):
    assert refusal(tools, write(tmp_path / "book.cbz", data)).startswith(words)


def test_no_more_members_are_listed_than_an_archive_of_pictures_has(tools, tmp_path):
    path = zip_of(tmp_path / "book.cbz", {f"{number}.png": b"" for number in range(10_001)}, zipfile.ZIP_STORED)
    assert refusal(tools, path) == "This archive holds more than 10,000 files"


def test_a_directory_larger_than_any_is_not_read(tools, tmp_path):
    entry = zip_of(tmp_path / "small.zip", {"1.png": b""}).read_bytes()
    directory = entry[entry.find(b"PK\x01\x02") : entry.find(b"PK\x05\x06")] * 400_000
    end = bytearray(entry[entry.find(b"PK\x05\x06") :])
    end[12:20] = len(directory).to_bytes(4, "little") + (0).to_bytes(4, "little")
    path = write(tmp_path / "book.cbz", b"PK\x03\x04" + directory + bytes(end))
    assert "larger than 16 MiB" in refusal(tools, path)


def test_an_archive_that_claims_to_be_endless_is_refused(tools, tmp_path):
    path = zip_of(tmp_path / "bomb.cbz", {f"{number}.png": b"x" for number in range(100)})
    lie_of_size(path, 200 << 20)
    assert "times its own size" in refusal(tools, path)


def test_a_member_that_claims_to_be_huge_is_left_out(tools, tmp_path):
    path = zip_of(tmp_path / "book.cbz", {"1.png": PAGES["1.webp"]})
    lie_of_size(path, 300 << 20)
    assert list_archive(tools, path).left_out == {"larger than 256 MiB": 1}


def test_archives_in_archives_are_not_opened(tools, tmp_path):
    inner = zip_of(tmp_path / "inner.zip", {"1.png": PAGES["1.webp"]}).read_bytes()
    path = zip_of(tmp_path / "book.cbz", {"inner.zip": inner, "disguised.png": inner})
    listed = list_archive(tools, path)
    assert (names(listed), listed.left_out) == (["disguised.png"], {"not a picture": 1})
    with pytest.raises(PermanentError, match="no picture of a known format"):
        image_hashes(tools, path, "disguised.png")


def test_an_archive_of_a_film_is_no_film(tools, samples, tmp_path):
    path = zip_of(tmp_path / "book.cbz", {"film.png": samples["one-frame.mp4"].read_bytes()})
    with pytest.raises(PermanentError, match="no picture of a known format"):
        image_hashes(tools, path, "film.png")


def test_without_libarchive_the_refusal_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "libarchive", None)
    packed._libarchive.cache_clear()
    with pytest.raises(RefusalError, match="need libarchive, which is missing: install it with `apt-get install"):
        archives.opened(rar5_of(tmp_path / "book.cbr", PAGES))
    monkeypatch.undo()
    packed._libarchive.cache_clear()
    assert archives.opened(shutil.copy(tmp_path / "book.cbr", tmp_path / "again.cbr")).kind == "rar"
    archives.forget()
