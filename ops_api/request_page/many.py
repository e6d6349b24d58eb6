"""What is wanted of several requests at once: those that a person has marked, or all that fit the list's filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from db import requests
from db.requests import Request, RequestError
from ops_api.errors import REFUSALS
from ops_api.models import RowId, Text
from ops_api.request_page.looks import OFFERS, statuses_of
from ops_api.request_page.wishes import VERBS, RequestWish
from ops_api.requests import RequestDesk
from ops_api.wishes import Back
from ops_api.words import counted

#: So many at a time.
MOST = 500
#: What each button asks first, and what is said when it was done.
WORDS: Mapping[str, tuple[str, str]] = {
    "retry": ("Retry {}?", "Retried {}."),
    "approve": ("Approve {}?", "Approved {}."),
    "deny": ("Deny {}? Nothing revives what is denied.", "Denied {}."),
    "cancel": ("Withdraw {}? Nothing revives what is withdrawn; its jobs end with it.", "Withdrew {}."),
}


class Marked(BaseModel):
    """The fields of the form."""

    ids: list[RowId] = Field(default_factory=list, max_length=MOST)
    #: All that fit these filters instead.
    every: bool = False
    q: Annotated[Text, Field(max_length=200)] = ""
    show: Annotated[Text, Field(max_length=50)] = ""
    by: Annotated[Text, Field(max_length=200)] = ""
    reason: Annotated[Text, Field(max_length=500)] = ""
    remove_downloads: bool = False
    confirmed: bool = False
    back: Back = "/requests"


@dataclass(frozen=True)
class Chosen:
    """Those with which it can be done, and how many were meant besides."""

    able: Sequence[Request]
    others: int

    def question(self, verb: str) -> str:
        """What is asked before it is done."""
        words = WORDS[verb][0].format(counted(len(self.able), "request"))
        left = f" {self.others} of those that are meant cannot be, as they are now." if self.others else ""
        return words + left


def choose(conn: Connection, verb: str, marked: Marked) -> Chosen:
    """The requests that are meant.

    Raises:
        RequestError: there are none, or too many at a time.
    """
    if marked.every:
        statuses, words, by = statuses_of(marked.show), marked.q or None, marked.by or None
        found = requests.list_requests(conn, statuses=statuses, words=words, by=by, limit=MOST + 1)
    else:
        found = list(requests.get_requests(conn, marked.ids).values())
    if len(found) > MOST:
        raise RequestError(f"These are more than {MOST} requests at a time. Narrow the list first.")
    able = [each for each in found if each.status in OFFERS["approve" if verb == "deny" else verb]]
    if not able:
        raise RequestError(f"Mark requests that can be: there is none to {verb} among {len(found)}.")
    return Chosen(able, len(found) - len(able))


def do(desk: RequestDesk, verb: str, marked: Marked) -> str:
    """Do it with each, one after another; what was done, and why one was left as it was."""
    wish = RequestWish.model_validate({"reason": marked.reason, "remove_downloads": marked.remove_downloads})
    done, refusals = 0, list[str]()
    for request_id in marked.ids:
        try:
            VERBS[verb](desk, request_id, wish)
            done += 1
        except tuple(REFUSALS) as error:
            refusals.append(str(error))
    left = f" {counted(len(refusals), 'other')} stayed as before: {refusals[0]}" if refusals else ""
    return WORDS[verb][1].format(counted(done, "request")) + left
