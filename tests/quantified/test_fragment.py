"""What takes an obligation out of the decidable fragment is said, each reason once; and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from verifier.kernel import (
    Bool,
    Fn,
    Int,
    KeyedSet,
    Option,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    anything,
    choose,
    empty,
    exists,
    exists_in,
    forall,
    implies,
    ite,
    max_of,
    set_of,
    var,
)
from verifier.kernel.expressions import term_of
from verifier.kernel.state import StateView
from verifier.kernel.terms import Term
from verifier.semantics.quantified import Quantified, fragment
from verifier.semantics.quantified.fragment import outside
from verifier.semantics.scope.unbounded import unbounded


class Node(Scalarset, parameter="Nodes", size=2):
    pass


class Item(Scalarset, parameter="Items", size=2):
    pass


class Quorum(Quorums[Node]):
    pass


class Time(Range, low=0, high=3):
    pass


class Holding(Record):
    item: Item
    node: Node


class Holdings(KeyedSet[Holding], key="item"):
    pass


class Line(Sequence[Node], capacity=2):
    pass


def model() -> Quantified:
    p = Protocol("fragments", "fragments")

    @p.state
    class State:
        on: Fn[Node, Bool] = var(False)
        chosen: Fn[Node, Item] = var(anything)
        back: Fn[Item, Option[Node]] = var(anything)
        next: Fn[Node, Node] = var(anything)
        pairs: Fn[Item, Fn[Item, Bool]] = var(False)
        held: Holdings = var(set())
        used: Set[Time] = var({0})
        now: Time = var(0)
        line: Line = var(empty)

    @p.action
    def Nothing(s: State, n: Node) -> None:
        s.on[n] = True

    return Quantified(unbounded(p.model()))


Formula = Callable[[Any], Bool]

REASONS: dict[str, tuple[Formula, list[str]]] = {
    "nothing": (lambda s: forall(Node, lambda n: s.on[n]), []),
    "one alternation": (
        lambda s: ~forall(Node, lambda n: exists(Item, lambda i: s.pairs[i][i] & s.on[n])),
        [],
    ),
    "an alternation that turns": (
        lambda s: ~forall(Node, lambda n: exists(Node, lambda m: s.on[n] != s.on[m])),
        ["a value of Node leads to another through `for all n some m`"],
    ),
    "the same in a goal, which is denied": (
        lambda s: exists(Node, lambda n: forall(Node, lambda m: s.on[n] != s.on[m])),
        ["a value of Node leads to another through `for all n some m`"],
    ),
    "no alternation in a goal": (lambda s: forall(Node, lambda n: exists(Node, lambda m: s.on[n] != s.on[m])), []),
    "a premise, which is not denied": (
        lambda s: implies(forall(Node, lambda n: exists(Node, lambda m: s.on[n] != s.on[m])), s.now == 0),
        ["a value of Node leads to another through `for all n some m`"],
    ),
    "both ways": (
        lambda s: (
            forall(Node, lambda n: exists(Node, lambda m: s.on[m] & s.on[n])) == exists(Item, lambda i: s.pairs[i][i])
        ),
        ["a value of Node leads to another through `for all n some m`"],
    ),
    "in a condition": (
        lambda s: ite(forall(Node, lambda n: exists(Node, lambda m: s.on[m] & s.on[n])), Bool(True), Bool(False)),
        ["a value of Node leads to another through `for all n some m`"],
    ),
    "a function": (
        lambda s: forall(Node, lambda n: s.on[s.next[n]]),
        ["a value of Node leads to another through next"],
    ),
    "functions around": (
        lambda s: forall(Node, lambda n: (s.back[s.chosen[n]].is_some) & s.on[n]),
        [
            "a value of Node leads to another through chosen and back",
            "a value of Item leads to another through back and chosen",
        ],
    ),
    "one function of two": (lambda s: forall(Node, lambda n: s.pairs[s.chosen[n]][s.chosen[n]]), []),
    "a number of elements": (lambda s: s.used.size() < 2, ["counts the elements of Set[Time]"]),
    "a number of elements for each": (
        lambda s: forall(Node, lambda n: set_of(Node, lambda m: s.on[m] & (s.next[m] == n)).size() < 2),
        [
            "counts the elements of Set[Node]",
            "a value of Node leads to another through the elements counted for each n",
        ],
    ),
    "a sequence": (
        lambda s: s.line.length() > 0,
        ["mentions Line, whose elements are counted"],
    ),
    "a sequence and what leads to numbers": (
        lambda s: forall(Node, lambda n: s.line.at(Int(1)) == s.next[n]),
        ["mentions Line, whose elements are counted", "a value of Node leads to another through next"],
    ),
    "a keyed set": (
        lambda s: exists_in(s.held, lambda h: s.chosen[h.node] == h.item),
        [
            "a value of Node leads to another through chosen and held",
            "a value of Item leads to another through held and chosen",
        ],
    ),
    "a range": (
        lambda s: forall(Time, lambda t: t <= s.now),
        ["quantifies over Time, which is a range of integers"],
    ),
    "a maximum": (
        lambda s: max_of(s.used) <= s.now,
        [
            "a value of Int leads to another through the maximum of a set",
            "quantifies over Time, which is a range of integers",
        ],
    ),
    "a choice": (lambda s: s.on[choose(Node, lambda n: s.on[n])], []),
    "a choice for each": (
        lambda s: forall(Node, lambda m: s.on[choose(Node, lambda n: s.on[n] == s.on[m])]),
        ["a value of Node leads to another through the choose for each m"],
    ),
    "a choice for each of another sort": (
        lambda s: forall(Node, lambda m: s.pairs[choose(Item, lambda i: s.chosen[m] == i)][s.chosen[m]]),
        [],
    ),
    "a choice by what others are": (
        lambda s: s.on[choose(Node, lambda n: exists(Node, lambda m: s.on[n] == s.on[m]))],
        ["a value of Node leads to another through `for all n some m`"],
    ),
    "a quorum": (lambda s: exists(Quorum, lambda q: forall(Node, lambda n: q.contains(n) & s.on[n])), []),
    "a quorum and back": (
        lambda s: ~forall(Node, lambda n: exists(Quorum, lambda q: q.contains(n) & s.on[n])),
        [
            "a value of Quorum leads to another through the intersection of two of Quorum and `for all n some q`",
            "a value of Node leads to another through `for all n some q` and the intersection of two of Quorum",
        ],
    ),
}


def reasons(quantified: Quantified, formula: Formula) -> list[str]:
    """Why asking whether a formula holds everywhere is outside; the quorums count only where the model has them."""
    view: Any = StateView(quantified.model.variables)
    goal: Term = term_of(formula(view))
    sorts = {*quantified.model.sorts, Quorum.sort}
    scope = quantified.scope
    object.__setattr__(scope, "model", replace(scope.model, sorts=tuple(sorted(sorts, key=str))))
    return outside([quantified.safety([], [goal])])


@pytest.mark.parametrize("case", REASONS)
def test_what_is_outside_is_said(case: str) -> None:
    formula, wanted = REASONS[case]
    assert sorted(reasons(model(), formula)) == sorted(wanted)


def test_what_is_assumed_is_not_denied() -> None:
    quantified = model()
    view: Any = StateView(quantified.model.variables)
    known = term_of(forall(Node, lambda n: exists(Node, lambda m: view.on[n] != view.on[m])))
    found = outside([quantified.safety([known], [term_of(forall(Node, lambda n: view.on[n]))])])
    assert found == ["a value of Node leads to another through `for all n some m`"]


# -- wrong versions ------------------------------------------------------------------------------------------------------

alternations, cycles, atoms, functions = fragment._alternations, fragment._cycles, fragment._atoms, fragment._functions

WRONG: dict[str, tuple[str, Any]] = {
    "everything is denied": (
        "_alternations",
        lambda term, positive, around, edges: alternations(term, True, around, edges),
    ),
    "nothing alternates": ("_alternations", lambda term, positive, around, edges: None),
    "no functions": ("_functions", lambda *given: {}),
    "no quorums": ("_quorums", lambda obligation: {}),
    "no witnesses": ("_witness", lambda term, around, edges: None),
    "no integers": ("_atoms", lambda sort: [atom for atom in atoms(sort) if atom != fragment.INTEGERS]),
    "only short cycles": (
        "_cycles",
        lambda edges: cycles({edge: why for edge, why in edges.items() if edge[0] == edge[1]}),
    ),
    "every edge is a cycle": ("_cycles", lambda edges: [(a, [why]) for (a, _), why in edges.items()]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_fragment_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    what, wrong = WRONG[name]
    monkeypatch.setattr(fragment, what, wrong)
    assert any(sorted(reasons(model(), formula)) != sorted(wanted) for formula, wanted in REASONS.values())
