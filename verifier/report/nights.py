"""A night's run in words that all its reports share: the headline, the differences, and drifting proofs."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from verifier.documents.nightly import Difference, Nightly, Obligation, Status
from verifier.report.listing import value as parameter_value

# A proof drifts when it has used this part of its budget, or when the line through its last nights reaches the budget soon.
MOST = 0.8
WINDOW = 14  # nights that the line fits
LEAST = 4  # fewest nights for a line
SOON = 30  # nights
CORRELATED = 0.7  # a line with a worse fit says nothing
NOTABLE = 0.2  # part of the budget below which a rise is noise

_STOPPED = {"interrupted": "; the run was interrupted", "timeout": "; the time limit of the run was reached"}


@dataclass(frozen=True)
class Drift:
    """An obligation whose processor time approaches its budget, and the evidence for it."""

    obligation: str
    seconds: float
    budget: float
    text: str


def count(number: int, singular: str, several: str | None = None) -> str:
    """A number with its noun: `1 step`, `3 steps`."""
    return f"{number:,} {singular if number == 1 else several or singular + 's'}"


def duration(seconds: float | None) -> str:
    """A duration for people: `0.03 s`, `4.2 s`, `3 min 20 s`."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def date(moment: str) -> str:
    """The day of an ISO 8601 time."""
    return moment[:10]


def named(obligation: Obligation) -> str:
    """The protocol with its variant, as the command line takes them."""
    return f"{obligation.protocol}:{obligation.variant}"


def grouped(nightly: Nightly) -> list[tuple[str, list[Obligation]]]:
    """The obligations of each protocol, in the order of the run; files whose protocols share a name are kept apart."""
    groups: dict[tuple[str, str], list[Obligation]] = {}
    for entry in nightly.obligations:
        groups.setdefault((entry.protocol, entry.reference or entry.protocol), []).append(entry)
    names = [protocol for protocol, _ in groups]
    return [
        (protocol if names.count(protocol) == 1 else f"{protocol} ({reference})", entries)
        for (protocol, reference), entries in groups.items()
    ]


def size(obligation: Obligation) -> str:
    """The parameters that the suite set, as `Keys=3 Nodes={a,b}`."""
    return " ".join(f"{name}={parameter_value(value)}" for name, value in obligation.parameters.items())


def headline(nightly: Nightly) -> str:
    """One sentence: whether every expectation is met, and if not, why."""
    total = len(nightly.obligations)
    stopped = _STOPPED.get(nightly.ended, "")
    if nightly.met:
        every = {0: "The suite has no obligations", 1: "The one obligation is met"}
        return every.get(total, f"All {total:,} obligations are met")
    outcomes: tuple[tuple[Status, str], ...] = (
        ("contradicted", "unexpected"),
        ("failed", "failed"),
        ("open", "undecided"),
    )
    matters = [f"{nightly.count(status):,} {text}" for status, text in outcomes if nightly.count(status)]
    concerned = sum(nightly.count(status) for status, _ in outcomes)
    if not matters:
        return f"{count(nightly.count('met'), 'obligation')} met{stopped}"
    need = "needs" if concerned == 1 else "need"
    return f"{concerned:,} of {count(total, 'obligation')} {need} attention: {', '.join(matters)}{stopped}"


def differences(nightly: Nightly) -> Iterator[tuple[Obligation, Difference]]:
    """The unexpected outcomes, contradictions and disagreements first and merely open ones last."""
    order = {"contradiction": 0, "disagreement": 1, "failure": 2, "open": 3}
    result = [(entry, difference) for entry in nightly.obligations for difference in entry.differences]
    yield from sorted(result, key=lambda item: order[item[1].kind])


def described(difference: Difference) -> str:
    """A difference as a phrase: `expected proved, found violated in 3 steps: reason`."""
    expected = f"expected {difference.expected}, found " if difference.expected else ""
    reason = f": {difference.reason}" if difference.reason else ""
    return f"{expected}{difference.found}{reason}"


def measured(nightly: Nightly, obligation: Obligation) -> tuple[tuple[str, float], ...]:
    """The nights in which an obligation actually ran, with its processor time, oldest first; including tonight if it did."""
    nights = [(date(entry.started), entry.seconds) for entry in obligation.history]
    used = spent(obligation)
    if not obligation.cached and used is not None:
        nights.append((date(nightly.started), used))
    return tuple(nights)


def spent(obligation: Obligation) -> float | None:
    """The time that counts against the budget: processor time, or wall time in reports without it."""
    return obligation.seconds if obligation.processor is None else obligation.processor


def drift(nightly: Nightly, obligation: Obligation) -> Drift | None:
    """Whether an obligation drifts towards its budget.

    It does if its last run took four fifths of the budget, or if the least-squares line through its last fortnight of actual
    runs fits, has risen by a fifth of the budget or more, and reaches the budget within a month.
    """
    nights = [seconds for _, seconds in measured(nightly, obligation)][-WINDOW:]
    budget = obligation.timeout
    if not nights or budget <= 0:
        return None
    last = nights[-1]
    if last >= MOST * budget:
        return Drift(obligation.id, last, budget, f"took {last / budget:.0%} of its budget")
    if len(nights) < LEAST or len(set(nights)) == 1:
        return None
    line = statistics.linear_regression(range(len(nights)), nights)
    rise = line.slope * (len(nights) - 1)
    fits = statistics.correlation(range(len(nights)), nights) >= CORRELATED
    if line.slope <= 0 or not fits or rise < NOTABLE * budget:
        return None
    left = (budget - last) / line.slope
    if left > SOON:
        return None
    return Drift(
        obligation.id,
        last,
        budget,
        f"rose from {nights[0]:.1f} s to {last:.1f} s in {len(nights)} runs; at this rate the budget is reached in "
        f"{count(max(1, round(left)), 'run')}",
    )


def drifting(nightly: Nightly) -> tuple[Drift, ...]:
    """Every obligation that drifts towards its budget, in the order of the run."""
    return tuple(result for entry in nightly.obligations if (result := drift(nightly, entry)) is not None)
