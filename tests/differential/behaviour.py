"""What a state does under one semantics, in a form in which semantics can be compared.

A `Behaviour` says of every action instance what it does, and of every formula what it is. `Oracle` computes it with the
concrete semantics, `ByCircuit`, `ByColumns` and `BySolver` with the back ends of the circuit.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.kernel.errors import Position
from verifier.kernel.protocol import Protocol
from verifier.semantics.concrete.evaluate import Undefined
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Batch, type_of
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.layout import Layout
from verifier.semantics.scope import FiniteScope, FrozenMap, finite_scope

Codes = tuple[int, ...]
Pair = tuple[Codes, Codes]


@dataclass(frozen=True)
class Deed:
    """What an action instance does in a state: the outcome, with what belongs to it.

    `fired`: the successor's codes. `refused`: the first guard that fails. `undefined`: the position. `out of range`: the
    variables.
    """

    outcome: str
    detail: Any


@dataclass(frozen=True)
class Verdict:
    """What a formula is in a state (or step): its value, or the position of the first undefined use."""

    value: bool | None
    position: Position | None = None


@dataclass(frozen=True)
class Behaviour:
    """Everything that semantics must agree on about a state, and a step out of it (or to any other state)."""

    deeds: tuple[Deed, ...]
    formulas: tuple[Verdict, ...]
    holds: tuple[bool, ...]
    inside: bool


class Sample:
    """Well-typed states of a model at its published scope, reachable or not, and pairs of them."""

    def __init__(self, scope: FiniteScope) -> None:
        self.scope = scope
        self.machine = Machine(scope)
        self.layout = Layout(scope)

    def canonical(self, codes: Iterable[int]) -> Codes:
        """The codes of the state that these codes mean: what stands where something is absent does not count."""
        return self.layout.encode(self.layout.decode(tuple(codes)))

    def uniform(self, generator: random.Random) -> Codes:
        """Any codes."""
        return self.canonical(generator.randint(field.low, field.high) for field in self.layout.fields)

    def reachable(self, generator: random.Random, length: int) -> list[Codes]:
        """The states of a random run, as far as they can be stored."""
        initial = [s for s in self.machine.initial_states() if not self.machine.range_violations(s)]
        state = generator.choice(initial)
        run = [self.layout.encode(state)]
        for _ in range(length):
            steps = list(self.machine.successors(state))
            if not steps:
                break
            state = generator.choice(steps).state or state
            run.append(self.layout.encode(state))
        return run

    def disturbed(self, codes: Codes, generator: random.Random) -> Codes:
        """The state with one to three fields changed."""
        new = list(codes)
        for _ in range(generator.randint(1, 3)):
            field = generator.choice(self.layout.fields)
            new[field.number] = generator.randint(field.low, field.high)
        return self.canonical(new)

    def pairs(self, count: int, seed: int) -> list[Pair]:
        """Pairs of states: half of them steps or nearly so, half of them unrelated."""
        generator = random.Random(seed)
        found: list[Pair] = []
        while len(found) < count:
            run = self.reachable(generator, 8)
            near = [self.disturbed(codes, generator) for codes in run]
            found += zip(run, [*run[1:], run[-1]], strict=True)
            found += zip(near, run, strict=True)
            found += [(self.uniform(generator), self.uniform(generator)) for _ in run]
            found += zip(near, [self.disturbed(codes, generator) for codes in near], strict=True)
        generator.shuffle(found)
        return found[:count]


def scope_of(protocol: Protocol, variant: str | None = None) -> FiniteScope:
    """The published scope of a protocol under a variant."""
    return finite_scope(protocol.model(variant))


class Oracle:
    """The concrete semantics."""

    def __init__(self, sample: Sample) -> None:
        self.machine = sample.machine
        self.layout = sample.layout
        self.properties = sample.scope.model.properties
        self.formulas = _formulas(sample.scope)

    def behaviour(self, pair: Pair) -> Behaviour:
        state, after = (FrozenMap(self.layout.decode(codes)) for codes in pair)
        machine = self.machine
        deeds = [self._deed(machine.attempt(state, *instance)) for instance in machine.instances()]
        frame = machine.evaluator.frame
        verdicts = []
        for formula in self.formulas:
            closure = machine.evaluator.compile(formula)
            try:
                verdicts.append(Verdict(bool(closure(frame(state, after)))))
            except Undefined as error:
                verdicts.append(Verdict(None, error.position))
        holds = [machine.holds(p, state, after) for p in self.properties if p.kind in ("state", "action")]
        return Behaviour(tuple(deeds), tuple(verdicts), tuple(holds), machine.inside(state))

    def _deed(self, step: Any) -> Deed:
        details = {
            "fired": lambda: self.layout.encode(step.state),
            "refused": lambda: step.guard,
            "undefined": lambda: step.position,
            "out of range": lambda: frozenset(step.variables),
        }
        return Deed(step.outcome, details[step.outcome]())


def _formulas(scope: FiniteScope) -> list[Any]:
    found = [p.formula for p in scope.model.properties if p.kind in ("state", "action")]
    return found + [named.formula for named in scope.model.constraints]


class Values:
    """The values of circuit nodes for one pair of states."""

    def value(self, node: Node) -> int:
        """The node's value."""
        raise NotImplementedError


