"""What a person decides on a proposal: accepted, with these of its fields, or rejected."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from db.identify.results import SELECT, DecidedError, Result, ResultNotFoundError, Status, get_result


class NotProposedError(ValueError):
    """A field was chosen that the result does not propose."""


_LOCK = text(f"{SELECT} WHERE r.id = :id FOR UPDATE OF r")
_DECIDE = text(
    """
    UPDATE identify_results
    SET status = :status, chosen = CAST(:chosen AS text[]), decided_at = coalesce(decided_at, now())
    WHERE id = :id
    """
)


def accept(conn: Connection, result_id: int, fields: Sequence[str] | None) -> Result:
    """Accept a proposal: these of its fields, or all that it has. What was accepted may be chosen anew until applied.

    Raises:
        ResultNotFoundError: there is none with this id.
        DecidedError: it was rejected, or applied.
        NotProposedError: it has no such field.
    """
    result = _undecided(conn, result_id, unless="accepted")
    chosen = list(dict.fromkeys(fields)) if fields is not None else list(result.proposed)
    if missing := [name for name in chosen if name not in result.proposed]:
        raise NotProposedError(f"This result proposes no {missing[0]}; it has {', '.join(result.proposed)}.")
    conn.execute(_DECIDE, {"id": result_id, "status": "accepted", "chosen": chosen})
    return get_result(conn, result_id)


def reject(conn: Connection, result_id: int) -> Result:
    """Reject a proposal.

    Raises:
        ResultNotFoundError: there is none with this id.
        DecidedError: it was accepted.
    """
    _undecided(conn, result_id, unless="rejected")
    conn.execute(_DECIDE, {"id": result_id, "status": "rejected", "chosen": None})
    return get_result(conn, result_id)


def applicable(conn: Connection, result_id: int) -> Result:
    """A proposal that was accepted and is not applied yet, locked.

    Raises:
        ResultNotFoundError: there is none with this id.
        DecidedError: it was applied, rejected, or not decided on.
    """
    result = _undecided(conn, result_id, unless="accepted")
    if result.status == "pending":
        raise DecidedError("Nobody has accepted this result yet; accept it first.")
    return result


def _undecided(conn: Connection, result_id: int, *, unless: Status) -> Result:
    row = conn.execute(_LOCK, {"id": result_id}).mappings().one_or_none()
    if row is None:
        raise ResultNotFoundError(f"There is no identify result {result_id}.")
    result = Result(**row)
    if result.applied_at is not None:
        raise DecidedError("This result was applied already.")
    if result.status not in {"pending", unless}:
        raise DecidedError(f"This result was {result.status} before.")
    return result
