"""ITF values as readable text, and the changes from one state to the next.

Source of the encoding: Apalache, architecture decision record 015; options as Quint encodes sum types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from verifier.files.notation import fields_of, is_option

MISSING = object()


def text(value: Any) -> str:
    """A value as TLA+ would write it: `{a, b}`, `[k1 -> g1, k2 -> g1]`, `<<1, 2>>`, `some(3)`."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"<<{', '.join(map(text, value))}>>"
    if not isinstance(value, Mapping):
        return str(value)
    if "#bigint" in value:
        return str(value["#bigint"])
    if "#unserializable" in value:
        return f"no value: {value['#unserializable']}"
    if "#set" in value:
        return f"{{{', '.join(map(text, value['#set']))}}}"
    if "#tup" in value:
        return f"<<{', '.join(map(text, value['#tup']))}>>"
    if "#map" in value:
        return _function(value["#map"])
    if is_option(value):
        payload = value["value"]
        inner = "" if _is_unit(payload) else f"({text(payload)})"
        return f"{str(value['tag']).lower()}{inner}"
    return f"[{', '.join(f'{name} |-> {text(item)}' for name, item in fields_of(value).items())}]"


def _function(pairs: list[Any]) -> str:
    """A function; a constant one is written with its value only."""
    images = [text(image) for _, image in pairs]
    if len(images) > 1 and len(set(images)) == 1:
        return f"[all -> {images[0]}]"
    return f"[{', '.join(f'{text(key)} -> {image}' for (key, _), image in zip(pairs, images, strict=True))}]"


def _is_unit(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and (value.get("tag") == "UNIT" or value.get("#tup") == []))


def changes(name: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """The changes in a variable: the place (`routes[1][k1]`, `lease.owner`), the old and the new value.

    Functions and records are followed down to the entries that differ.
    """
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if "#map" in old and "#map" in new:
            yield from _entries(name, old["#map"], new["#map"])
            return
        if _is_record(old) and _is_record(new) and old.keys() == new.keys():
            for field in fields_of(old):
                yield from changes(f"{name}.{field}", old[field], new[field])
            return
    yield name, text(old), text(new)


def _entries(name: str, old: list[Any], new: list[Any]) -> Iterator[tuple[str, str, str]]:
    before = {text(key): image for key, image in old}
    after = {text(key): image for key, image in new}
    for key in [*before, *(key for key in after if key not in before)]:
        was, now = before.get(key, MISSING), after.get(key, MISSING)
        if was is MISSING or now is MISSING:
            yield (
                f"{name}[{key}]",
                "absent" if was is MISSING else text(was),
                "absent" if now is MISSING else text(now),
            )
        else:
            yield from changes(f"{name}[{key}]", was, now)


def difference(old: str, new: str) -> str | None:
    """The elements added to and removed from a set or a sequence, from two results of `text`; None if little stays."""
    for opening, closing, told in (("{", "}", _of_sets), ("<<", ">>", _of_sequences)):
        if all(value.startswith(opening) and value.endswith(closing) for value in (old, new)):
            before, after = (_parts(value[len(opening) : -len(closing)]) for value in (old, new))
            return told(before, after) if before and after else None
    return None


def _of_sets(before: list[str], after: list[str]) -> str | None:
    if not set(before) & set(after):
        return None
    added = [part for part in after if part not in before]
    removed = [part for part in before if part not in after]
    told = (("added", added), ("removed", removed))
    return "; ".join(f"{word} {', '.join(parts)}" for word, parts in told if parts)


def _of_sequences(before: list[str], after: list[str]) -> str | None:
    """The elements appended at the end, or removed from the front or the end."""
    if after[: len(before)] == before:
        return f"appended {', '.join(after[len(before) :])}"
    if before[-len(after) :] == after:
        return f"removed {', '.join(before[: -len(after)])} from the front"
    return f"removed {', '.join(before[len(after) :])} from the end" if before[: len(after)] == after else None


def _parts(text: str) -> list[str] | None:
    """The elements of a set or a sequence; an empty list if it is empty; None if brackets do not match, as when a label
    contains some.
    """
    if not text:
        return []
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text.replace("|->", "|--").replace("->", "--")):
        depth += (character in "([{<") - (character in ")]}>")
        if depth < 0:
            return None
        if depth == 0 and character == ",":
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()] if depth == 0 else None


def _is_record(value: Mapping[str, Any]) -> bool:
    return not is_option(value) and not any(field.startswith("#") for field in value)


def arguments(picks: Any) -> dict[str, str]:
    """The arguments of an action, from a state's record of picks; those without a pick are left out."""
    if not isinstance(picks, Mapping):
        return {}
    chosen = {}
    for name, value in fields_of(picks).items():
        if isinstance(value, Mapping) and is_option(value):
            if str(value["tag"]).lower() == "none":
                continue
            value = value["value"]
        chosen[name] = text(value)
    return chosen
