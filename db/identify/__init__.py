"""Looking videos up by their hashes: where, what was proposed, what was decided, and applying it once."""

from __future__ import annotations

from db.identify.apply import ToApply, apply_result, results_to_apply
from db.identify.boxes import (
    Box,
    BoxError,
    BoxNotFoundError,
    add_box,
    change_box,
    enabled_boxes,
    get_box,
    list_boxes,
    remove_box,
)
from db.identify.decisions import NotProposedError, accept, applicable, reject
from db.identify.lookups import LookedUp, Proposed, VideoToIdentify, save_lookups, videos_to_identify
from db.identify.results import (
    DecidedError,
    Place,
    Result,
    ResultNotFoundError,
    Status,
    get_result,
    hand_in,
    list_results,
)
from db.identify.wishes import NO_STASH_BOX, CannotIdentifyError, VideoNotFoundError, want_identify, want_import

__all__ = [
    "NO_STASH_BOX",
    "Box",
    "BoxError",
    "BoxNotFoundError",
    "CannotIdentifyError",
    "DecidedError",
    "LookedUp",
    "NotProposedError",
    "Place",
    "Proposed",
    "Result",
    "ResultNotFoundError",
    "Status",
    "ToApply",
    "VideoNotFoundError",
    "VideoToIdentify",
    "accept",
    "add_box",
    "applicable",
    "apply_result",
    "change_box",
    "enabled_boxes",
    "get_box",
    "get_result",
    "hand_in",
    "list_boxes",
    "list_results",
    "reject",
    "remove_box",
    "results_to_apply",
    "save_lookups",
    "videos_to_identify",
    "want_identify",
    "want_import",
]
