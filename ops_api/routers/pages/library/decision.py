"""The form of one proposal."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from db.identify import NotProposedError
from ops_api.identify import IdentifyDesk
from ops_api.models import Text, Told


class Decision(BaseModel):
    """What is to become of a proposal, and the fields that were ticked."""

    verdict: Literal["accept", "reject"]
    fields: list[Text] = []

    def carry_out(self, desk: IdentifyDesk, result_id: int) -> Told:
        """Reject it, or take over what was ticked.

        Raises:
            NotProposedError: nothing was ticked.
        """
        if self.verdict == "reject":
            return desk.reject(result_id)
        if not self.fields:
            raise NotProposedError("Tick at least one field that is to be taken over, or reject the proposal.")
        return desk.accept(result_id, self.fields)
