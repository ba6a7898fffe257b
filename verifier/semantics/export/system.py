"""A ground model as a sequential circuit: words that are stored, words that are free in each step, and the bad states and steps.

Nothing is assumed: every value of the inputs is allowed in every step, so that a checker which knows no constraints reads the
same. An input picks the instance. Where that instance cannot fire, or the state is outside the constraint, the state stays as it
is; so the states that are stored are the reachable ones, each after as many steps as it takes. Where a single state is initial,
the words are reset to it. Where several are, or none, inputs choose the values of the variables that are open, and a bit
`started` is 0 until the state that they choose is initial. The step that is picked then starts from the chosen values: choosing
takes no step of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from verifier.kernel.properties import Property
from verifier.semantics.ground.circuit import Circuit, Node, copied, width_of
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.layout import Field, label
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.symbols import numbered

KINDS = ("state", "action", "range", "defined")
"""The kinds of properties that an export can state as bad states or steps."""

STARTED, PICK = "started", "pick"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the circuit by its field node: an input, free in every step."""

    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class Latch(Word):
    """A word that is stored: the code that it holds at first, and the node of the one that it takes, modulo its width."""

    reset: int
    next: Node


@dataclass(frozen=True, slots=True)
class Bad:
    """When a property is violated: by the state, or by the step that the inputs pick."""

    property: Property
    node: Node


@dataclass(frozen=True, slots=True)
class System:
    """A sequential circuit; all nodes are of `circuit`, whose fields are the words."""

    circuit: Circuit
    inputs: tuple[Word, ...]
    latches: tuple[Latch, ...]
    bads: tuple[Bad, ...]
    picks: tuple[str, ...]
    """For each value of the input `pick`, the instance that it fires."""


def system(ground: Ground, properties: Iterable[Property]) -> System:
    """The sequential circuit of a ground model, and of properties of these KINDS."""
    return _Derived(ground).system(properties)


