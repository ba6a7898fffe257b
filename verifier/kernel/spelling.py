"""Names of properties as people spell them."""

from __future__ import annotations

import re


def is_called(given: str, *names: str | None) -> bool:
    """Whether `given` means one of the names: regardless of case, and with the blanks and parentheses of published material, as
    in `Lock-3 (step)` for `Lock-3-step`.
    """
    return _spelled(given) in (_spelled(name) for name in names if name)


def _spelled(name: str) -> str:
    return re.sub(r"[\s()]+", "-", name).strip("-").lower()


def is_short_name(name: str) -> bool:
    """Whether a property can have this short name."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_.@-]*", name) is not None