class Circuits:
    """The behaviour of pairs of states by a back end of the circuit, which `values` makes available."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        scope = ground.scope
        self.properties = [p for p in scope.model.properties if p.kind in ("state", "action")]
        self.formulas = [ground.formula(formula) for formula in _formulas(scope)]

    def values(self, pairs: Sequence[Pair]) -> list[Any]:
        """For every pair something with a method `value` from nodes to numbers."""
        raise NotImplementedError

    def behaviours(self, pairs: Sequence[Pair]) -> list[Behaviour]:
        """What the states do."""
        return [self._behaviour(pair, at) for pair, at in zip(pairs, self.values(pairs), strict=True)]

    def _behaviour(self, pair: Pair, at: Any) -> Behaviour:
        deeds = tuple(self._deed(instance, pair[0], at) for instance in self.ground.instances)
        verdicts = tuple(self._verdict(formula, at) for formula in self.formulas)
        holds = tuple(bool(at.value(self.ground.holds(p))) for p in self.properties)
        return Behaviour(deeds, verdicts, holds, bool(at.value(self.ground.constraint)))

    def _deed(self, instance: Instance, codes: Codes, at: Any) -> Deed:
        for use in instance.undefined:
            if at.value(use.happens):
                assert not at.value(instance.enabled)
                return Deed("undefined", use.position)
        for name, node in instance.guards:
            if not at.value(node):
                assert not at.value(instance.enabled)
                return Deed("refused", name)
        assert at.value(instance.enabled)
        wrong = frozenset(variable for variable, happens in instance.escapes if at.value(happens))
        assert bool(at.value(instance.storable)) == (not wrong)
        if wrong:
            return Deed("out of range", wrong)
        new = list(codes)
        for number, node in instance.writes.items():
            new[number] = int(at.value(node))
        return Deed("fired", tuple(new))

    def _verdict(self, formula: tuple[Node, tuple[Any, ...]], at: Any) -> Verdict:
        value, undefined = formula
        for use in undefined:
            if at.value(use.happens):
                return Verdict(None, use.position)
        return Verdict(bool(at.value(value)))


class ByCircuit(Circuits):
    """The reference back end."""

    def values(self, pairs: Sequence[Pair]) -> list[Any]:
        return [Evaluator(*pair) for pair in pairs]


class ByColumns(Circuits):
    """The columns back end: all pairs in one batch."""

    def values(self, pairs: Sequence[Pair]) -> list[Any]:
        import numpy as np

        fields = self.ground.layout.fields
        sides = []
        for side in (0, 1):
            rows = [pair[side] for pair in pairs]
            sides.append([np.array([row[f.number] for row in rows], type_of(f)) for f in fields])
        batch = Batch(sides[0], sides[1])

        class Row:
            def __init__(self, number: int) -> None:
                self.number = number

            def value(self, node: Node) -> int:
                return int(batch.value(node)[self.number])

        return [Row(number) for number in range(len(pairs))]
