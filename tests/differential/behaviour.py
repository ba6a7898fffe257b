"""What a state does under one semantics, in a form in which semantics can be compared.

A `Behaviour` says of every action instance what it does, and of every formula what it is. `Oracle` computes
it with the concrete semantics, `ByCircuit`, `ByColumns`, `BySolver` and `ByClauses` with the back ends of the circuit.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import z3

from verifier.kernel.errors import Position
from verifier.kernel.protocol import Protocol
from verifier.kernel.terms import state_names
from verifier.semantics.answers import Answer
from verifier.semantics.concrete import evaluate
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.cnf import Clauses
from verifier.semantics.ground.columns import Batch, type_of
from verifier.semantics.ground.evaluate import Evaluator, successors
from verifier.semantics.ground.ground import Ground, Instance, Undefined
from verifier.semantics.ground.layout import Layout
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.sat import Sat
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.ground.successors import Successors
from verifier.semantics.scope import FiniteScope, FrozenMap, finite_scope

Codes = tuple[int, ...]
Pair = tuple[Codes, Codes]
Successor = tuple[int, Codes]
Evaluation = Callable[[Node], bool]


@dataclass(frozen=True)
class Deed:
    """What an action instance does in a state: the outcome, with what belongs to it.

    `fired`: the successor's codes. `refused`: the first guard that fails. `undefined`: the position. `out of range`: the
    variables, and the properties that are violated behind.
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
    """Everything that semantics must agree on about a state, and a step to another one (possible or not)."""

    deeds: tuple[Deed, ...]
    formulas: tuple[Verdict, ...]
    holds: tuple[bool, ...]
    inside: bool
    initial: bool


class Sample:
    """Well-typed states of a model at its published scope, reachable or not, and pairs of them."""

    def __init__(self, scope: FiniteScope) -> None:
        self.scope = scope
        self.machine = Machine(scope)
        self.layout = Layout(scope)

    def canonical(self, codes: Iterable[int]) -> Codes:
        """The codes of the state that these codes mean: what stands where something is absent does not count."""
        return self.layout.encode(self.layout.decode(tuple(codes)))

    @cached_property
    def initial(self) -> list[Codes]:
        """The initial states that can be stored."""
        machine = self.machine
        return [self.layout.encode(s) for s in machine.initial_states() if not machine.range_violations(s)]

    def uniform(self, generator: random.Random) -> Codes:
        """Any codes."""
        return self.canonical(generator.randint(field.low, field.high) for field in self.layout.fields)

    def reachable(self, generator: random.Random, length: int) -> list[Codes]:
        """The states of a random run, as far as they can be stored."""
        run = [generator.choice(self.initial)]
        state = FrozenMap(self.layout.decode(run[0]))
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
        return [(state, self.kept(state, after)) for state, after in found[:count]]

    def kept(self, state: Codes, after: Codes) -> Codes:
        """The second state with the rigid variables of the first: no two states of a run differ in them."""
        rigid = {variable.name for variable in self.scope.model.variables if variable.rigid}
        fields = zip(self.layout.fields, state, after, strict=True)
        return tuple(old if field.variable in rigid else new for field, old, new in fields)


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
        self.initial = set(sample.initial)

    def behaviour(self, pair: Pair) -> Behaviour:
        state, after = (FrozenMap(self.layout.decode(codes)) for codes in pair)
        machine = self.machine
        deeds = [self._deed(state, machine.attempt(state, *instance)) for instance in machine.instances()]
        frame = machine.evaluator.frame
        verdicts = []
        for formula in self.formulas:
            closure = machine.evaluator.compile(formula)
            try:
                verdicts.append(Verdict(bool(closure(frame(state, after)))))
            except evaluate.Undefined as error:
                verdicts.append(Verdict(None, error.position))
        holds = [machine.holds(p, state, after) for p in self.properties if p.kind in ("state", "action")]
        return Behaviour(tuple(deeds), tuple(verdicts), tuple(holds), machine.inside(state), pair[0] in self.initial)

    def _deed(self, state: FrozenMap, step: Any) -> Deed:
        details = {
            "fired": lambda: self.layout.encode(step.state),
            "refused": lambda: step.guard,
            "undefined": lambda: step.position,
            "out of range": lambda: (frozenset(step.variables), self._behind(state, step)),
        }
        return Deed(step.outcome, details[step.outcome]())

    def _behind(self, state: FrozenMap, step: Any) -> frozenset[str]:
        """What is violated by the state behind a step that leaves a range (and not by what it shares with the one before)."""
        changed = {update.variable for update in self.machine.model.action(step.action).updates}
        asked = [p for p in self.properties if p.kind == "state" and state_names(p.formula) & changed]
        found = {p.name for p in asked if not self.machine.holds(p, step.state)}
        steps = [p for p in self.properties if p.kind == "action"]
        return frozenset(found | {p.name for p in steps if not self.machine.holds(p, state, step.state)})


