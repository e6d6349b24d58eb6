"""What a person may set for one queue."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from flows.queues import MOST_SLOTS
from ops_api.models.base import Model

#: Those of `flows.queues.PRIORITIES`.
Priority = Literal[1, 5, 10]


class QueueChange(Model):
    """What is to change: what is not named stays, null is what it would be without."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"slots": 3, "priority": 10}, {"slots": None}]}
    )

    slots: int | None = Field(default=None, ge=1, le=MOST_SLOTS, description="How many of its jobs run at once")
    priority: Priority | None = Field(default=None, description="How urgent its jobs are at least: 10 is high, 1 low")


class QueueSettings(Model):
    """How much of a queue runs at once and how urgent its jobs are, and what of that a person has set."""

    queue_name: str = Field(examples=["preview"])
    label: str = Field(examples=["Preview"])
    slots: int = Field(description="In force from the next claim on, in every process", examples=[3])
    default_slots: int = Field(description="Without a number of its own: base times the concurrency of the settings")
    own_slots: int | None = Field(examples=[3])
    priority: int = Field(examples=[10])
    default_priority: int = Field(examples=[1])
    own_priority: int | None = Field(examples=[10])
    changed_by: str | None = Field(examples=["admin"])
    changed_at: datetime | None