class _Derived:
    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.circuit = circuit = Circuit()
        self.inputs: list[Word] = []
        self.fields = ground.layout.fields
        self.first = self._first()
        self._initially: dict[int, Node] = {ground.field_node(n).index: node for n, node in self.first.items()}
        ready = self.initially(ground.initial)
        stored = {
            field.number: circuit.field(field.number, field.is_bool, field.low, field.high) for field in self.fields
        }
        self.resets: dict[int, int] | None = None
        if ready is circuit.true:
            self.resets = {number: node.value for number, node in self.first.items()}
            self.started, self.valid, self.now = circuit.true, circuit.true, stored
        else:
            self.started = circuit.field(len(self.fields), True, 0, 1)
            self.valid = circuit.or_((self.started, ready))
            self.now = {n: circuit.ite(self.started, node, self.first[n]) for n, node in stored.items()}
        self._known: dict[int, Node] = {ground.field_node(n).index: node for n, node in self.now.items()}
        self.fires, self.then = self._step()
        self._known |= {ground.field_node(n, 1).index: node for n, node in self.then.items()}

    # -- initial states ----------------------------------------------------------------------------------------------

    def _first(self) -> dict[int, Node]:
        """The codes that each field can hold initially: those that are given, and inputs for those that are open."""
        ground, circuit = self.ground, self.circuit
        result: dict[int, Node] = {}
        self._bounds: list[Node] = []
        for variable in ground.scope.model.variables:
            fields = ground.layout.of(variable.name)
            if variable.initial is None:
                result |= {field.number: self._open(field) for field in fields}
                continue
            codes = ground.initial_codes(variable.name, variable.name in ground.starts.without_codes)
            result |= {field.number: copied(code, circuit, {}) for field, code in zip(fields, codes, strict=True)}
        return result

    def _open(self, field: Field) -> Node:
        """An input that is a field's code, whatever value it takes; one out of range is excluded by a bound."""
        circuit = self.circuit
        if field.low == field.high:
            return circuit.field(field.number, field.is_bool, field.low, field.high)
        number, bits = len(self.fields) + 2 + len(self.inputs), width_of(field.low, field.high)
        signed = not field.is_bool and field.low < 0
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        node = circuit.field(number, field.is_bool, low, high)
        self.inputs.append(Word(f"initially {numbered(field.number, field.name)}", node))
        if not field.is_bool:
            self._bounds += [circuit.le(circuit.int(field.low), node), circuit.le(node, circuit.int(field.high))]
        return node

    def initially(self, node: Node) -> Node:
        """Whether the choice of the inputs is a candidate for an initial state, with codes of its sorts, that satisfies a node.
        """
        return self.circuit.and_((*self._bounds, copied(node, self.circuit, self._initially)))

    # -- steps -------------------------------------------------------------------------------------------------------

    def at(self, node: Node) -> Node:
        """A node of the ground over this state, and the next."""
        return copied(node, self.circuit, self._known)

    def _step(self) -> tuple[Node, dict[int, Node]]:
        """Whether the picked instance fires, and the code of each field in the next state."""
        circuit, ground = self.circuit, self.ground
        instances = [i for i in ground.instances if i.storable is not ground.circuit.false]
        self.picks = tuple(instance_text(i.action.name, i.arguments) for i in instances)
        inside = circuit.and_((self.valid, self.at(ground.constraint)))
        # One value more, so that a state that is chosen can be stored before anything happens.
        bits = (len(instances) - (self.resets is not None)).bit_length() if instances else 0
        pick = circuit.int(0)
        if bits:
            pick = circuit.field(len(self.fields) + 1, False, 0, (1 << bits) - 1)
            self.inputs.insert(0, Word(PICK, pick))
        writers: dict[int, dict[int, tuple[Node, list[Node]]]] = {}
        fired = []
        for place, instance in enumerate(instances):
            picked = circuit.and_((inside, circuit.eq(pick, circuit.int(place)), self.at(instance.storable)))
            fired.append(picked)
            for number, value in instance.writes.items():
                writers.setdefault(number, {}).setdefault(value.index, (value, []))[1].append(picked)
        then = dict(self.now)
        for number, values in writers.items():
            for value, by in values.values():
                then[number] = circuit.ite(circuit.or_(by), self.at(value), then[number])
        return circuit.or_(fired), then

    # -- properties --------------------------------------------------------------------------------------------------

    def bad(self, prop: Property) -> Bad:
        """When a property is violated."""
        circuit, ground = self.circuit, self.ground
        watched = monitor(ground, prop)
        # Outside the constraint nothing is attempted.
        attempts = ground.circuit.or_((watched.bad_inside, ground.leaving.violations(prop)))
        state = ground.circuit.or_((watched.bad_state, ground.circuit.and_((ground.constraint, attempts))))
        unstarted = circuit.and_((circuit.not_(self.started), self.initially(watched.bad_start)))
        return Bad(
            prop,
            circuit.or_(
                (
                    circuit.and_((self.valid, self.at(state))),
                    circuit.and_((self.fires, self.at(watched.bad_step))),
                    unstarted,
                )
            ),
        )

    def system(self, properties: Iterable[Property]) -> System:
        bads = tuple(self.bad(prop) for prop in properties)
        latches = []
        for field in self.fields:
            if field.low < field.high:
                node = self.circuit.field(field.number, field.is_bool, field.low, field.high)
                then, reset = self.then[field.number], field.low
                if self.resets is not None:
                    reset = self.resets[field.number]
                else:
                    # Until a state is initial there is nothing to store.
                    then = self.circuit.ite(
                        self.valid, then, self.circuit.bool(False) if field.is_bool else self.circuit.int(reset)
                    )
                latches.append(Latch(numbered(field.number, field.name), node, reset, then))
        if self.resets is None:
            latches.append(Latch(STARTED, self.started, 0, self.valid))
        return System(self.circuit, tuple(self.inputs), tuple(latches), bads, self.picks)


def instance_text(action: str, arguments: Mapping[str, object]) -> str:
    """An action instance as people write it."""
    return (
        f"{action}({', '.join(f'{name} = {label(value)}' for name, value in arguments.items())})"
        if arguments
        else action
    )
