"""Which properties exist at unbounded scope: those that dropping a bound can only strengthen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.quantified.clock import clock
from verifier import prove
from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    budget,
    exists,
    fn,
    forall,
    forall_in,
    image,
    implies,
    max_of,
    set_of,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.printing import show
from verifier.semantics.scope.expressible import NOT_QUANTIFIED
from verifier.semantics.scope.unbounded import has_unbounded_scope

NOT_STATED: dict[str, tuple[Callable[..., Bool], str]] = {
    "a bound": (lambda s, limit, node, time: s.now <= limit, "it reads MaxTime, which is dropped"),
    "exists": (
        lambda s, limit, node, time: exists(time, lambda t: t > s.now),
        "it says `for some t` over Time, whose end is dropped",
    ),
    "a premise": (
        lambda s, limit, node, time: implies(forall(time, lambda t: s.marks[t]), s.now == 0),
        "it says `for all t` over Time, whose end is dropped",
    ),
    "a set without end": (
        lambda s, limit, node, time: max_of(set_of(time, lambda t: t > s.now)) > s.now,
        "it says `the set of all t` over Time, whose end is dropped",
    ),
    "the size of a set without end": (
        lambda s, limit, node, time: set_of(time, lambda t: t > s.now).size() <= 1,
        "it says `the set of all t` over Time, whose end is dropped",
    ),
    "compared functions": (
        lambda s, limit, node, time: s.marks != fn(time, lambda t: s.seen.contains(t)),
        "it compares functions of Time for all indices",
    ),
    "a variable function": (
        lambda s, limit, node, time: exists(Fn[node, Bool], lambda f: forall(node, lambda n: f[n])),
        f"f runs over [Node -> Bool], {NOT_QUANTIFIED}",
    ),
}


@pytest.mark.parametrize("case", NOT_STATED)
def test_a_property_that_depends_on_a_bound_is_not_stated(case: str) -> None:
    formula, reason = NOT_STATED[case]

    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        @p.invariant(short="P")
        def Published(s: Any) -> Bool:
            return formula(s, limit, node, time)

    scope = clock(declare)
    [found] = scope.not_stated
    assert (found.name, found.published_name, found.reason) == ("P", "Published", reason)
    assert "Published" not in [p.name for p in scope.model.properties]


STATED: dict[str, Callable[..., Bool]] = {
    "forall": lambda s, node, time: forall(time, lambda t: implies(s.marks[t], t <= s.now)),
    "a negated exists": lambda s, node, time: ~exists(time, lambda t: s.marks[t] & (t > s.now)),
    "exists up to a value": lambda s, node, time: exists(time, lambda t: (t <= s.now) & s.marks[t]),
    "exists in a set": lambda s, node, time: exists(time, lambda t: s.seen.contains(t) & (t > s.now)),
    "exists below another": lambda s, node, time: exists(time, time, lambda t, u: (u < t) & (t <= s.now)),
    "a premise up to a value": lambda s, node, time: implies(
        forall(time, lambda t: implies(t < s.now, s.marks[t])), s.now == 0
    ),
    "size": lambda s, node, time: s.seen.size() <= 1,
    "the size of a limited set": lambda s, node, time: set_of(time, lambda t: t < s.now).size() <= s.now,
    "an empty set": lambda s, node, time: s.seen.is_empty() | (max_of(s.seen) <= s.now),
    "a limited set": lambda s, node, time: s.seen <= (s.seen | set_of(time, lambda t: t < s.now)),
    "an image": lambda s, node, time: max_of(image(node, time, lambda n: s.at[n])) <= s.now,
    "an image of a set": lambda s, node, time: image(s.seen, time, lambda t: t) == s.seen,
    "members": lambda s, node, time: forall_in(s.seen | {s.now}, lambda t: t <= s.now),
    "compared functions": lambda s, node, time: s.marks == fn(time, lambda t: s.seen.contains(t)),
}


@pytest.mark.parametrize("case", STATED)
def test_a_property_that_more_values_only_strengthen_is_stated(case: str) -> None:
    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        @p.invariant()
        def Published(s: Any) -> Bool:
            return STATED[case](s, node, time)

    scope = clock(declare)
    assert scope.not_stated == ()
    assert "Published" in [p.name for p in scope.model.properties]


def test_a_variant_may_have_no_unbounded_scope() -> None:
    p = Protocol("steps", "counts")
    last = p.search_bound("Max", 2)

    class Step(Range, low=0, high=last):
        pass

    @p.state
    class State:
        step: Step = var(0)

    @p.action
    def Go(s: State) -> None:
        budget("end", s.step < last)
        s.step += 1

    @p.invariant()
    def Counts(s: State) -> Bool:
        return s.step >= 0

    @p.law()
    def Above(step: Step) -> Bool:
        return step >= 0

    p.variant("small", bounded="it is about two steps")
    assert [has_unbounded_scope(p.model(variant)) for variant in ("safe", "small")] == [True, False]
    with pytest.raises(ModelError, match="variant small is stated for given sizes alone: it is about two steps"):
        prove(p, variant="small", scope="unbounded", in_process=True)
    assert "for given sizes alone: it is about two steps" in show(p)
    found = prove(p, variant="small", properties=["Above"], scope="unbounded", in_process=True)
    assert [entry.verdict for entry in found.properties] == ["proved"]
    assert {entry.name: entry.verdict for entry in prove(p, variant="small", in_process=True).properties}["Counts"] == "proved"
