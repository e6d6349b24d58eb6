"""What is to be known of sounds that are to be joined without encoding them anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tasks.media.child.length import container_of, measured
from tasks.media.child.sound import opened


def joint(url: str, path: str, progress: Callable[[float], None]) -> dict[str, Any]:
    """What a decoder must be told before it hears the sound, and how long all of its packets are (seconds).

    The packets hold what players leave out at the beginning and at the end: joined, it is heard.
    """
    with opened(url) as sound:
        stream = sound.stream
        context = stream.codec_context
        config = (context.extradata or b"").hex()
        shape = [container_of(sound), context.codec.canonical_name, context.sample_rate, sound.first.layout.name]
        return {"shape": [*shape, config], "seconds": measured(url, stream.index, progress)}
