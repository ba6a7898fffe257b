"""Formulas that read alike: a certificate whose lemma reads like something else that the model says is derived again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from verifier import check, prove
from verifier.kernel import Bool, Fn, Int, Protocol, Range, Scalarset, forall, guard, var


class Number(Range, low=0, high=3):
    """A number."""


def named() -> Protocol:
    """The lemma reads `ready`, and a property is called so."""
    p = Protocol("named", "a property called like a variable")

    @p.state
    class State:
        ready: Bool = var(True)
        n: Number = var(Int(0))
        m: Number = var(Int(0))

    @p.action
    def Up(s: State) -> None:
        old = s.n
        guard("below", old < 3)
        s.n = old + 1
        s.m = old + 1

    @p.action
    def Part(s: State) -> None:
        guard("unready", ~s.ready)
        s.m = 3
        s.n = 0

    p.never_fires("Part", "it stays ready")

    @p.lemma("nothing changes it")
    def Stays(s: State) -> Bool:
        return s.ready

    @p.invariant()
    def ready(s: State) -> Bool:
        return s.n <= 3

    @p.invariant()
    def Same(s: State) -> Bool:
        return s.n == s.m

    return p


def nested() -> Protocol:
    """The property has one quantifier in the other, the lemma that is inferred one of two variables; they are shown alike."""
    p = Protocol("nested", "counters of pairs")

    class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
        pass

    @p.state
    class State:
        have: Fn[Node, Fn[Node, Number]] = var(Int(0))
        want: Fn[Node, Fn[Node, Number]] = var(Int(0))
        bad: Bool = var(False)

    @p.action
    def Want(s: State, a: Node, b: Node) -> None:
        guard("below", s.want[a][b] < 3)
        s.want[a][b] = s.want[a][b] + 1

    @p.action
    def Have(s: State, a: Node, b: Node) -> None:
        guard("wanted", s.have[a][b] < s.want[a][b])
        s.have[a][b] = s.have[a][b] + 1

    @p.action
    def Break(s: State, a: Node, b: Node) -> None:
        guard("unwanted", s.have[a][b] > s.want[a][b])
        s.bad = True

    p.never_fires("Break", "nothing is had that is not wanted")

    @p.invariant()
    def Wanted(s: State) -> Bool:
        return forall(Node, lambda n: forall(Node, lambda n2: s.have[n][n2] <= s.want[n][n2]))

    @p.invariant()
    def Fine(s: State) -> Bool:
        return ~s.bad

    return p


@pytest.mark.parametrize("scope", ["published", "unbounded"])
@pytest.mark.parametrize("make", [named, nested])
def test_certificates_are_derived_again(make: Any, scope: Any, tmp_path: Path) -> None:
    p = make()
    options = {"engine": "kinduction"} if scope == "published" else {}
    result = prove(p, scope=scope, certificates=tmp_path, in_process=True, **options)
    assert {entry.verdict for entry in result.properties} == {"proved"}
    assert any(set(entry.lemmas) & {"ready", "Wanted", "have[n][n2] <= want[n][n2]"} for entry in result.properties)
    checked = check(sorted(tmp_path.glob("*.json")), protocol=p, rederive=True, in_process=True, solver="z3")
    assert [(one.property, failed.name) for one in checked.certificates for failed in one.failures] == []
