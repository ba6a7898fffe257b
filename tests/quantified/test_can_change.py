"""What can change something, at unbounded scope: not stated where the scope drops a variable that is updated."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier import api, catalog
from verifier.semantics.scope.unbounded import unbounded

QUIET = """
from __future__ import annotations
from verifier.kernel import *

p = Protocol("quiet", "messages, and a count of operations")
MaxOps = p.search_bound("MaxOps", 3)

class Node(Scalarset, parameter="Nodes", size=2):
    pass

class Count(Range, low=0, high=MaxOps):
    pass

@p.state
class State:
    got: Set[Node] = var(set())
    ops: Count = var(0)

@p.action
def Send(s: State, n: Node) -> None:
    s.got |= {n}

@p.action
def Drop(s: State, n: Node) -> None:
    budget("ops", s.ops < MaxOps)
    s.got -= {n}
    s.ops += 1

@p.action
def Tick(s: State) -> None:
    s.ops = ite(s.ops < 2, s.ops + 1, s.ops)

@p.invariant()
def QuietIsDone(s: State) -> Bool:
    return implies(~can_change(Send), forall(Node, lambda n: s.got.contains(n)))

@p.invariant()
def DropsSomething(s: State) -> Bool:
    return ~can_change(Tick) | s.got.is_empty() | ~s.got.is_empty()

@p.invariant()
def ReadsIt(s: State) -> Bool:
    return (s.ops >= 0) | can_change(Tick)

@p.lemma("of no use")
def Ticks(s: State) -> Bool:
    return can_change(Tick) | ~can_change(Tick)
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "quiet.py"
    path.write_text(QUIET)
    return path


def test_an_action_that_counts_is_not_asked_about(model: Path) -> None:
    scope = unbounded(catalog.load(str(model)).model())
    reasons = {entry.name: entry.reason for entry in scope.not_stated}
    assert reasons == {}
    # Where what counts is only asked whether it changes, it goes.
    model.write_text(QUIET.replace("(s.ops >= 0) | ", ""))
    scope = unbounded(catalog.load(str(model)).model())
    reasons = {entry.name: entry.reason for entry in scope.not_stated}
    assert reasons == dict.fromkeys(["DropsSomething", "ReadsIt"], "it asks what can change ops, which is dropped")
    assert [declared.name for declared in scope.model.variables] == ["got"]
    assert not scope.model.lemmas


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_stuttering_does_not_count(scope: str, model: Path) -> None:
    result = api.prove(str(model), properties=["QuietIsDone"], scope=scope)
    assert [entry.verdict for entry in result.properties if entry.name == "QuietIsDone"] == ["proved"]
    model.write_text(QUIET.replace("~can_change(Send)", "~enabled(Send)"))
    (vacuous,) = [e for e in api.prove(str(model), properties=["QuietIsDone"], scope=scope).properties if e.name == "QuietIsDone"]
    assert (vacuous.verdict, vacuous.vacuous is not None) == ("proved", True)
