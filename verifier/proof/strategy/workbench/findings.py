"""The findings of the workbench on each statement, and their consequences: what rests on something that does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from verifier.kernel.properties import Property
from verifier.semantics.obligations.statements import Statement

if TYPE_CHECKING:
    from verifier.proof.strategy.traces import Counterexample
    from verifier.proof.strategy.workbench.bench import Cti

Status = Literal["inductive", "initial", "preserved", "not preserved", "unknown", "false"]
"""From best to worst. `initial` and `preserved` are used where only that was asked."""

RANKS: Mapping[Status, int] = {"inductive": 0, "initial": 0, "preserved": 0, "unknown": 1, "not preserved": 2, "false": 3}


@dataclass(frozen=True, slots=True)
class Shown:
    """A counterexample to induction, the instance that has it, and the known facts about its first state.

    `unreached`: no run of this many steps reaches it, or, if `never`, none at all, at the sizes of `looked`.
    """

    cti: Cti
    sizes: Mapping[str, Any]
    unreached: int
    never: bool
    looked: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """The effect of one action on a part of a statement; `needs` names the statements on which its preservation rests.

    `false`: a run was met that falsifies the part, as the counterexample to induction does.
    """

    action: str
    status: Literal["preserved", "not preserved", "unknown"]
    needs: tuple[str, ...] = ()
    shown: Shown | None = None
    reason: str | None = None
    false: Found | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The finding on a part of a statement: with the action that does not preserve it, or the trace that falsifies it.

    `needs` names the other statements (or ranges, or inferred formulas) that its induction assumes; None: that was not asked.
    """

    part: Property
    status: Status
    needs: tuple[str, ...] | None = None
    action: str | None = None
    shown: Shown | None = None
    trace: Counterexample | None = None
    sizes: Mapping[str, Any] | None = None
    reason: str | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The finding on a statement, by its parts. `rests_on`: its assumptions that are not shown themselves."""

    statement: Statement
    parts: tuple[Found, ...]
    rests_on: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def worst(self) -> Found:
        """The part with the worst status; the first of several."""
        return max(self.parts, key=lambda result: RANKS[result.status])

    @property
    def status(self) -> Status:
        """The status of the whole."""
        return self.worst.status

    @property
    def needs(self) -> tuple[str, ...] | None:
        """The other statements that the parts assume; None if that was not asked."""
        known = [result.needs for result in self.parts]
        if any(needs is None for needs in known):
            return None
        return tuple(dict.fromkeys(name for needs in known for name in needs or () if name != self.statement.name))


def joined(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, each with the statements that it assumes, directly or not, and that are not inductive."""
    by_name = {finding.statement.name: finding for finding in findings}
    result = []
    for finding in findings:
        seen: dict[str, None] = {}
        waiting = list(finding.needs or ())
        while waiting:
            name = waiting.pop(0)
            if name in by_name and name not in seen:
                seen[name] = None
                waiting += by_name[name].needs or ()
        doubtful = tuple(n for n in seen if n != finding.statement.name and by_name[n].status != "inductive")
        result.append(replace(finding, rests_on=doubtful))
    return result
