"""What is otherwise than in the last run of the same suite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from verifier.documents import Change, Obligation
from verifier.jobs.nightly.expectations import found_text

Event = dict[str, Any]


def outcomes(obligations: Iterable[Obligation]) -> Event:
    """What the store remembers of a run: by obligation its status, and by property the verdict and the method."""
    return {
        one.id: {
            "status": one.status,
            "properties": {
                entry.name: [entry.verdict, found_text(entry), entry.method]
                for entry in (one.result.properties if one.result is not None else ())
            },
        }
        for one in obligations
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes between the outcomes of two runs, in the order of the later one."""
    found: list[Change] = []
    for name, outcome in after.items():
        if name not in before:
            found.append(Change(obligation=name, kind="new", after=outcome["status"]))
            continue
        earlier = before[name]
        if earlier["status"] != outcome["status"]:
            found.append(Change(obligation=name, kind="status", before=earlier["status"], after=outcome["status"]))
        for property, verdict in outcome["properties"].items():
            change = _changed(name, property, earlier["properties"].get(property), verdict)
            if change is not None:
                found.append(change)
    found += [
        Change(obligation=name, kind="gone", before=before[name]["status"]) for name in before if name not in after
    ]
    return tuple(found)


def _changed(obligation: str, property: str, before: list[Any] | None, after: list[Any]) -> Change | None:
    if before is None:
        return Change(obligation=obligation, property=property, kind="new", after=after[1])
    if before[0] != after[0]:
        return Change(obligation=obligation, property=property, kind="verdict", before=before[1], after=after[1])
    if before[1] != after[1]:
        return Change(obligation=obligation, property=property, kind="steps", before=before[1], after=after[1])
    if before[2] != after[2]:
        return Change(obligation=obligation, property=property, kind="method", before=before[2], after=after[2])
    return None
