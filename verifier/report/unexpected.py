"""Unexpected outcomes of a night, each once: since when, with which change, and what to examine first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from verifier.documents.nightly import Change, Difference, Nightly, Obligation, Origin
from verifier.documents.result import Property
from verifier.kernel.commands import About
from verifier.kernel.spelling import is_called
from verifier.report.nights import count, date, differences, duration, spent

Cause = Literal["model", "suite", "verifier", "budget", "run", "open"]

_SHORT = 12  # digits shown of a commit
_NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """An unexpected outcome of one property, or of several properties of one obligation for the same reason.

    Attributes:
        entry: the property's verdict, if it is one property with a verdict.
        stated: the difference that gives the property's meaning, its place and why it fails.
        cause: what to examine first, and `because` why.
    """

    obligation: Obligation
    kind: Literal["contradiction", "open", "disagreement", "failure"]
    properties: tuple[str, ...]
    expected: str | None
    found: str
    reason: str | None
    entry: Property | None
    stated: Difference
    origin: Origin | None
    new: bool
    cause: Cause
    because: str

    @property
    def said(self) -> str:
        """The actual outcome, the expected one, and the reason."""
        expected = f"expected {self.expected}, found " if self.expected else ""
        return f"{expected}{self.found}" + (f": {self.reason}" if self.reason else "")

    @property
    def since(self) -> str:
        """Since when it exists: `new tonight`, or the day of the first night and the number of nights."""
        if self.new:
            return "new tonight"
        if self.origin is None:
            return "it is unknown since when"
        return f"since {date(self.origin.since)}, {count(self.origin.nights, 'night')}"

    @property
    def change(self) -> str:
        """The changes when it appeared, with the commits."""
        return "" if self.origin is None else changed_text(self.origin)

    @property
    def commits(self) -> str:
        """The command that lists the commits between the last run without it and the first with it; empty if none are known."""
        origin = self.origin
        if origin is None or origin.commit is None or origin.previous_commit is None:
            return ""
        first, last = origin.previous_commit.rstrip("+"), origin.commit.rstrip("+")
        return "" if first == last else f"git log {first[:_SHORT]}..{last[:_SHORT]}"

    @property
    def command(self) -> str:
        """The command that shows it again."""
        known = self.stated.command if len(self.properties) == 1 else self.obligation.command
        return known or _command(self.obligation, self.properties if len(self.properties) == 1 else _NOTHING)


def findings(nightly: Nightly) -> list[Finding]:
    """All findings: new ones first, then the worst first, in the order of the run.

    Properties of one obligation that are open, or fail, for the same reason are one finding.
    """
    groups: dict[object, list[tuple[Obligation, Difference]]] = {}
    for number, (entry, one) in enumerate(differences(nightly)):
        since = None if one.origin is None else one.origin.since
        alone = one.kind == "contradiction" or one.property is None
        key = number if alone else (entry.id, one.kind, one.expected, one.found, one.reason, since)
        groups.setdefault(key, []).append((entry, one))
    found = [_finding(nightly, group) for group in groups.values()]
    return sorted(found, key=lambda one: not one.new)


def other_changes(nightly: Nightly) -> list[Change]:
    """Changes since the last run that no new finding reports, each once.

    The status of an obligation follows from its properties; it is left out if the change of a property says the same.
    """
    told = {(entry.id, one.property) for entry, one in differences(nightly) if _is_new(nightly, entry, one)}
    unlike = {name for name, _ in told}
    left = [
        change
        for change in nightly.changes
        if (change.obligation, change.property) not in told and not (change.kind == "status" and change.obligation in unlike)
    ]
    detailed = {change.obligation for change in left if change.property is not None}
    return [change for change in left if change.kind != "status" or change.obligation not in detailed]


def changed_text(origin: Origin) -> str:
    """The changes between the last run without a difference and the first with it, with the commits."""
    parts = []
    if origin.changed is not None:
        names = [f"the {name}" for name in origin.changed]
        parts.append(f"{_listed(names)} changed" if names else "nothing that a verdict depends on changed")
    first, last = origin.previous_commit, origin.commit
    if first and last and first != last:
        parts.append(f"from commit {_short(first)} to {_short(last)}")
    elif last:
        parts.append(f"at commit {_short(last)}")
    return ", ".join(parts)


def _finding(nightly: Nightly, group: list[tuple[Obligation, Difference]]) -> Finding:
    obligation, one = group[0]
    properties = tuple(item.property for _, item in group if item.property is not None)
    cause, because = _cause(obligation, one)
    return Finding(
        obligation,
        one.kind,
        properties,
        one.expected,
        one.found,
        one.reason,
        _entry(obligation, properties),
        one if len(properties) == 1 else one.model_copy(update={"doc": "", "formula": None, "explanation": None}),
        one.origin,
        _is_new(nightly, obligation, one),
        cause,
        because,
    )


def _is_new(nightly: Nightly, obligation: Obligation, one: Difference) -> bool:
    """Whether the last run did not have it; without an origin, whether anything about it changed."""
    if one.origin is not None:
        return one.origin.since == nightly.started
    return any((change.obligation, change.property) == (obligation.id, one.property) for change in nightly.changes)


def _entry(obligation: Obligation, properties: tuple[str, ...]) -> Property | None:
    if obligation.result is None or len(properties) != 1:
        return None
    entries = obligation.result.properties
    return next((entry for entry in entries if is_called(properties[0], entry.name, entry.published_name)), None)


def _cause(obligation: Obligation, one: Difference) -> tuple[Cause, str]:
    """The likely cause, to examine first, and a sentence that says why."""
    if one.kind == "failure":
        if obligation.failure == "internal":
            return "verifier", "the verifier itself failed"
        return "model", "the model cannot be used in its present form"
    if one.kind == "disagreement":
        return "verifier", "a second solver rejects a proof of the first"
    if one.kind == "open":
        return _open(obligation)
    changed = None if one.origin is None else one.origin.changed
    if changed and "model" not in changed:
        culprit: Cause = "suite" if "suite" in changed else "verifier"
        names = _listed([f"the {name}" for name in changed])
        return culprit, f"the verdict is definite, and the model is unchanged; {names} changed"
    return "model", "the verdict is definite; no budget ran out"


def _open(obligation: Obligation) -> tuple[Cause, str]:
    """The reason why there is no verdict that could meet an expectation."""
    used = spent(obligation)
    took = "" if used is None else f"{duration(used)} of processor time used of {duration(obligation.timeout)}"
    if obligation.result is None:
        return "run", "the run did not finish"
    if obligation.result.ended == "timeout":
        if obligation.wall is not None and used is not None and used < obligation.timeout:
            return "budget", f"the machine was busy: {took} when it had lasted {duration(obligation.wall)}"
        return "budget", f"the budget is used up: {took}"
    if obligation.result.ended == "memory":
        return "budget", f"the budget of memory is used up, {obligation.memory} MiB"
    if obligation.result.ended == "complete":
        return "open", f"no proof and no violation was found; the budget did not run out{f': {took}' if took else ''}"
    return "run", f"the run was {obligation.result.ended}"


def _command(obligation: Obligation, properties: tuple[str, ...]) -> str:
    """The command that decides an obligation again, or one property of it."""
    settings = tuple(f"{name}={value}" for name, value in obligation.parameters.items())
    about = About(obligation.reference or obligation.protocol, obligation.variant, (), obligation.scope, settings)
    return about.command(
        "prove",
        property=properties or obligation.properties,
        engine=None if obligation.engine == "auto" else obligation.engine,
        k=None if obligation.k == 8 else obligation.k,
    )


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _short(commit: str) -> str:
    return commit[:_SHORT] + ("+" if commit.endswith("+") else "")


def run_of(entry: Property) -> Iterator[str]:
    """The steps of a violation, each with its arguments, from the first on."""
    from verifier.documents.trace import ACTION, PICKS
    from verifier.report.values import arguments

    for state in () if entry.trace is None else entry.trace.states[1:]:
        given = ", ".join(arguments(state.get(PICKS)).values())
        action = str(state.get(ACTION, "?"))
        yield f"{action}({given})" if given else action
