"""What a document shows, evaluated again by the concrete semantics alone."""

from __future__ import annotations

from collections.abc import Iterable

from verifier.catalog import load
from verifier.documents import InductionCounterexample, LemmaEntry, Lemmas, Trace
from verifier.evidence.itf import from_document
from verifier.evidence.replay import replay
from verifier.kernel.protocol import Protocol
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.obligations.statements import Statement, statements, watched
from verifier.semantics.scope.finite import FiniteScope


def read(trace: Trace, protocol: Protocol) -> tuple[Machine, tuple[Statement, ...], list[tuple[str, dict[str, object], State]]]:
    """A machine that knows the lemmas, the statements, and the steps of a trace."""
    told, scope = from_document(trace.to_document(), protocol)
    plain = protocol.model(told.variant, told.drops)
    stated = statements(plain)
    machine = Machine(FiniteScope(watched(plain, stated), scope.parameters, scope.labels))
    return machine, stated, [(step.action, dict(step.arguments), step.state) for step in told.steps]


def check_cti(path: str, entry: LemmaEntry, cti: InductionCounterexample, left_out: Iterable[str] = ()) -> State:
    """Asserts what a counterexample to induction claims, and returns its first state."""
    machine, stated, steps = read(cti.trace, load(path))
    [(_, _, first), (action, arguments, second)] = steps
    for one in stated:
        if one.name not in left_out:
            assert machine.holds(one.whole, first), f"{one.name} is false in the first state"
    assert not machine.range_violations(first)
    assert action == entry.action
    assert machine.attempt(first, action, arguments).state == second
    [named] = [one for one in stated if one.name == entry.name]
    assert not machine.holds(named.whole, second)
    return first


def check_false(path: str, entry: LemmaEntry) -> None:
    """Asserts that the trace of a false statement is a run that falsifies it."""
    assert entry.trace is not None
    outcome = replay(entry.trace.to_document(), load(path))
    assert (outcome.valid, outcome.violated, outcome.property) == (True, True, entry.published_name)


def check(path: str, result: Lemmas) -> None:
    """Asserts everything that a document shows."""
    for entry in result.lemmas:
        if entry.status == "false":
            check_false(path, entry)
        if entry.status == "not preserved":
            assert entry.cti is not None
            check_cti(path, entry, entry.cti)
