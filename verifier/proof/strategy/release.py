"""The rule by which a verdict is released: what must be proved besides a property before it is PROVED, and its verdict if that is
not proved.

A proof is about a model all of whose steps have a meaning: its assumptions about them are obligations of their own. `Defined`
says that no initial value, constraint or action uses an undefined value, `Defined@P` that the text of P always has one, the
properties of ranges that nothing is stored outside its sort. Each of them is shown under the assumption of the others, so they
hold together or not at all. Violations are always reported: a trace assumes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from verifier.kernel.properties import Property

Verdict = Literal["proved", "bounded", "violated", "unknown"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of a property.

    `depth`: of a violation its steps, else the steps within which there is none (None: not even initially, or this is not known).
    `reason` is for people, beside BOUNDED and UNKNOWN.
    """

    verdict: Verdict
    depth: int | None = None
    reason: str | None = None

    @property
    def reach(self) -> int:
        """The depth, -1 where there is none."""
        return -1 if self.depth is None else self.depth


PROVED = Standing("proved")
STOPPED = Standing("unknown", None, "the run stopped at the first violation")


def needed(prop: Property, properties: Iterable[Property], ranges: Iterable[str] | None = None) -> list[Property]:
    """The properties that must be proved before `prop` is, in their order.

    `ranges` names the variables whose ranges the proof used; None: every variable, as at a finite scope, where a state outside
    its range cannot even be stored.
    """
    # Where a step leaves a range it is not taken: of a liveness property all ranges count, at every scope.
    names = None if ranges is None or prop.kind == "liveness" else set(ranges)
    return [
        other
        for other in properties
        if other.name != prop.name
        and (
            (other.kind == "defined" and other.about in (None, prop.name))
            or (other.kind == "range" and (names is None or not names.isdisjoint(other.variables)))
        )
    ]


def combined(prop: Property, own: Standing, others: Sequence[tuple[Property, Standing]]) -> Standing:
    """The verdict on a property from the standing of it alone, and of the properties that it needs."""
    unmet = [(standing, _limit(prop, other, standing)) for other, standing in others if standing.verdict != "proved"]
    if own.verdict == "violated" or not unmet:
        return own
    least = min((limit for _, limit in unmet), key=lambda limit: (limit.reach, limit.verdict == "bounded"))
    if own.verdict == "proved":
        return least
    if own.verdict == "unknown":
        # That something is violated says more than that a solver gave up.
        reasons = [limit.reason for standing, limit in unmet if standing.verdict == "violated"]
        depth = own.depth if own.reach <= least.reach else least.depth
        return Standing("unknown", depth, next(iter(reasons), own.reason))
    if own.reach <= least.reach:
        return own
    return Standing("unknown" if least.depth is None else "bounded", least.depth, least.reason)


def _limit(prop: Property, other: Property, standing: Standing) -> Standing:
    """The standing that remains of a proof where something that it needs is not proved.

    Where a range is left, or a use is undefined, in r steps, everything within these steps was examined. A model that uses
    undefined values has steps without a meaning: how far a proof about it reaches is not known.
    """
    name = other.short or other.name
    match standing.verdict:
        case "violated":
            reason = f"{name} is violated in {steps(standing.depth or 0)}"
        case "bounded":
            reason = f"{name} is not proved beyond {steps(standing.depth or 0)}"
        case _:
            reason = f"{name} is not proved" + (f": {standing.reason}" if standing.reason else "")
    depth = standing.depth
    if depth is not None and standing.verdict == "violated" and other.about == prop.name:
        # In the state, or after the step, where its own text has no value, the property says nothing.
        depth = depth - 1 if depth else None
    meaningless = standing.verdict == "violated" and other.kind == "defined"
    return Standing("unknown" if meaningless or depth is None else "bounded", depth, reason)


def steps(count: int) -> str:
    """A number of steps, for people."""
    return "1 step" if count == 1 else f"{count} steps"


@dataclass(slots=True)
class Release:
    """The standings of one run, and the verdicts that can be given: once everything that a property needs is decided.

    `needs` maps each property to what it needs; `standings` grows with each decision.
    """

    needs: Mapping[str, Sequence[Property]]
    standings: dict[str, Standing] = field(default_factory=dict)
    _waiting: dict[str, Property] = field(default_factory=dict)

    def settle(self, prop: Property, standing: Standing) -> list[tuple[Property, Standing]]:
        """Records the standing of a property; returns the verdicts that can be given now."""
        self.standings[prop.name] = standing
        self._waiting[prop.name] = prop
        return self._ready()

    def waited(self, names: Iterable[str]) -> set[str]:
        """The properties for which the verdicts on some properties may still wait: none, if those are violated."""
        known = ((name, self.standings.get(name)) for name in names)
        unsettled = [name for name, standing in known if standing is None or standing.verdict != "violated"]
        return {other.name for name in unsettled for other in self.needs[name]}

    def _ready(self) -> list[tuple[Property, Standing]]:
        given = []
        for name, prop in list(self._waiting.items()):
            own, others = self.standings[name], [(other, self.standings.get(other.name)) for other in self.needs[name]]
            known = [(other, standing) for other, standing in others if standing is not None]
            if own.verdict == "violated" or len(known) == len(others):
                del self._waiting[name]
                given.append((prop, combined(prop, own, known)))
        return given
