"""Liveness as safety: a ground with more written down, in which a bad state shows how an infinite fair behaviour would go.

A reduction has the variables of a ground, with the same fields, and further ones after them; the instances of the ground, which
also write those, and then instances of its own. The nodes of the ground are nodes of the reduction. No step leaves a range here:
a separate proof shows that none does in the ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from verifier.kernel.actions import Action
from verifier.kernel.properties import Property
from verifier.kernel.sorts import BOOL, RangeSort, Sort
from verifier.kernel.state import Variable
from verifier.kernel.terms import integer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import HANDLERS, Ground, Instance
from verifier.semantics.ground.leaving import Leaving, Starts
from verifier.semantics.ground.liveness import Case, Fairness, Liveness, changing, reads_next
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.ground.successors import after
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.symmetry import Symmetry

CASE = "pursued case"
OWED = "trigger owed"
WATCH = "pursue a case"


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A condition that has to be seen again and again: a state or step for which `node` holds, or a step that changes something
    by one of the instances `taken`.
    """

    name: str
    node: Node
    taken: frozenset[int] = frozenset()


class Reduction(Ground):
    """The common part of the reductions: the case that is pursued, and the variables written along with the steps of a ground.

    `case` numbers the case that is pursued; 0: none is yet. A step of its own begins to pursue one, in a state that satisfies its
    trigger, unless an initial state does; from then on only states and steps that the case wants are taken. Where a trigger is
    one of steps, the next step has to satisfy it.
    """

    name = ""
    rounds: int | None = None
    """How many rounds are counted, if any are."""

    def __init__(self, base: Ground, liveness: Liveness, added: Sequence[Variable], steps: Sequence[str]) -> None:
        self.base = base
        self.liveness = liveness
        self.cases = liveness.cases
        self._owing = frozenset(n for n, case in self._numbered() if reads_next(case.trigger))
        first = int(bool(self.cases) and all(case.initially for case in self.cases))
        own = [variable(CASE, between(first, len(self.cases)), "which case of the property is pursued")]
        if self._owing:
            own.append(flag(OWED, "the next step has to satisfy the trigger"))
        self._written = [one.name for one in (*own, *added)]
        self._steps = {name: Action(name, (), (), (), (), (), "", None) for name in steps}
        model = base.scope.model
        model = replace(
            model,
            variables=(*model.variables, *own, *added),
            actions=(*model.actions, *self._steps.values()),
        )
        super().__init__(FiniteScope(model, base.scope.parameters, base.scope.labels), HANDLERS, base.circuit)
        self.width = len(base.layout.fields)

    def _numbered(self) -> list[tuple[int, Case]]:
        return list(enumerate(self.cases, 1))

    # -- additions ---------------------------------------------------------------------------------------------------

    def number(self, name: str) -> int:
        """The field of an added variable that has one field."""
        [field] = self.layout.of(name)
        return field.number

    def added(self, name: str) -> Node:
        """Its node."""
        return self.field_node(self.number(name))

    def pursued(self, number: int) -> Node:
        """Whether the case of this number is pursued; of 0, that none is."""
        return self.circuit.eq(self.added(CASE), self.circuit.int(number))

    @cached_property
    def pursuing(self) -> Node:
        """Whether some case is pursued."""
        return self.circuit.not_(self.pursued(0))

    @property
    def owed(self) -> Node:
        """Whether the next step has to satisfy the trigger of the case."""
        return self.added(OWED) if self._owing else self.circuit.false

    def of_case(self, asked: Mapping[int, Node]) -> Node:
        """Requires, in each of these cases, its node; in the others, nothing."""
        return self.circuit.and_(self.circuit.implies(self.pursued(number), node) for number, node in asked.items())

    @cached_property
    def wanted(self) -> Node:
        """The case that is pursued wants the state."""
        return self.of_case({n: case.hold for n, case in self._numbered() if not reads_next(case.hold)})

    @cached_property
    def wanted_steps(self) -> Node:
        """It wants the step."""
        held = {n: case.hold for n, case in self._numbered() if reads_next(case.hold)}
        triggered = self.of_case({n: self.cases[n - 1].trigger for n in sorted(self._owing)})
        return self.circuit.and_((self.of_case(held), self.circuit.implies(self.owed, triggered)))

    @cached_property
    def recurring(self) -> tuple[Condition, ...]:
        """The conditions that the cases want to see again and again: the first of each together, then the second, and so on."""
        result = []
        for place in range(max((len(case.recur) for case in self.cases), default=0)):
            asked = {n: case.recur[place] for n, case in self._numbered() if place < len(case.recur)}
            result.append(Condition(f"recurring {place + 1}", self.of_case(asked)))
        return tuple(result)

    def weak(self, fairness: Fairness) -> Condition:
        """The condition that weak fairness wants to see again and again."""
        return Condition(fairness.name, self.circuit.not_(fairness.enabled), fairness.instances)

    def seen(self, condition: Condition, instance: Instance | None) -> Node:
        """Whether a condition is seen in a state or in the step that an instance of the ground takes there; None: stuttering."""
        if instance is None:
            [node] = stuttering(self.base, [condition.node])
            return node
        [node] = after(self.base, instance, [condition.node])
        if instance.number not in condition.taken:
            return node
        return self.circuit.or_((node, changing(self.base, instance)))

    # -- steps -------------------------------------------------------------------------------------------------------

    def beside(self, instance: Instance, writes: Mapping[str, Node]) -> Instance:
        """An instance of the ground that the pursued case wants; it also writes added variables."""
        [wanted] = after(self.base, instance, [self.wanted_steps])
        own = {**writes, **({OWED: self.circuit.false} if self._owing else {})}
        return replace(
            instance,
            storable=self.circuit.and_((instance.storable, wanted)),
            enabled=self.circuit.and_((instance.enabled, wanted)),
            writes={**instance.writes, **{self.number(name): node for name, node in own.items()}},
        )

    def step(self, name: str, number: int, guard: Node, writes: Mapping[int, Node]) -> Instance:
        """An instance of one of the added steps."""
        return Instance(number, self._steps[name], {}, ((name, guard),), (), guard, dict(writes), (), guard, {})

    def watching(self, number: int, case: int) -> Instance:
        """The instance by which a case begins to be pursued."""
        circuit, owes = self.circuit, case in self._owing
        writes = {self.number(CASE): circuit.int(case), **({self.number(OWED): circuit.true} if owes else {})}
        trigger = circuit.true if owes else self.cases[case - 1].trigger
        return self.step(WATCH, number, circuit.and_((self.pursued(0), trigger)), writes)

    @property
    def watched(self) -> list[int]:
        """The cases that begin to be pursued in a step of their own."""
        return [number for number, case in self._numbered() if not case.initially]

    # -- the ground --------------------------------------------------------------------------------------------------

    @cached_property
    def initial(self) -> Node:
        """The initial states of the ground in which no case is pursued, or one that is triggered; nothing else is written."""
        circuit = self.circuit
        nothing = [circuit.not_(node) if node.is_bool else circuit.eq(node, circuit.int(node.low)) for node in self._unwritten]
        begun = [self._triggered(number, case) for number, case in self._numbered() if case.initially]
        begun.append(circuit.and_((self.pursued(0), circuit.not_(self.owed))))
        return circuit.and_((self.base.initial, circuit.or_(begun), *nothing))

    def _triggered(self, number: int, case: Case) -> Node:
        owes = number in self._owing
        trigger = self.owed if owes else self.circuit.and_((case.trigger, self.circuit.not_(self.owed)))
        return self.circuit.and_((self.pursued(number), trigger))

    @property
    def _unwritten(self) -> list[Node]:
        """The fields that hold their least codes at the beginning."""
        names = [name for name in self._written if name not in (CASE, OWED)]
        return [self.field_node(field.number) for name in names for field in self.layout.of(name)]

    @cached_property
    def constraint(self) -> Node:
        """Inside all constraints, and wanted."""
        return self.circuit.and_((self.base.constraint, self.wanted))

    @cached_property
    def bad(self) -> Node:
        """The bad states: an infinite fair behaviour that violates the property leads to one."""
        raise NotImplementedError

    def holds(self, property: Property) -> Node:
        """Whether a property holds; of the property of liveness, that the state is not a bad one."""
        if property.name == self.liveness.property.name:
            return self.circuit.not_(self.bad)
        return super().holds(property)

    @cached_property
    def symmetry(self) -> Symmetry:
        """None is used: an exchange of names would have to exchange cases and latches, too."""
        return replace(super().symmetry, reason="a case, or a condition of fairness, may be about some names and not others")

    @cached_property
    def leaving(self) -> Leaving:
        """No step leaves a range."""
        return _Nowhere(self)

    @cached_property
    def starts(self) -> Starts:
        """Nothing is wrong with initial values and predicates."""
        return _Right(self)

    # -- paths -------------------------------------------------------------------------------------------------------

    def steps_of_ground(self, path: Path) -> list[PathStep]:
        """The steps of a path in the ground."""
        own = len(self.base.instances)
        kept = [step for step in path.steps if step.instance is None or step.instance < own]
        return [PathStep(step.instance, step.codes[: self.width]) for step in kept]


class _Nowhere(Leaving):
    def by(self, instance: Instance) -> Node:
        """It does not."""
        return self.ground.circuit.false


class _Right(Starts):
    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.undefined_values = self.outside = self.without_codes = frozenset()

    @cached_property
    def begins(self) -> Node:
        """The initial states."""
        return self.ground.initial

    def violation(self, prop: Property) -> Node:
        """None is."""
        return self.ground.circuit.false


def stuttering(ground: Ground, nodes: Sequence[Node]) -> list[Node]:
    """Nodes over steps 0 and 1, over step 0 alone: their values for a step that changes nothing."""
    none = Action("", (), (), (), (), (), "", None)
    true = ground.circuit.true
    return after(ground, Instance(-1, none, {}, (), (), true, {}, (), true, {}), nodes)


def variable(name: str, sort: Sort, doc: str) -> Variable:
    """An added variable. Its name contains a space, which no name of a model does."""
    return Variable(name, sort, None, doc, None)


def flag(name: str, doc: str) -> Variable:
    """An added variable that is true or false, at the beginning false."""
    return variable(name, BOOL, doc)


def between(low: int, high: int) -> RangeSort:
    """The integers of an interval."""
    return RangeSort(f"{low}..{high}", integer(low), integer(high), declaration=0)
