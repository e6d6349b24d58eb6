"""How a command says that it could not do what was asked: one sentence and an exit code."""

from __future__ import annotations


class CommandError(Exception):
    """The work failed; the message is one sentence for the person who asked."""

    exit_code = 1


class WrongUsageError(CommandError):
    """The command was asked for something that makes no sense; the message says what would."""

    exit_code = 2


class UnreachableError(CommandError):
    """Nothing answers at the address, or nothing that can do its work now."""


class RefusedError(CommandError):
    """The system understood and will not: there is no such thing, or it has ended already."""
