"""Names of places in a page: readable, the same every time, and no two alike."""

from __future__ import annotations

import re
import unicodedata


def slug(*parts: str) -> str:
    """Parts as one name of lower-case letters, digits and hyphens, parts two hyphens apart."""
    written = (unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode().lower() for part in parts)
    return "--".join(re.sub(r"[^a-z0-9]+", "-", part).strip("-") or "x" for part in written)


class Names:
    """Gives each place of a page its name; a name already taken gets a number."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def new(self, *parts: str) -> str:
        """A name that was not used before."""
        wanted = slug(*parts)
        name = wanted
        while name in self._taken:
            self._taken[wanted] += 1
            name = f"{wanted}-{self._taken[wanted]}"
        self._taken[name] = 1
        return name
