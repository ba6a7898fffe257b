"""Deadlocks: what is one, at both scopes, with traces and certificates."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.command import verify
from tests.differential import subjects
from tests.differential.behaviour import Sample
from verifier import api, catalog
from verifier.kernel.actions import Action
from verifier.kernel.errors import ModelError
from verifier.kernel.protocol import Protocol
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Undefined
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import unbounded
from verifier.semantics.scope.values import FrozenMap

# -- by brute force --------------------------------------------------------------------------------------------------------


def stopped_by_budgets(machine: Machine, state: State, action: Action, arguments: dict[str, object]) -> bool:
    """Whether the guards of an instance hold that are not budgets, and some budget does not, for some witness."""

    def true(conditions: list[object]) -> bool:
        try:
            return all(machine.evaluator.compile(condition)(frame) for condition in conditions)  # type: ignore[arg-type]
        except Undefined:
            return False

    others = [guard.condition for guard in action.guards if not guard.budget]
    budgets = [guard.condition for guard in action.guards if guard.budget]
    for values in itertools.product(*(machine.scope.domain(witness.sort) for witness in action.witnesses)):
        for condition in (*others, *budgets):
            machine.evaluator.compile(condition)
        _, frame = machine._entered(state, action.name, arguments)
        for witness, value in zip(action.witnesses, values, strict=True):
            frame[machine.evaluator.slot(witness.variable)] = value
        if true([*others]) and not true([*budgets]):
            return True
    return False


def stuck(machine: Machine, state: State) -> bool:
    """Whether a state is a deadlock."""
    if not machine.inside(state):
        return False
    for name, arguments in machine.instances():
        if machine.attempt(state, name, arguments).outcome in ("fired", "out of range"):
            return False
        if stopped_by_budgets(machine, state, machine.model.action(name), arguments):
            return False
    closures = [machine.evaluator.compile(named.formula) for named in machine.model.stops]
    return not any(closure(machine.frame(state)) for closure in closures)


def least(protocol: Protocol, variant: str | None = None) -> int | None:
    """In how many steps a deadlock is reached, by a search of its own."""
    machine = Machine(finite_scope(protocol.model(variant)))
    level = {state for state in machine.initial_states() if not machine.range_violations(state)}
    seen, depth = set(level), 0
    while level:
        if any(stuck(machine, state) for state in level):
            return depth
        inside = [state for state in level if machine.inside(state)]
        level = {step.state for state in inside for step in machine.successors(state) if step.state} - seen
        seen |= level
        depth += 1
    return None


BUDGETS = '''
from __future__ import annotations
from verifier.kernel import *

p = Protocol("locks", "locks that are taken in any order, and a count")
MaxOps = p.search_bound("MaxOps", 2)

class Node(Scalarset, parameter="Nodes", size=2):
    pass

class Majority(Quorums[Node]):
    pass

class Ops(Range, low=0, high=MaxOps):
    pass

@p.state
class State:
    a: Option[Node] = var(none)
    b: Option[Node] = var(none)
    seen: Fn[Ops, Bool] = var(False)
    ops: Ops = var(0)

@p.action
def TakeA(s: State, n: Node) -> None:
    budget("ops", s.ops < MaxOps)
    guard("free", s.a.is_none)
    s.a = some(n)
    s.seen[s.ops + 1] = True
    s.ops += 1

@p.action
def TakeB(s: State, n: Node) -> None:
    m = witness("m", Node)
    budget("ops", (s.ops < MaxOps) | (m != n))
    guard("free", s.b.is_none & s.a.is_some)
    guard("other", s.a.value == m)
    s.b = some(n)

@p.action
def GiveBack(s: State) -> None:
    guard("both", s.a.is_some & s.b.is_some)
    guard("same", s.a == s.b)
    s.a = none
    s.b = none

@p.invariant()
def Fine(s: State) -> Bool:
    return s.ops >= 0
'''


def built(folder: Path, source: str = BUDGETS, more: str = "") -> Protocol:
    path = folder / "locks.py"
    path.write_text(f"{source}\n{more}\n")
    return catalog.load(str(path)).with_deadlock()


def check_everywhere(protocol: Protocol, variant: str | None = None, count: int = 24) -> int:
    """Compares the property with brute force in many states, by machine and circuit; how many of them are deadlocks."""
    sample = Sample(finite_scope(protocol.model(variant)))
    machine, ground = sample.machine, Ground(sample.scope)
    found = machine.model.find_property("Deadlock")
    node, deadlocks = ground.holds(found), 0
    for codes, _ in sample.pairs(count, seed=5):
        state = FrozenMap(sample.layout.decode(codes))
        expected = stuck(machine, state)
        assert machine.holds(found, state) is not expected, state
        assert Evaluator(codes).holds(node) is not expected, state
        deadlocks += expected
    return deadlocks


@pytest.mark.parametrize("name", [name for name in subjects.OWN if subjects.protocol(name).variables])
def test_a_deadlock_is_a_state_without_a_step(name: str) -> None:
    check_everywhere(subjects.protocol(name).with_deadlock())


def test_what_is_stopped_by_budgets_alone_is_no_deadlock(tmp_path: Path) -> None:
    p = built(tmp_path)
    assert 0 < check_everywhere(p, count=300) < 250


def test_the_shortest_deadlock_is_found(tmp_path: Path) -> None:
    p = built(tmp_path)
    path = str(tmp_path / "locks.py")
    steps = least(p)
    assert steps is not None
    for options in ({}, {"engine": "explicit"}, {"engine": "bmc"}):
        result = api.prove(path, properties=["Deadlock"], in_process=True, **options)  # type: ignore[arg-type]
        (entry,) = [entry for entry in result.properties if entry.name == "Deadlock"]
        assert (entry.verdict, entry.steps) == ("violated", steps)
    found = {violation.property: violation.steps for violation in api.explore(path, deadlock=True).violations}
    assert found["Deadlock"] == steps


def test_it_is_only_asked_for_on_request(tmp_path: Path) -> None:
    built(tmp_path)
    path = str(tmp_path / "locks.py")
    assert "Deadlock" not in {entry.name for entry in api.prove(path, in_process=True).properties}
    assert "Deadlock" not in {violation.property for violation in api.explore(path).violations}
    asked = api.prove(path, deadlock=True, properties=["Fine"], in_process=True)
    assert {"Fine", "Deadlock"} <= {entry.name for entry in asked.properties}


# -- what may stop, and where nothing is asked -----------------------------------------------------------------------------

STEPS = '''
from __future__ import annotations
from verifier.kernel import *

p = Protocol("steps", "a number that goes up")

class Small(Range, low=0, high=3):
    pass

@p.state
class State:
    n: Small = var({initial})

@p.action
def Up(s: State) -> None:
    guard("low", s.n < {limit})
    s.n += 1

@p.invariant()
def Fine(s: State) -> Bool:
    return s.n >= 0
'''
STAY = "@p.action\ndef Stay(s: State) -> None:\n    guard('there', s.n == 2)\n"
STOP = "@p.may_stop\ndef Two(s: State) -> Bool:\n    return s.n == 2\n"
OTHER_STOP = STOP.replace("2", "1")
CONSTRAINT = "@p.constraint\ndef Few(s: State) -> Bool:\n    return s.n < 2\n"


@pytest.mark.parametrize(
    ("initial", "limit", "more", "verdict"),
    [
        (0, 2, "", ("violated", 2)),
        (0, 0, "", ("violated", 0)),
        (0, 2, STAY, ("proved", None)),  # a step to itself is a step
        (0, 2, STOP, ("proved", None)),
        (0, 2, OTHER_STOP, ("violated", 2)),
        (0, 2, CONSTRAINT, ("proved", None)),  # outside a constraint nothing is asked
        (0, 1, CONSTRAINT, ("violated", 1)),
        (1, 9, "", ("bounded", None)),  # the step that leaves the range is one, and nothing is asked behind it
        (7, 9, "", ("bounded", None)),
    ],
)
def test_verdicts(initial: int, limit: int, more: str, verdict: tuple[str, int | None], tmp_path: Path) -> None:
    built(tmp_path, STEPS.format(initial=initial, limit=limit), more)
    for engine in ("auto", "explicit"):
        result = api.prove(str(tmp_path / "locks.py"), deadlock=True, engine=engine, in_process=True)
        (entry,) = [entry for entry in result.properties if entry.name == "Deadlock"]
        assert (entry.verdict, entry.steps) == verdict
        assert entry.vacuous is None


def test_the_trace_says_why_nothing_can_happen(tmp_path: Path) -> None:
    built(tmp_path, STEPS.format(initial=0, limit=2))
    path, folder = str(tmp_path / "locks.py"), tmp_path / "traces"
    ran = verify("prove", path, "--deadlock", "--traces", str(folder))
    assert ran.returncode == 1
    assert "Deadlock fails: no step is left: Up is stopped by low" in ran.stdout
    trace = folder / "steps.safe.Deadlock.itf.json"
    replayed = verify("replay", str(trace), "--protocol", path)
    assert replayed.returncode == 0
    # A state from which something can happen is none.
    document = json.loads(trace.read_text())
    document["states"] = document["states"][:2]
    trace.write_text(json.dumps(document))
    assert verify("replay", str(trace), "--protocol", path).returncode != 0


@pytest.mark.parametrize("scope", ["published", pytest.param("unbounded", marks=pytest.mark.nightly)])
def test_certificates_of_it_check(scope: str, tmp_path: Path) -> None:
    built(tmp_path, STEPS.format(initial=0, limit=2), STAY)
    path, folder = str(tmp_path / "locks.py"), tmp_path / "certificates"
    assert verify("prove", path, "--deadlock", "--scope", scope, "--certificates", str(folder)).returncode == 0
    found = [str(file) for file in sorted(folder.glob("*.json"))]
    assert any("Deadlock" in file for file in found)
    assert verify("check", "--rederive", *found, "--protocol", path).returncode == 0


# -- at any size -----------------------------------------------------------------------------------------------------------

RING = '''
from __future__ import annotations
from verifier.kernel import *

p = Protocol("token", "who has the token passes it on")
MaxOps = p.search_bound("MaxOps", 3)

class Node(Scalarset, parameter="Nodes", size=2):
    pass

class Ops(Range, low=0, high=MaxOps):
    pass

@p.state
class State:
    holder: Option[Node] = var(none)
    ops: Ops = var(0)

@p.action
def Take(s: State, n: Node) -> None:
    budget("ops", s.ops < MaxOps)
    guard("free", s.holder.is_none)
    s.holder = some(n)
    s.ops += 1

@p.action
def Give(s: State, n: Node) -> None:
    guard("mine", s.holder == some(n))
    s.holder = none

@p.invariant()
def Fine(s: State) -> Bool:
    return s.holder.is_none | s.holder.is_some
'''


def test_at_unbounded_scope_budgets_are_gone(tmp_path: Path) -> None:
    p = built(tmp_path, RING)
    scope = unbounded(p.model())
    assert not scope.not_stated
    # Asking for deadlocks keeps no variable that goes otherwise.
    assert [declared.name for declared in scope.model.variables] == ["holder"]
    path = str(tmp_path / "locks.py")
    for name in ("published", "unbounded"):
        result = api.prove(path, deadlock=True, scope=name, in_process=True)
        assert {entry.name: entry.verdict for entry in result.properties}["Deadlock"] == "proved"
    alone = RING.replace('"mine", s', '"mine", forall(Node, lambda m: m == n) & (s').replace("== some(n))", "== some(n)))")
    built(tmp_path, alone, 'p.never_fires("Give", "there are two nodes")')
    result = api.prove(path, deadlock=True, scope="unbounded", in_process=True)
    (entry,) = [entry for entry in result.properties if entry.name == "Deadlock"]
    assert (entry.verdict, entry.steps) == ("violated", 1)


def test_what_no_size_bounds_is_not_stated(tmp_path: Path) -> None:
    action = "@p.action\ndef Any(s: State, o: Ops) -> None:\n    guard('less', o + 1 > s.ops)\n"
    p = built(tmp_path, RING, action)
    assert "for some o" in {entry.name: entry.reason for entry in unbounded(p.model()).not_stated}["Deadlock"]


# -- names, misuse ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("@p.invariant()\ndef Deadlock(s: State) -> Bool:\n    return s.n == 0", "a property cannot be called Deadlock"),
        ("@p.invariant(short='DEADLOCK')\ndef D(s: State) -> Bool:\n    return s.n == 0", "cannot be called DEADLOCK"),
        ("@p.lemma('why')\ndef deadlock(s: State) -> Bool:\n    return s.n == 0", "a property is called deadlock too"),
        ("@p.may_stop\ndef E(s: State) -> None:\n    pass", "intended end E returns nothing"),
        ("@p.may_stop\ndef E(s: State, t: State) -> Bool:\n    return s.n == t.n", "intended end E takes 2 parameters"),
    ],
)
def test_what_is_written_wrongly_is_refused(more: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        built(tmp_path, STEPS.format(initial=0, limit=2), more)


def test_an_intended_end_without_a_value_is_undefined(tmp_path: Path) -> None:
    end = "@p.may_stop\ndef E(s: State) -> Bool:\n    return fn(Small, lambda x: x == 2)[s.n + 5]\n"
    built(tmp_path, STEPS.format(initial=0, limit=2), end)
    result = api.prove(str(tmp_path / "locks.py"), deadlock=True, in_process=True)
    found = {entry.name: (entry.verdict, entry.steps) for entry in result.properties}
    assert found["Defined@Deadlock"] == ("violated", 2)
    assert found["Deadlock"][0] == "unknown"
