"""What differs between the tables that scans fill: plain data and the statements that only one of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import TextClause, text


@dataclass(frozen=True, eq=False)
class Files:
    """One table of files, a `db.models.media.MediaFile`.

    `name` is what the walk calls such a file and what jobs call it as their target. The statements get it as `:kind`,
    and `:root_id`, `:root_path` and `:is_nsfw` of the watched folder; what the scan knows is in the temporary tables.
    """

    name: str
    table: str
    #: The column that says of which content `oshash` is.
    hashed: str
    #: Which rows of the table are files that a walk could find, where not all of them are.
    condition: str = "true"
    #: What the table keeps of the files beside the file, as SQL.
    signature: str = "''"
    #: Columns of a batch besides the common ones, with their types.
    columns: Mapping[str, str] = field(default_factory=dict)
    #: Whether their folders have rows too, and the watched folder one where such files lie loose in it.
    in_folders: bool = False
    loose: bool = True
    #: When files were found under another path: what goes with them.
    follow: tuple[TextClause, ...] = ()
    #: Before the first batch: what files belong to.
    make: tuple[TextClause, ...] = ()
    #: For each batch: the files.
    write: tuple[TextClause, ...] = ()
    #: For each batch that brings words: these.
    words: tuple[TextClause, ...] = ()
    #: For each batch of files that were marked missing, in the same transaction.
    lost: tuple[TextClause, ...] = ()
    #: At the end.
    finish: tuple[TextClause, ...] = ()

    def facts(self) -> dict[str, str]:
        """What templates of statements leave open."""
        return {name: getattr(self, name) for name in ("name", "table", "hashed", "condition", "signature")}

    def about(self, template: str) -> TextClause:
        """A statement about these files."""
        return text(template.format(**self.facts()))
