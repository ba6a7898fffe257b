"""A finite instance of the quantified semantics: every sort has exactly the members of a finite scope, and
the state symbols are pinned to one concrete state, so that what the lowering says can be compared with the
concrete semantics.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from verifier.kernel.definedness import Use
from verifier.kernel.errors import ModelError
from verifier.kernel.model import Model
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import (
    INT,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, at_next, walk
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.quantified import Quantified
from verifier.semantics.quantified.premises import Axiom
from verifier.semantics.quantified.shapes import OptionValue, RecordValue, Value
from verifier.semantics.quantified.smt import Ast, QuantifiedSolver
from verifier.semantics.quantified.totals import TOTALS, element_of
from verifier.semantics.scope import FiniteScope, FrozenMap, NoValue, finite_scope
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.expressible import is_flat
from verifier.semantics.scope.unbounded import without_parameters


def expressible(protocol: Protocol, variant: str | None = None) -> Model:
    """The protocol without the actions and properties that first-order logic cannot express."""
    model = protocol.model(variant)
    kept = []
    for action in model.actions:
        try:
            without_parameters(replace(model, actions=(action,)), ())
        except ModelError:
            continue
        kept.append(action)
    model = replace(model, actions=tuple(kept))
    return replace(model, properties=without_parameters(model, ()).model.properties)


class _Nothing:
    """Stands for the axioms of totals, which are added up here, member by member."""

    def axioms(self, counted: object, read: object) -> list[Axiom]:
        return []


class Instance:
    """A model whose sorts have exactly the members that a finite scope gives them.

    The ranges of the model itself have their ends, those of an `unbounded` one what it has kept.
    """

    def __init__(
        self, model: Model, unbounded: Unbounded | None = None, settings: dict[str, str | int] | None = None
    ) -> None:
        self.scope: FiniteScope = finite_scope(model, settings)
        self.machine = Machine(self.scope)
        self.quantified = Quantified(unbounded or without_parameters(model, ()))
        self.values = self.quantified.lowering.values
        self.smt = self.quantified.lowering.smt
        self.totals, self.quantified.lowering._totals = self.quantified.lowering._totals, _Nothing()  # type: ignore[assignment]
        self.members: dict[str, dict[Any, Ast]] = {}
        self.facts: list[Ast] = []
        for name, value in self.scope.parameters.items():
            if name not in self.quantified.model.parameters:
                continue
            pinned = self.quantified.lowering.parameter(Term("parameter", (), INT, name))
            self.facts.append(self.smt.equal(pinned, self.smt.integer(value)))
        for sort in model.sorts:
            if isinstance(sort, ScalarSort):
                self._close(sort)
        for sort in model.sorts:
            if isinstance(sort, QuorumSort):
                self._close(sort)
                for quorum, name in self.members[sort.name].items():
                    for label, member in self.members[sort.of.name].items():
                        inside = self.values.in_quorum(sort, member, name)
                        self.facts.append(inside if label in quorum else self.smt.negate(inside))

    def _close(self, sort: ScalarSort | QuorumSort) -> None:
        smt, kind = self.smt, self.values.kind(sort)
        labels = self.scope.domain(sort)
        named = {label: smt.constant(f"the member {i} of {sort}", kind) for i, label in enumerate(labels)}
        self.members[sort.name] = named
        self.facts.append(smt.distinct(list(named.values())))
        x = self.values.bound("x", kind)
        self.facts.append(smt.quantified(True, [x], smt.disjunction(smt.equal(x, m) for m in named.values())))
        for position, constant in enumerate(sort.constants if isinstance(sort, ScalarSort) else ()):
            self.facts.append(smt.equal(self.values.constant(sort, constant), named[labels[position]]))
        if sort.is_ordered:
            self.facts += [self.values.ordered(a, b, strict=True) for a, b in pairwise(named.values())]

    def encode(self, value: Any, sort: Sort) -> Value:
        """A concrete value of a flat sort, as the lowering has it."""
        match sort:
            case ScalarSort() | QuorumSort():
                return self.members[sort.name][value]
            case OptionSort(element=element):
                if value is None:
                    return OptionValue(self.smt.false, self.values.default(element))
                return OptionValue(self.smt.true, self.encode(value.value, element))
            case RecordSort(fields=fields):
                return RecordValue(tuple(self.encode(value[name], of) for name, of in fields))
        if isinstance(value, bool):
            return self.smt.boolean(value)
        return self.smt.integer(value) if isinstance(value, int) else self.values.constant(sort, value)

    def same(self, value: Any, symbolic: Value, sort: Sort) -> Iterator[Ast]:
        """The facts that a symbolic value is a concrete one, without the lowering's own equality."""
        smt = self.smt
        match sort:
            case OptionSort(element=element):
                yield symbolic.present if value is not None else smt.negate(symbolic.present)
                if value is not None:
                    yield from self.same(value.value, symbolic.payload, element)
            case RecordSort(fields=fields):
                for (name, of), part in zip(fields, symbolic.fields, strict=True):
                    yield from self.same(value[name], part, of)
            case FunctionSort(index=index, value=of):
                for key in self.scope.domain(index):
                    yield from self.same(value[key], symbolic.at(self.encode(key, index)), of)
            case SetSort(element=element):
                items = [self.encode(item, element) for item in value]
                yield self._exactly(symbolic.has, items, element)
            case KeyedSort(element=record, key=key, key_sort=key_sort):
                items = [self.encode(item[key], key_sort) for item in value]
                yield self._exactly(symbolic.has, items, key_sort)
                for item in value:
                    yield from self.same(item, symbolic.record(self.encode(item[key], key_sort)), record)
            case SequenceSort(element=element):
                yield smt.equal(symbolic.length, smt.integer(len(value)))
                for place, item in enumerate(value, 1):
                    yield from self.same(item, symbolic.at(smt.integer(place)), element)
            case _:
                yield smt.equal(symbolic, self.encode(value, sort))

    def _exactly(self, has: Any, items: list[Value], sort: Sort) -> Ast:
        """A predicate holds of these values and no others."""
        smt, values = self.smt, self.values

        def body(x: list[Value]) -> Ast:
            parts = values.flatten(x[0], sort)
            equal = (
                smt.conjunction(smt.equal(a, b) for a, b in zip(parts, values.flatten(item, sort), strict=True))
                for item in items
            )
            return smt.equal(has(x[0]), smt.disjunction(equal))

        return values.quantify(True, [("x", sort)], body, ranged=False)

    # What the two semantics say

    def differences(self, state: FrozenMap) -> Iterator[str]:
        """What the lowering says of a state and the steps out of it, and the concrete semantics does not."""
        claims = self._everything(state)
        facts = [*self.facts, *(p.formula for p in self.quantified.background()), *self._pinned(state)]
        facts += [axiom.formula for axiom in self.quantified.lowering.axioms(self._terms)]
        facts += self._counted()
        solver = self.smt.solver({"rlimit": 4_000_000})
        for fact in facts:
            solver.add(fact)
        if solver.check() is Answer.UNSAT:
            yield "the state itself is impossible"
            return
        yield from (name for name, claim in self._possible.items() if self._refuted(solver, claim))
        literals = {name: self.values.bound(name, self.smt.bool_sort) for name in claims}
        for name, claim in claims.items():
            solver.add(self.smt.implication(literals[name], self.smt.negate(claim)))
        solver.add(self.smt.disjunction(literals.values()))
        if solver.check() is not Answer.UNSAT:
            answers = ((name, solver.check([literal])) for name, literal in literals.items())
            yield from (f"{name}: {answer}" for name, answer in answers if answer is not Answer.UNSAT)

    def false_axioms(self, state: FrozenMap) -> Iterator[str]:
        """The axioms on totals, of all that is said of the state and the steps out of it, that are false there."""
        claims = self._everything(state)
        assert claims
        lowering = self.quantified.lowering
        counted = [term for term in lowering._witness if term.op in TOTALS]
        facts = [*self.facts, *self._pinned(state), *self._counted()]
        for axiom in self.totals.axioms(counted, self._terms):
            solver = self.smt.solver({"rlimit": 1_000_000})
            for fact in [*facts, self.smt.negate(axiom.formula)]:
                solver.add(fact)
            if solver.check() is Answer.SAT:
                yield axiom.name

    def _everything(self, state: FrozenMap) -> dict[str, Ast]:
        self._possible: dict[str, Ast] = {}
        return dict(self._claims(state))

    def _counted(self) -> Iterator[Ast]:
        """The facts that totals are what they are, member by member."""
        lowering, values, smt = self.quantified.lowering, self.values, self.smt
        for term in [term for term in lowering._witness if term.op in TOTALS]:
            around, element = lowering._around(term), element_of(term)

            def fact(given: list[Value], term: Term = term, around: Any = around, element: Sort = element) -> Ast:
                env, total = dict(zip(around, given, strict=True)), smt.integer(0)
                for member in self.scope.domain(element):
                    item = self.encode(member, element)
                    if term.op == "sum":
                        one = lowering.term(term.args[0], {**env, term.bound[0]: item})
                    else:
                        one = smt.ite(lowering.term(term.args[0], env).has(item), smt.integer(1), smt.integer(0))
                    total = smt.arithmetic("add", total, one)
                over = [part for v, value in env.items() for part in values.flatten(value, v.sort)]
                return smt.equal(lowering._name(term, over), total)

            yield values.quantify(True, [(v.data, v.sort) for v in around], fact)

    def _refuted(self, solver: QuantifiedSolver, claim: Ast) -> bool:
        literal = self.values.bound("possible", self.smt.bool_sort)
        solver.add(self.smt.implication(literal, claim))
        return solver.check([literal]) is Answer.UNSAT

    def _pinned(self, state: FrozenMap) -> Iterator[Ast]:
        for declared in self.quantified.model.variables:
            symbolic = self.quantified.lowering.state(declared.name, declared.sort)
            yield from self.same(state[declared.name], symbolic, declared.sort)

    def _claims(self, state: FrozenMap) -> Iterator[tuple[str, Ast]]:
        quantified, machine, lowering = self.quantified, self.machine, self.quantified.lowering
        self._terms = []

        def claim(name: str, term: Any, expected: bool) -> tuple[str, Ast]:
            self._terms.append(term)
            formula = lowering.formula(term)
            return name, formula if expected else self.smt.negate(formula)

        for found in quantified.model.properties:
            if found.kind == "state":
                yield claim(found.name, quantified.holds(found.formula), machine.holds(found, state))
        for constraint in quantified.model.constraints:
            undefined = machine.undefined_in_formula(constraint.formula, state) is not None
            inside = undefined or machine.violated_constraint(state) != constraint.name
            if len(quantified.model.constraints) == 1:
                yield claim(constraint.name, quantified.holds(constraint.formula), inside)
        for found in quantified.model.properties:
            if found.kind != "defined" or found.of_steps:
                continue
            uses = quantified.defined_uses(found)
            defined = next(machine.undefined_uses(found, state), None) is None
            yield from self._uses(found.name, uses, defined)
        yield from self._stored(state)
        yield from self._beginning(state)
        yield from self._steps(state)

    def _uses(self, name: str, uses: list[Use], hold: bool) -> Iterator[tuple[str, Ast]]:
        """Uses hold for all values of the constants that stand for sets and functions, or fail for some."""
        opened = [goal.stated for goal in self.quantified.safety([], [use.formula for use in uses]).goals]
        self._terms += opened
        whole = self.smt.conjunction(self.quantified.lowering.formula(term) for term in opened)
        if hold or all(is_flat(v.sort) for use in uses for term in walk(use.formula) for v in term.bound):
            yield name, whole if hold else self.smt.negate(whole)
        else:
            self._possible[name] = self.smt.negate(whole)

    def _stored(self, state: FrozenMap) -> Iterator[tuple[str, Ast]]:
        """Whether what initial values and steps put into the sets of a variable fits there."""
        quantified, machine = self.quantified, self.machine
        stored = [machine.attempt(state, *instance).state for instance in machine.instances() if machine.inside(state)]
        stored.append(
            FrozenMap({v.name: machine.initial_value(v) for v in self.quantified.model.variables if v.initial})
        )
        for found in quantified.model.properties:
            if found.kind == "range":
                values = [after.get(name) for after in stored if after is not None for name in found.variables]
                fits = not any(isinstance(value, NoValue) for value in values)
                yield from self._uses(f"{found.name}, stored", quantified.stored_uses(found), fits)

    def _beginning(self, state: FrozenMap) -> Iterator[tuple[str, Ast]]:
        """Of the state in which the variables have their initial values, those that begin with anything as they are here."""
        quantified, machine, smt = self.quantified, self.machine, self.smt
        given = {v.name: machine.initial_value(v) for v in quantified.model.variables if v.initial is not None}
        begun = FrozenMap({**state, **given})
        if any(machine.undefined_in_formula(named.formula, begun) for named in quantified.model.initial):
            return
        initial = all(machine.satisfies(named, begun) for named in quantified.model.initial)
        goals = [found for found in quantified.model.properties if found.kind == "state"]
        obligation = quantified.initiation([found.formula for found in goals])
        self._terms += obligation.stated
        fact = smt.conjunction(premise.formula for premise in (*quantified.axioms(), *obligation.premises))
        yield "initially", fact if initial else smt.negate(fact)
        for found, goal in zip(goals, obligation.goals, strict=True):
            yield f"{found.name} initially", goal.formula if machine.holds(found, begun) else smt.negate(goal.formula)

    def _steps(self, state: FrozenMap) -> Iterator[tuple[str, Ast]]:
        quantified, smt = self.quantified, self.smt
        lowering = quantified.lowering
        inside = self.machine.inside(state)
        choices: dict[str, list[Ast]] = {}
        for name, chosen in self.machine.instances():
            action = quantified.model.action(name)
            given = [
                part
                for argument in action.arguments
                for part in self.same(chosen[argument.name], lowering.constants[argument.variable], argument.sort)
            ]
            choices.setdefault(name, []).append(smt.conjunction(given))
            label = f"{name}({', '.join(str(v) for v in chosen.values())})"
            step = self.machine.attempt(state, name, chosen)
            firing = quantified.enabled(action, [], leaving=True)
            self._terms += [premise.stated for premise in firing.premises]
            fires = smt.conjunction(premise.formula for premise in firing.premises)
            expected = inside and step.outcome in ("fired", "out of range")
            if expected and action.witnesses:
                # Some witnesses, not all: the obligation is merely possible.
                self._possible[f"{label} can fire"] = smt.conjunction([*given, fires])
            else:
                claim = fires if expected else smt.negate(fires)
                yield f"{label} fires", smt.implication(smt.conjunction(given), claim)
            if step.outcome not in ("fired", "out of range"):
                continue
            assert step.state is not None
            lost = {name for name, value in step.state.items() if isinstance(value, NoValue)}
            for update in action.updates:
                declared = quantified.model.variable(update.variable)
                stored = quantified.definedness.stored(action, update.variable)
                self._terms += [use.formula for use in stored]
                fits = smt.conjunction(lowering.formula(use.formula) for use in stored)
                claim = smt.negate(fits) if declared.name in lost else fits
                yield f"{label} puts into {declared.name} what fits", smt.implication(smt.conjunction(given), claim)
                if declared.name in lost:
                    continue
                self._terms.append(update.value)
                new = smt.conjunction(
                    self.same(step.state[update.variable], lowering.term(update.value), declared.sort)
                )
                yield f"{label} updates {update.variable}", smt.implication(smt.conjunction(given), new)
            for declared in (v for v in quantified.model.variables if v.name not in lost):
                kept = at_next(quantified.range_formula([declared.name]))
                [goal] = quantified.step(action, [], [kept]).goals
                self._terms.append(quantified._stepped(action, quantified.holds(kept), ("step", kept)))
                expected = declared.name not in step.variables
                within = goal.formula if expected else smt.negate(goal.formula)
                yield (
                    f"{label} leaves {declared.name} in range",
                    smt.implication(smt.conjunction(given), within),
                )
            for found in quantified.model.properties:
                if found.kind == "defined" and found.of_steps and step.outcome == "fired":
                    goals = quantified.step(action, [], [use.formula for use in quantified.defined_steps(found)]).goals
                    self._terms += [goal.stated for goal in goals]
                    whole = smt.conjunction(goal.formula for goal in goals)
                    defined = next(self.machine.undefined_uses(found, state, step.state), None) is None
                    verdict = whole if defined else smt.negate(whole)
                    yield f"{label}: {found.name}", smt.implication(smt.conjunction(given), verdict)
                if found.kind != "action" or step.outcome != "fired":
                    continue
                [goal] = quantified.step(action, [], [found.judged]).goals
                self._terms.append(
                    quantified._stepped(action, quantified.holds(found.judged), ("step", found.judged))
                )
                holds = self.machine.holds(found, state, step.state)
                verdict = goal.formula if holds else smt.negate(goal.formula)
                yield f"{label}: {found.name}", smt.implication(smt.conjunction(given), verdict)
        for name, known in choices.items():
            firing = quantified.enabled(quantified.model.action(name), [])
            fires = smt.conjunction(premise.formula for premise in firing.premises)
            yield f"{name} fires for values of its sorts only", smt.implication(fires, smt.disjunction(known))


def random_states(scope: FiniteScope, seed: int, count: int) -> list[FrozenMap]:
    """Well-typed states, reachable or not."""
    generator = random.Random(seed)
    domains = {v.name: scope.domain(v.sort) for v in scope.model.variables}
    return [FrozenMap({name: generator.choice(domain) for name, domain in domains.items()}) for _ in range(count)]
