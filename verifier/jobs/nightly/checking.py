"""Have certificates checked by a second solver, in a fresh worker process that knows nothing of the proof."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def check(
    paths: list[Path],
    order: Event,
    on_event: Callable[[Event], None] | None,
    on_tick: Callable[[float], None] | None,
) -> list[Event]:
    """Check certificates.

    Returns:
        For each: `property`, `file`, `outcome` (agreed, disagreed or open), `solver`, `reason` and `seconds`.
    """
    return []