def _formulas(scope: FiniteScope) -> list[Any]:
    found = [p.formula for p in scope.model.properties if p.kind in ("state", "action")]
    return found + [named.formula for named in scope.model.constraints]


class Circuits:
    """The behaviour of pairs of states by a back end of the circuit."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        scope = ground.scope
        self.properties = [p for p in scope.model.properties if p.kind in ("state", "action")]
        self.formulas = [ground.formula(formula) for formula in _formulas(scope)]

    def values(self, pairs: Sequence[Pair]) -> list[Evaluation]:
        """For every pair the truth of Bool nodes."""
        raise NotImplementedError

    def steps(self, states: Sequence[Codes]) -> list[list[Successor]]:
        """For every state its successors: the number of the instance and the new codes."""
        raise NotImplementedError

    def behaviours(self, pairs: Sequence[Pair]) -> list[Behaviour]:
        """What the states do."""
        values, steps = self.values(pairs), self.steps([state for state, _ in pairs])
        return [self._behaviour(holds, found) for holds, found in zip(values, steps, strict=True)]

    def _behaviour(self, holds: Evaluation, steps: list[Successor]) -> Behaviour:
        new: dict[int, list[Codes]] = {}
        for number, codes in steps:
            new.setdefault(number, []).append(codes)
        deeds = tuple(self._deed(instance, holds, new.get(instance.number, [])) for instance in self.ground.instances)
        verdicts = tuple(self._verdict(formula, holds) for formula in self.formulas)
        properties = tuple(holds(self.ground.holds(found)) for found in self.properties)
        ground = self.ground
        return Behaviour(deeds, verdicts, properties, holds(ground.constraint), holds(ground.initial))

    def _deed(self, instance: Instance, holds: Evaluation, new: list[Codes]) -> Deed:
        if new:
            return Deed("fired", new[0] if len(new) == 1 else new)
        for use in instance.undefined:
            if holds(use.happens):
                return Deed("undefined", use.position)
        for name, node in instance.guards:
            if not holds(node):
                return Deed("refused", name)
        wrong = frozenset(variable for variable, happens in instance.escapes if holds(happens))
        leaving = self.ground.leaving
        behind = frozenset(found.name for found in self.properties if holds(leaving.violation(found, instance)))
        return Deed("out of range" if holds(instance.enabled) else "nothing", (wrong, behind))

    def _verdict(self, formula: tuple[Node, tuple[Undefined, ...]], holds: Evaluation) -> Verdict:
        value, undefined = formula
        for use in undefined:
            if holds(use.happens):
                return Verdict(None, use.position)
        return Verdict(holds(value))


class ByCircuit(Circuits):
    """The reference back end."""

    def values(self, pairs: Sequence[Pair]) -> list[Evaluation]:
        return [Evaluator(*pair).holds for pair in pairs]

    def steps(self, states: Sequence[Codes]) -> list[list[Successor]]:
        return [[(i.number, new) for i, new in successors(self.ground, codes)] for codes in states]


class ByColumns(Circuits):
    """The columns back end: all pairs in one batch."""

    def values(self, pairs: Sequence[Pair]) -> list[Evaluation]:
        fields = self.ground.layout.fields
        sides = []
        for side in (0, 1):
            rows = [pair[side] for pair in pairs]
            sides.append([np.array([row[field.number] for row in rows], type_of(field)) for field in fields])
        batch = Batch(sides[0], sides[1])

        def at(row: int) -> Evaluation:
            return lambda node: bool(batch.value(node)[row])

        return [at(row) for row in range(len(pairs))]

    def steps(self, states: Sequence[Codes]) -> list[list[Successor]]:
        packing = Packing(self.ground.layout)
        found: list[list[Successor]] = [[] for _ in states]
        for step in Successors(self.ground, packing).expand(packing.of(states)).steps:
            for row, codes in zip(step.rows, packing.codes(step.states), strict=True):
                found[row].append((step.instance.number, codes))
        return found


class BySolver(Circuits):
    """The z3 back end: every successor that the transition relation has, one model after the other."""

    def __init__(self, ground: Ground, encoding: type[Encoding] = Encoding) -> None:
        super().__init__(ground)
        self.encoding = encoding(ground)

    def _state(self, codes: Codes, step: int) -> Any:
        """The state at a step, said of z3's constants directly, so that no node is translated for it."""
        context, parts = self.encoding.context, []
        constants, _ = self.encoding._step(step)
        for field, code in zip(self.ground.layout.fields, codes, strict=True):
            constant = constants[field.number]
            if field.is_bool:
                parts.append(z3.BoolRef(constant, context) == bool(code))
            else:
                parts.append(z3.BitVecRef(constant, context) == code)
        return z3.And(parts)

    def values(self, pairs: Sequence[Pair]) -> list[Evaluation]:
        found = []
        for state, after in pairs:
            solver = self.encoding.solver()
            solver.add(self._state(state, 0), self._state(after, 1))
            assert solver.check() is Answer.SAT, "z3 does not know the state's codes"
            found.append(self._evaluation(solver.model()))
        return found

    def _evaluation(self, model: Any) -> Evaluation:
        encoding = self.encoding
        return lambda node: encoding.holds(model, encoding.formula(node))

    def steps(self, states: Sequence[Codes]) -> list[list[Successor]]:
        solver = self.encoding.solver()
        solver.add(self.encoding.typed, self.encoding.transition)
        found = []
        for codes in states:
            solver.push()
            solver.add(self._state(codes, 0))
            found.append(list(self._models(solver)))
            solver.pop()
        return found

    def _models(self, solver: Any) -> Iterator[Successor]:
        while solver.check() is Answer.SAT:
            model = solver.model()
            number, new = self.encoding.instance(model, 0), self.encoding.codes(model, 1)
            yield number, new
            again = [self.encoding.selected([number]), self._state(new, 1)]
            solver.add(z3.Not(z3.And(*again)))


