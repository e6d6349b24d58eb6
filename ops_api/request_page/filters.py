"""What narrows the list of requests: what is in the address is the state."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from db.requests.states import STATUSES
from ops_api.columns import REQUESTS, REQUESTS_USUAL, chosen
from ops_api.library.filters import LAST, Number, known
from ops_api.logs import moment, spelled
from ops_api.models import Text
from ops_api.request_page.looks import GROUPS, LOOKS

#: So many are on one page.
SIZE = 50


class Filters(BaseModel):
    """What a person looks for. What is not understood is left out; what is default is not in the address."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ADDRESS: ClassVar[str] = "/requests"

    q: Annotated[Text, Field(max_length=200)] = ""
    #: A heading or a status.
    show: Annotated[str, known(*GROUPS, *STATUSES)] = ""
    by: Annotated[Text, Field(max_length=200)] = ""
    #: The page begins behind this request, or is the one of this number, of those asked for before this time.
    before: Number = None
    page: Number = None
    until: Annotated[datetime | None, BeforeValidator(moment)] = None
    columns: Annotated[tuple[str, ...], chosen(REQUESTS, REQUESTS_USUAL)] = REQUESTS_USUAL

    @property
    def chips(self) -> dict[str, str]:
        """What narrows the list, in words, by the name of the filter."""
        shows = {key: words[0] for key, words in GROUPS.items()} | {key: look.word for key, look in LOOKS.items()}
        words = {
            "q": f"“{self.q}”" if self.q else "",
            "show": shows.get(self.show, ""),
            "by": f"asked for by {self.by}" if self.by else "",
            "until": f"until {self.until:%Y-%m-%d %H:%M}" if self.until else "",
        }
        return {name: text for name, text in words.items() if text}

    def address(self, **changes: object) -> str:
        """The page with these filters, some of them changed; any change leads to the first page."""
        fields = self.model_dump() | {"before": None, "page": None} | changes
        default = Filters().model_dump()
        said = {name: spelled(value) for name, value in fields.items() if value and value != default[name]}
        return f"{self.ADDRESS}?{urlencode(said)}" if said else self.ADDRESS

    @property
    def here(self) -> str:
        """This very page."""
        return self.address(before=self.before, page=self.page)

    @property
    def offset(self) -> int:
        """How many rows lie before it."""
        return 0 if self.before else (min(self.page or 1, LAST) - 1) * SIZE

    def without(self, name: str) -> str:
        """The page without one filter."""
        return self.address(**{name: None})
