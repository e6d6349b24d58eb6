"""What is common to the errors of things that were typed."""

from __future__ import annotations


class FieldError(ValueError):
    """What was asked cannot be done; the message is one sentence for people. `field` names what is wrong, if one is."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