class ByClauses(Circuits):
    """The CNF back end: every successor that the clauses have, one model after the other."""

    def __init__(self, ground: Ground, clausal: type[Clausal] = Clausal) -> None:
        super().__init__(ground)
        self.clausal = clausal(ground)
        self.stepping = Sat(self.clausal.transition().all)
        self._defined, self._evaluating, self._told = Clauses(self.clausal.gates), Sat(), 0

    def values(self, pairs: Sequence[Pair]) -> list[Evaluation]:
        def at(known: list[int]) -> Evaluation:
            return lambda node: self._holds(node, known)

        return [at([*self.clausal.state(state), *self.clausal.state(after, 1)]) for state, after in pairs]

    def steps(self, states: Sequence[Codes]) -> list[list[Successor]]:
        return [list(self._successors(codes)) for codes in states]

    def _holds(self, node: Node, known: list[int]) -> bool:
        literal = self.clausal.numbers.literal(node)
        self._defined.define_fully(literal)
        while self._told < len(self._defined.all):
            self._evaluating.add(self._defined.all[self._told])
            self._told += 1
        true, false = (self._evaluating.check([*known, sign * literal]) is Answer.SAT for sign in (1, -1))
        assert true != false, "the state does not determine the formula"
        return true

    def _successors(self, codes: Codes) -> Iterator[Successor]:
        clausal, known = self.clausal, self.clausal.state(codes)
        assert clausal.codes([0, *known]) == codes, "a state is not what its atoms say"
        again = self.clausal.gates.new()
        # Whoever asks for a step is refused outside the constraint, where an instance has a successor all the same.
        self.stepping.add([-again, *(move.selector for move in clausal.moves)])
        while self.stepping.check([*known, again]) is Answer.SAT:
            model = self.stepping.model()
            (move,) = [move for move in clausal.moves if model[move.selector - 1] > 0]
            new = clausal.codes(model, 1)
            yield move.instance.number, new
            self.stepping.add([-again, -move.selector, *(-literal for literal in clausal.state(new, 1))])


BACK_ENDS: dict[str, type[Circuits]] = {"circuit": ByCircuit, "columns": ByColumns, "z3": BySolver, "clauses": ByClauses}
