"""Why a property fails, for people: explanations that differ only in the names of elements are merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_LABEL = re.compile(r"[A-Za-z]\w*")
_LINE = re.compile(r"(?P<head>\S+ fails) for (?P<elements>\w+ = .*)")
_ELEMENT = re.compile(r"(?:^|, )\w+ = ")


def merged(explanation: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each line with the elements for which the same is true: `for r = r1`, `for r = r2`.

    Lines about the same elements belong together. If elements are labels, two such groups say the same if they are equal once
    each element is replaced by its place among them; otherwise, if nothing but the elements differs.
    """
    groups: dict[str, list[str]] = {}
    for line in explanation:
        groups.setdefault(_elements(line) or line, []).append(line)
    seen: dict[tuple[str, ...], list[str]] = {}
    for elements, lines in groups.items():
        seen.setdefault(_shape(elements, lines), []).append(elements)
    for alike in seen.values():
        *before, last = groups[alike[0]]
        yield from ((line, ()) for line in before)
        yield last, tuple(alike[1:])


def _elements(line: str) -> str | None:
    """The elements that a line is about: `a = r1, c = r2` of `P fails for a = r1, c = r2: ...`."""
    found = _LINE.match(line)
    return None if found is None else _until_colon(found["elements"])


def _until_colon(text: str) -> str | None:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}>")
        if depth <= 0 and text.startswith(": ", place):
            return text[:place]
    return None


def _shape(elements: str, lines: Sequence[str]) -> tuple[str, ...]:
    """The lines with each element replaced by its place."""
    values = _values(elements)
    if not values:
        return tuple(line.replace(f" for {elements}: ", " for \0: ") for line in lines)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in sorted(values, key=len, reverse=True)))
    return tuple(pattern.sub(lambda found: f"\0{values[found[0]]}\0", line) for line in lines)


def _values(elements: str) -> dict[str, int]:
    """The elements, numbered in order; empty if one of them is not a label."""
    parts = _ELEMENT.split(elements)[1:]
    if not all(map(_LABEL.fullmatch, parts)):
        return {}
    return {part: number for number, part in reversed(list(enumerate(parts)))}
