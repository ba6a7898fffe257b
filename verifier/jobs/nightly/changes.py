"""The changes since the last run of the same suite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from verifier.documents import Change, Obligation
from verifier.jobs.nightly.expectations import found_text

if TYPE_CHECKING:
    from verifier.wire.nights import Remembered


def outcomes(obligations: Iterable[Obligation]) -> dict[str, Remembered]:
    """The stored record of a run, by obligation.

    Properties go by their published names, so a new short name does not make a new property.
    """
    return {
        one.id: {
            "status": one.status,
            "properties": {
                entry.published_name or entry.name: [entry.verdict, found_text(entry), entry.method, entry.name]
                for entry in (one.result.properties if one.result is not None else ())
            },
        }
        for one in obligations
    }


def changes(before: Mapping[str, object], after: Mapping[str, Remembered]) -> tuple[Change, ...]:
    """The changes between the outcomes of two runs, in the order of the later one.

    Args:
        before: as stored; data that `outcomes` cannot have made counts as missing.
        after: the result of `outcomes`.
    """
    known = {name: cast("Remembered", one) for name, one in before.items() if _is_outcome(one)}
    result: list[Change] = []
    for name, outcome in after.items():
        if name not in known:
            result.append(Change(obligation=name, kind="new", after=outcome["status"]))
            continue
        earlier = known[name]
        if earlier["status"] != outcome["status"]:
            result.append(Change(obligation=name, kind="status", before=earlier["status"], after=outcome["status"]))
        for property, verdict in outcome["properties"].items():
            change = _changed(name, property, earlier["properties"].get(property), verdict)
            if change is not None:
                result.append(change)
        result += [
            Change(obligation=name, property=_shown(property, verdict), kind="gone", before=verdict[1])
            for property, verdict in earlier["properties"].items()
            if property not in outcome["properties"]
        ]
    result += [
        Change(obligation=name, kind="gone", before=known[name]["status"]) for name in known if name not in after
    ]
    return tuple(result)


def _changed(obligation: str, published: str, before: list[str | None] | None, after: list[str | None]) -> Change | None:
    property = _shown(published, after)
    if before is None:
        return Change(obligation=obligation, property=property, kind="new", after=after[1])
    kinds = (("verdict", 0), ("steps", 1), ("method", 2))
    for kind, place in kinds:
        if before[place] != after[place]:
            values = {"before": before[max(1, place)], "after": after[max(1, place)]}
            return Change.model_validate({"obligation": obligation, "property": property, "kind": kind, **values})
    return None


def _shown(published: str, verdict: list[str | None]) -> str:
    """The name that reports use for a property; older stores lack it."""
    return str(verdict[3]) if len(verdict) > 3 else published


def _is_outcome(value: Any) -> bool:
    """Whether this is a status and, by property, texts or nulls."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("status"), str)
        and isinstance(value.get("properties"), dict)
        and all(_is_verdict(result) for result in value["properties"].values())
    )


def _is_verdict(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) >= 3 and all(isinstance(part, str) or part is None for part in value)
    )
