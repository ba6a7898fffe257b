"""The default variant, what is enabled in a variant, and integers read as another sort."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.kernel import Bool, Protocol, Range, Record, enabled, guard, var
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.printing import show, text
from verifier.kernel.terms import FALSE


def counter() -> Protocol:
    p = Protocol("counter", "a counter with two steps")

    class Small(Range, low=0, high=2):
        pass

    class Positive(Small, low=1, high=2):
        pass

    @p.state
    class State:
        low: Small = var(0)
        high: Positive = var(1)

    @p.action
    def Raise(s: State) -> None:
        guard("room", s.low < 2)
        s.low += 1

    @p.action
    def Jump(s: State, n: Small) -> None:
        guard("further", n > s.low)
        s.low = n
        s.high = Positive(n)

    @p.invariant()
    def NeverStuck(s: State) -> Bool:
        return (s.low == 2) | enabled(Raise) | enabled(Jump)

    return p


def test_the_default_variant_may_leave_things_out() -> None:
    p = counter()
    p.variant("safe", without=["Jump"], doc="one by one")
    p.variant("jumping")
    assert [action.name for action in p.model().actions] == ["Raise"]
    assert [action.name for action in p.model("jumping").actions] == ["Raise", "Jump"]
    assert "Jump(n" not in show(p, "safe")
    assert "Jump(n" in show(p)
    assert r"\/ \E n \in Small : Jump(n)" in show(p, "jumping")
    assert r"\/ \E n \in Small : Jump(n)" not in show(p)


def test_each_variant_is_declared_once() -> None:
    p = counter()
    p.variant("safe", without=["Jump"])
    with pytest.raises(ModelError, match="safe is declared twice"):
        p.variant("safe")


def test_enabled_stands_for_the_guards_that_the_variant_has() -> None:
    p = counter()
    p.variant("by-one", without=["Jump"])
    p.variant("free", drops=["Jump.further"])
    printed = {name: text(p.model(name).find_property("NeverStuck").formula, p.vocabulary) for name in p.variants}
    assert "n > low" in printed["safe"] or "low < n" in printed["safe"]
    assert "Small" not in printed["by-one"]
    assert "low < n" not in printed["free"]
    assert text(p.properties["NeverStuck"].formula, p.vocabulary).count("ENABLED") == 2
    assert p.model("by-one").find_property("NeverStuck").formula.args[-1] is FALSE


def test_enabled_takes_an_action_of_the_protocol() -> None:
    p = counter()

    def Nothing() -> None:
        pass

    with pytest.raises(ModelError, match="Nothing is not an action of counter"):

        @p.invariant()
        def Wrong(s: object) -> Bool:
            return enabled(Nothing)

    with pytest.raises(ModelError, match="cannot ask whether another is enabled"):

        @p.action
        def Step(s: object) -> None:
            guard("other", enabled(Nothing))


def test_the_names_that_a_field_cannot_have() -> None:
    with pytest.raises(ModelError, match="cannot have a field _term"):

        class Vote(Record):
            _term: Bool


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(UsageError, match="no variant saef"):
        counter().model("saef")


def test_a_lemma_may_be_for_some_variants_alone() -> None:
    p = counter()
    p.variant("slow", without=["Jump"])

    @p.lemma("only a jump changes it", variants=["slow"])
    def HighStays(s: Any) -> Any:
        return s.high == 1

    @p.lemma("of any variant")
    def LowIsSmall(s: Any) -> Any:
        return s.low <= 2

    assert [lemma.name for lemma in p.model().lemmas] == ["LowIsSmall"]
    assert [lemma.name for lemma in p.model("slow").lemmas] == ["HighStays", "LowIsSmall"]
    assert "HighStays" in show(p, "slow")
    assert "HighStays" not in show(p, "safe")


def test_a_lemma_for_a_variant_that_does_not_exist_is_refused() -> None:
    p = counter()
    p.variant("slow", without=["Jump"])

    @p.lemma("one by one", variants="slov")
    def Low(s: Any) -> Any:
        return s.low <= 2

    with pytest.raises(ModelError, match="lemma Low is for slov, which is not a variant") as raised:
        p.model()
    assert raised.value.hint is not None
    assert "slow" in raised.value.hint


def test_a_lemma_of_no_variant_is_refused() -> None:
    with pytest.raises(ModelError, match="one of no variant"):
        counter().lemma("never", variants=[])
