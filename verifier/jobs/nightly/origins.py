"""The origin of a difference: the first run with it, the outcome before, and what had changed when it appeared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from verifier.documents import Difference, Obligation
from verifier.documents.nightly import Origin
from verifier.jobs.nightly.digests import key_of

if TYPE_CHECKING:
    from verifier.jobs.nightly.plan import Planned
    from verifier.wire.nights import Inputs, Remembered


@dataclass(frozen=True, slots=True)
class Tonight:
    """The start of this run: its time, its commit, the sources of the verifier and the versions."""

    started: str
    commit: str | None
    sources: str
    versions: Mapping[str, str | None]

    def inputs(self, planned: Planned) -> Inputs:
        """All that a verdict depends on, each as a digest."""
        budget = [planned.timeout, planned.memory]
        return {
            "model": planned.digest,
            "suite": key_of([{**planned.job(), "protocols": [planned.protocol]}, budget]),
            "verifier": self.sources,
            "solvers": key_of(dict(self.versions)),
        }


def with_origins(
    entries: Sequence[Obligation], planned: Sequence[Planned], before: Mapping[str, object], tonight: Tonight
) -> tuple[Obligation, ...]:
    """The obligations with the origin of each difference.

    A difference that the last run of the suite had too keeps its origin. Any other difference is new tonight, and its origin
    lists the changes since that run.

    Args:
        entries: the obligations of the report, in the order of `planned`.
        planned: the same obligations as they were planned.
        before: the outcomes of the last run, as the store has them; malformed data counts as missing.
        tonight: this run.
    """
    return tuple(
        _with_origin(entry, before.get(entry.id), tonight, tonight.inputs(one)) if entry.differences else entry
        for entry, one in zip(entries, planned, strict=True)
    )


def _with_origin(entry: Obligation, before: object, tonight: Tonight, inputs: Inputs) -> Obligation:
    earlier = cast("Mapping[str, Any]", before) if isinstance(before, dict) else {}
    known = _origins(earlier.get("origins"))
    differences = []
    for one in entry.differences:
        last = known.get(_key(one))
        if last is None:
            origin = _first(entry, one, earlier, tonight, inputs)
        else:
            origin = last.model_copy(update={"nights": last.nights + 1})
        differences.append(one.model_copy(update={"origin": origin}))
    return entry.model_copy(update={"differences": tuple(differences)})


def _first(entry: Obligation, difference: Difference, earlier: Mapping[str, Any], tonight: Tonight, inputs: Inputs) -> Origin:
    """The origin of a difference that the last run did not have."""
    verdicts, last = earlier.get("properties"), earlier.get("inputs")
    names = _published(entry, difference)
    found = next((verdicts[name] for name in names if name in verdicts), None) if isinstance(verdicts, dict) else None
    status = earlier.get("status")
    was = found[1] if isinstance(found, list) and len(found) > 1 else status if difference.property is None else None
    changed = None
    if isinstance(last, dict):
        changed = tuple(name for name, digest in inputs.items() if last.get(name) != digest)
    commit = earlier.get("commit")
    return Origin.model_validate(
        {
            "since": tonight.started,
            "before": was if isinstance(was, str) else None,
            "commit": tonight.commit,
            "previous_commit": commit if isinstance(commit, str) else None,
            "changed": changed,
        }
    )


def _published(entry: Obligation, difference: Difference) -> list[str]:
    """The names by which the store may know the property of a difference."""
    properties = () if entry.result is None else entry.result.properties
    found = [one.published_name for one in properties if one.name == difference.property and one.published_name]
    return [*found, difference.property or ""]


def remember(outcome: Remembered, entry: Obligation, tonight: Tonight, inputs: Inputs) -> Remembered:
    """The stored record of an obligation, with its inputs and the origins of its differences."""
    origins = {_key(one): one.origin.model_dump(mode="json") for one in entry.differences if one.origin is not None}
    return {**outcome, "inputs": inputs, "commit": tonight.commit, "origins": origins}


def _key(difference: Difference) -> str:
    """Identifies a difference within its obligation; the number of steps and the reason do not matter."""
    return f"{difference.kind} {difference.property or ''}"


def _origins(stored: object) -> dict[str, Origin]:
    """The origins in a stored record; a malformed one counts as missing."""
    result: dict[str, Origin] = {}
    for name, content in stored.items() if isinstance(stored, dict) else ():
        try:
            result[str(name)] = Origin.model_validate(content)
        except ValidationError:
            continue
    return result
