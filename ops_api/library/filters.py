"""What narrows the lists of the library: what is in the address is the state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from db import catalogue
from db.catalogue.paging import SIZE
from ops_api.columns import AUDIO, CARDS_USUAL, COLLECTIONS, GALLERIES, VIDEOS, chosen
from ops_api.models import Text

#: What a video can lack, in words.
LACKS = {
    "probe": "technical data",
    "fingerprint": "hashes",
    "preview": "a preview",
    "subtitles": "a look for subtitles",
    "identity": "an identity",
}
KINDS = {"movie": "movies", "episode": "episodes"}
GONE = {"video": "videos", "picture": "pictures", "archive": "archives", "audio file": "audio files"}
TREE_SORTS = {"title": "by title", "newest": "newest first"}
GALLERY_SORTS = TREE_SORTS | {"largest": "most pictures first"}
SORTS = {"newest": "newest first", "title": "by title", "longest": "longest first", "largest": "largest first"}


def known(*values: str, default: str = "") -> BeforeValidator:
    """One of these; anything else filters nothing."""
    return BeforeValidator(lambda value: value if value in values else default)


def _number(value: object) -> int | None:
    written = str(value)
    return int(written) if written.isdecimal() and 0 < len(written) < 19 else None


Number = Annotated[int | None, BeforeValidator(_number)]
#: Where a page of a list begins.
PLACES = ("after", "before", "page", "at")
#: The last page that can be asked for by its number; further down a list goes page by page.
LAST = 200
Word = Annotated[Text, Field(max_length=200)]


class Filters(BaseModel):
    """What every list has: a text to look for, a watched folder, and where the page begins."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ADDRESS: ClassVar[str]

    q: Word = ""
    folder: Number = None
    after: Number = None
    before: Number = None

    def address(self, **changes: object) -> str:
        """The page with these filters, some of them changed; any change leads to the first page."""
        default = type(self)().model_dump()
        fields = self.model_dump() | {name: default[name] for name in PLACES if name in default} | changes
        said = {name: ",".join(v) if isinstance(v, tuple) else v for name, v in fields.items() if v != default[name]}
        return f"{self.ADDRESS}?{urlencode(said)}" if said else self.ADDRESS

    def without(self, name: str) -> str:
        """The page without one filter."""
        return self.address(**{name: type(self)().model_dump()[name]})

    def chips(self, folders: dict[int, str]) -> dict[str, str]:
        """What narrows the list, in words, by the name of the filter; `folders` has their labels."""
        words = self._words() | {"folder": folders.get(self.folder or 0, "another folder") if self.folder else ""}
        return {name: text for name, text in words.items() if text}

    def _words(self) -> dict[str, str]:
        return {"q": f"“{self.q}”" if self.q else ""}


class Jumps(Filters):
    """What a list has whose pages can be gone to, by their number or by a title."""

    sort: str
    #: A page by its number, or the title that the page begins at.
    page: Number = None
    at: Word = ""

    @property
    def place(self) -> dict[str, Any]:
        """Where the page begins, as the catalogue is asked for it."""
        begins = self.at if self.sort == "title" else ""
        return {
            "after": self.after,
            "before": self.before,
            "offset": (min(self.page or 1, LAST) - 1) * SIZE,
            "at": begins,
        }

    def last(self, count: int) -> int:
        """The number of the last page of so many that can be gone to."""
        return min(LAST, -(-count // SIZE))


class VideoFilters(Jumps):
    """Of the videos."""

    ADDRESS: ClassVar[str] = "/library"

    kind: Annotated[str, known(*KINDS)] = ""
    lacks: Annotated[str, known(*LACKS)] = ""
    tag: Word = ""
    performer: Word = ""
    studio: Word = ""
    sort: Annotated[str, known(*SORTS, default="newest")] = "newest"
    columns: Annotated[tuple[str, ...], chosen(VIDEOS, CARDS_USUAL)] = CARDS_USUAL

    def wanted(self) -> catalogue.videos.VideoFilter:
        """What is asked of the catalogue."""
        fields: dict[str, Any] = self.model_dump(include={"kind", "tag", "performer", "studio", "sort"})
        identity = self.lacks == "identity"
        return catalogue.videos.VideoFilter(
            text=self.q,
            root=self.folder,
            lacks="" if identity else self.lacks,
            unidentified=identity,
            **fields,
            **self.place,
        )

    def _words(self) -> dict[str, str]:
        return super()._words() | {
            "kind": KINDS.get(self.kind, ""),
            "lacks": f"without {LACKS[self.lacks]}" if self.lacks else "",
            "tag": self.tag,
            "performer": self.performer,
            "studio": self.studio,
        }


class AudioFilters(Jumps):
    """Of the audio libraries."""

    ADDRESS: ClassVar[str] = "/library/audio"

    parent: Number = None
    sort: Annotated[str, known(*TREE_SORTS, default="title")] = "title"
    columns: Annotated[tuple[str, ...], chosen(AUDIO, CARDS_USUAL)] = CARDS_USUAL

    def wanted(self) -> catalogue.tree.TreeFilter:
        """What is asked of the catalogue."""
        fields: dict[str, Any] = self.model_dump(include={"parent", "sort"})
        return catalogue.tree.TreeFilter(text=self.q, root=self.folder, **fields, **self.place)


class GalleryFilters(Jumps):
    """Of the galleries."""

    ADDRESS: ClassVar[str] = "/library/galleries"

    parent: Number = None
    tag: Word = ""
    performer: Word = ""
    studio: Word = ""
    sort: Annotated[str, known(*GALLERY_SORTS, default="title")] = "title"
    columns: Annotated[tuple[str, ...], chosen(GALLERIES, CARDS_USUAL)] = CARDS_USUAL

    def wanted(self) -> catalogue.galleries.GalleryFilter:
        """What is asked of the catalogue."""
        fields: dict[str, Any] = self.model_dump(include={"parent", "tag", "performer", "studio", "sort"})
        return catalogue.galleries.GalleryFilter(text=self.q, root=self.folder, **fields, **self.place)

    def _words(self) -> dict[str, str]:
        return super()._words() | {"tag": self.tag, "performer": self.performer, "studio": self.studio}


class CollectionFilters(Filters):
    """Of the collections, which are all on one page."""

    ADDRESS: ClassVar[str] = "/library/collections"

    columns: Annotated[tuple[str, ...], chosen(COLLECTIONS, CARDS_USUAL)] = CARDS_USUAL


class MissingFilters(Filters):
    """Of the files that are missing."""

    ADDRESS: ClassVar[str] = "/library/missing"

    kind: Annotated[str, known(*GONE)] = ""

    def _words(self) -> dict[str, str]:
        return super()._words() | {"kind": GONE.get(self.kind, "")}
