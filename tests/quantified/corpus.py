"""All terms on which the rules of widening are tried: hand-written ones, each for a rule, and random ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.quantified.cases import COMPUTED, LIMITED, STEPS_LOST, STORED, UNLIMITED
from tests.quantified.formulas import drawn
from tests.quantified.widened import World, term
from verifier.kernel import choose, exists, forall
from verifier.kernel.terms import Term

Made = Callable[[Any, World], Any]


def is_equal(limit: Made) -> Made:
    """Some v of the range is what is given."""
    return lambda s, m: exists(m.W, lambda v: v == limit(s, m))


def is_below(limit: Made) -> Made:
    """Some v of the range is at most what is given, and greater than w."""
    return lambda s, m: exists(m.W, lambda v: (v <= limit(s, m)) & (v > s.w))


VALUES: dict[str, Made] = {
    "next": lambda s, m: s.next[s.w + 1] == 0,
    "updated": lambda s, m: s.next.updated(s.w + 1, 0)[s.w] == s.next[s.w],
    "chosen": lambda s, m: choose(m.W, lambda v: v == s.w + 1) > 2,
    "chosen within": lambda s, m: choose(m.W, lambda v: v == s.w) > 2,
    "entered": lambda s, m: (s.seen | {s.w + 1}).contains(s.w),
    "all of them": lambda s, m: forall(m.W, lambda v: s.marks[v]),
}


@cache
def hand_written() -> dict[str, Term]:
    """The hand-written terms, by what they are about."""
    made: dict[str, Made] = {**LIMITED, **UNLIMITED, **STEPS_LOST, **VALUES}
    for kind, limits in {"stored": STORED, "computed": COMPUTED}.items():
        for name, limit in limits.items():
            made[f"equal to {name}, {kind}"] = is_equal(limit)
            made[f"below {name}, {kind}"] = is_below(limit)
    return {name: term(make) for name, make in made.items()}


def random_terms(seeds: range) -> Iterator[Term]:
    """Random terms by their seeds."""
    for seed in seeds:
        yield term(lambda s, m, seed=seed: drawn(m, s, seed))
