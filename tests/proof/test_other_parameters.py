"""What compares with a parameter is looked at for other values of parameters, before anything is inferred for it."""

from __future__ import annotations

import pytest

from verifier import prove
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.proof.lemmas.refuting import OtherSizes, other_sizes
from verifier.semantics.scope import finite_scope


def filling() -> Protocol:
    """A vessel is filled in steps while it is not full."""
    p = Protocol("filling", "a vessel")
    limit = p.parameter("Limit", 2)
    step = p.parameter("Step", 1)
    p.search_bound("Unused", 1)
    p.assume("steps", step > 0)

    class Level(Range, low=0, high=limit + step):
        pass

    @p.state
    class State:
        level: Level = var(0)

    @p.action
    def Fill(s: State) -> None:
        guard("room", s.level < limit)
        s.level += step

    @p.invariant()
    def NeverTooFull(s: State) -> Bool:
        return s.level <= limit

    return p


def test_only_the_parameters_that_are_named_get_other_values() -> None:
    scopes = other_sizes(finite_scope(filling().model()), {"Step"})
    assert [dict(scope.parameters) for scope in scopes] == [
        {"Limit": 2, "Step": 2, "Unused": 1}, {"Limit": 2, "Step": 3, "Unused": 1}
    ]  # fmt: skip


def test_it_is_refuted_without_the_search_at_other_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OtherSizes, "run", lambda self, task, budget: iter(()))
    found = prove(filling(), scope="unbounded", properties=["NeverTooFull"], in_process=True).properties
    [result] = [entry for entry in found if entry.name == "NeverTooFull"]
    assert (result.verdict, result.trace is not None) == ("violated", True)
