"""Read the stake of each holder from a JSON file: a list of integers, an object of them, or a configuration of `verify
scenario`.
"""

from __future__ import annotations

import json
from typing import Any

from verifier.files.reading import MEBIBYTE, read_bytes
from verifier.kernel.errors import UsageError

_LARGEST = 16 * MEBIBYTE
_MOST = 1_000_000  # equal validators
_HINT = 'write [21, 20, 20, 20, 19], {"alice": 21, "bob": 20}, or "stake_distribution" of a scenario'


def read_stakes(path: str) -> dict[str, int]:
    """The stakes in a file, by the name of their holder; those of a list are numbered from 0.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        value = json.loads(read_bytes(path, largest=_LARGEST).decode("utf-8"))
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is not JSON", hint=_HINT) from None
    if isinstance(value, dict) and "validators" in value:
        number = value["validators"]
        equal = value.get("stake_distribution") is None and _is_natural(number) and number <= _MOST
        value = [1] * number if equal else value.get("stake_distribution")
    stakes = {str(place): stake for place, stake in enumerate(value)} if isinstance(value, list) else value
    if not isinstance(stakes, dict) or not stakes or not all(map(_is_natural, stakes.values())) or not any(stakes.values()):
        raise UsageError(f"{path} does not give the stake of each holder, as integers >= 0 whose sum is > 0", hint=_HINT)
    return stakes


def _is_natural(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
