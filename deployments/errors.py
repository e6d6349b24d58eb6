"""How the parts of the system say that they cannot start."""

from __future__ import annotations


class StartError(Exception):
    """Something did not start: one sentence that says what to do, and in `details` its own last words, if any."""

    def __init__(self, sentence: str, details: str = "") -> None:
        super().__init__(sentence, details)
        self.sentence = sentence.rstrip(".")
        self.details = details.strip()

    def __str__(self) -> str:
        return f"{self.sentence}:\n{self.details}" if self.details else f"{self.sentence}."
