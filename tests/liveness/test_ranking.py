"""Each premise of the rule of ranking is needed: without it something false would be proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.liveness import progressing
from tests.liveness.progressing import lassos
from verifier.evidence import scripts
from verifier.kernel import Protocol
from verifier.kernel.fairness import Condition, Part
from verifier.kernel.sorts import INT
from verifier.kernel.terms import TRUE, Term, exists, integer, variable
from verifier.proof.lemmas.any_size import AnySize, AnySizeTask
from verifier.proof.lemmas.ranking import Search
from verifier.semantics.quantified import Quantified, progress
from verifier.semantics.quantified.progress import Progress, _Rule
from verifier.semantics.scope.unbounded import unbounded

Patch = Callable[[pytest.MonkeyPatch], None]


def search(p: Protocol) -> tuple[list[AnySize] | None, str]:
    """The proofs that are found for the only liveness property, and why there are none."""
    scope = unbounded(p.model())
    [prop] = scope.model.liveness
    properties = {one.name: one for one in scope.model.properties}
    task = AnySizeTask(Quantified(scope), None, properties, dict)  # type: ignore[arg-type]
    for _ in task.induction.strengthen(task.induction.written):
        pass
    found = Search(task.induction, prop, 0)
    return found.proofs(), found.reason


def without(target: type, name: str, value: Any) -> Patch:
    """The rule without one of its parts."""
    return lambda patch: patch.setattr(target, name, value)


def nothing(self: Any, *args: Any) -> Iterator[Term]:
    return iter(())


def some_other(rule: Any, helper: Any) -> list[Term]:
    """It still helps for some values, not for the same."""
    return [progress.at_next(exists(helper.condition.bound, rule._when(helper)))]


def enabled_only(self: Progress, part: Any) -> Term:
    return Term("enabled", (), progress.BOOL, part.action)


FALSE: dict[str, tuple[Callable[[], Protocol], Patch]] = {
    "start": (progressing.start, without(_Rule, "_start", nothing)),
    "stay": (progressing.stay, without(_Rule, "_stay", lambda self: None)),
    "floor": (progressing.floor, without(_Rule, "_floor", nothing)),
    "finite": (progressing.endless, without(Progress, "endless", lambda self, sort: None)),
    "help": (progressing.help, without(_Rule, "_help", lambda self: TRUE)),
    "enabled": (progressing.enabled, without(_Rule, "_enabled", nothing)),
    "changing": (progressing.idle, without(Progress, "_can_change", enabled_only)),
    "taken": (progressing.taken, without(_Rule, "_untaken", lambda self, helper, action: [])),
    "no larger": (progressing.larger, without(_Rule, "_no_larger", lambda self: [])),
    "still": (progressing.turns, without(_Rule, "_still", lambda self, helper: [])),
    "same values": (progressing.turns, without(_Rule, "_still", some_other)),
    "assumed": (progressing.assumed, lambda patch: patch.setattr(progress, "implied", lambda one, other: True)),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_not_proved_but_without_a_premise_it_would_be(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, patch = FALSE[name]
    [case] = lassos(make())
    assert case.violated()
    proofs, reason = search(make())
    assert proofs is None
    assert reason
    patch(monkeypatch)
    assert search(make())[0] is not None


N, M = variable("n", INT), variable("m", INT)


def condition(*parts: tuple[str, ...], bound: tuple[Term, ...] = (), is_strong: bool = False) -> Condition:
    """A condition about steps whose arguments are `n`, `m`, numbers, or any."""
    known = {"n": N, "m": M, "_": None, "1": integer(1)}
    made = (Part(action, tuple(known[argument] for argument in arguments)) for action, *arguments in parts)
    return Condition(is_strong, tuple(made), bound)


ANY, EACH, TWICE = condition(("A", "_", "_")), condition(("A", "n", "_"), bound=(N,)), condition(("A", "n", "n"), bound=(N,))


@pytest.mark.parametrize(
    ("one", "given", "follows"),
    [
        (ANY, ANY, True),
        (condition(("A", "m", "_")), EACH, True),
        (condition(("A", "1", "_")), EACH, True),
        (condition(("A", "1", "_"), is_strong=True), EACH, False),
        (condition(("A", "1", "_")), replace(EACH, strong=True), True),
        (condition(("A", "m", "m")), TWICE, True),
        (condition(("A", "m", "1")), TWICE, False),
        (ANY, EACH, False),
        (condition(("A", "m", "1")), EACH, False),
        (condition(("A", "m", "_")), ANY, False),
        (condition(("A", "m", "_"), ("B",)), condition(("B",), ("A", "n", "_"), bound=(N,)), True),
        (condition(("A", "m", "_")), condition(("B",), ("A", "n", "_"), bound=(N,)), False),
        (condition(("A", "m", "_"), ("A", "1", "_")), condition(("A", "n", "_"), ("A", "n", "_"), bound=(N,)), False),
        (condition(), condition(), True),
        (condition(("A", "_", "_")), condition(), False),
        (condition(), condition(("A", "_", "_")), False),
    ],
)
def test_a_condition_helps_only_if_it_is_an_instance_of_one_that_is_assumed(
    one: Condition, given: Condition, follows: bool
) -> None:
    assert progress.implied(one, given) is follows


def test_only_a_ranking_certifies_progress_and_nothing_else() -> None:
    certificate = {
        "method": "ranking", "k": 1, "property_kind": "liveness", "actions": [], "invariant": [], "steps": [], "uses": ["TRUE"],
        "obligations": [{"name": "safety of use 1", "kind": "safety", "action": None}], "protocol_text": "",
        "witnesses": [{"name": "initial and invariant", "action": None, "expected": "sat"}],
    }  # fmt: skip
    assert scripts.faults(certificate) == []
    assert scripts.faults({**certificate, "property_kind": "state"})
    assert scripts.faults({**certificate, "method": "lemmas"})
    assert scripts.faults({**certificate, "k": 0})
    assert scripts.faults({**certificate, "uses": [], "obligations": []})
