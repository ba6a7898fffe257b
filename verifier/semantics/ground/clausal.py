"""A ground model in clauses: atoms of the facts of a state as variables, and the steps between two states.

The atoms of a state are variables 2, 3, ...; those of the next state follow. A negated atom says exactly the negation: a state is
determined by its atoms. For an absent value no atom of a nominal fact holds (see `facts`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.ground.cnf import NARROW, TRUE, Clauses, Gates, Numbers, bit_runs
from verifier.semantics.ground.facts import Fact, Facts
from verifier.semantics.ground.ground import Ground, Instance


@dataclass(frozen=True, slots=True)
class Atom:
    """An atom of a fact: its `code`, or of a `wide` integer the place of a bit, the lowest being 0."""

    fact: Fact
    code: int
    wide: bool


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """An action instance in clauses: when it fires, and the atoms that it writes, by their variables."""

    instance: Instance
    selector: int
    guard: int
    writes: dict[int, int]


def wide(fact: Fact) -> bool:
    """Whether a fact has too many codes for an atom each."""
    return fact.kind == "ordinal" and fact.high - fact.low >= NARROW


class Clausal:
    """The atoms and moves of a ground model.

    `size` is the number of atoms; the variable of one in the next state is greater by that. `go` is the variable that asks for a
    step: without it, nothing is chosen and nothing changes.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.facts = Facts(ground.layout)
        self.atoms: list[Atom] = []
        self._variables: dict[tuple[int, int], int] = {}
        for fact in self.facts.all:
            places = range(_bits(fact)) if wide(fact) else () if fact.constant else fact.codes
            for code in places:
                self._variables[fact.number, code] = 2 + len(self.atoms)
                self.atoms.append(Atom(fact, code, wide(fact)))
        self.size = len(self.atoms)
        self.gates = Gates(2 + 2 * self.size)
        self.numbers = Numbers(self.gates, self._field_at_least, self._field_equals, self._field_bits)
        self.go = self.gates.new()

    # -- atoms -------------------------------------------------------------------------------------------------------

    def variable(self, fact: Fact, code: int) -> int:
        """The variable of an atom in the current state; KeyError if the fact has no such atom."""
        return self._variables[fact.number, code]

    def atom(self, variable: int) -> Atom:
        """The atom of a variable of the current state."""
        return self.atoms[variable - 2]

    @property
    def current(self) -> range:
        """The variables of the current state."""
        return range(2, 2 + self.size)

    def following(self, literal: int) -> int:
        """A literal of the current state, in the next."""
        return literal + self.size if literal > 0 else literal - self.size

    def at_least(self, fact: Fact, code: int, step: int = 0) -> int:
        """The literal that a fact has at least a code."""
        if code <= fact.low:
            return TRUE
        if code > fact.high:
            return -TRUE
        if fact.kind == "nominal":
            return self.gates.or_(self.equals(fact, other, step) for other in range(code, fact.high + 1))
        return self._variables[fact.number, code] + step * self.size

    def equals(self, fact: Fact, code: int, step: int = 0) -> int:
        """The literal that the field of a fact, which has only one, holds a code; the field of an absent value holds the least.
        """
        if not fact.low <= code <= fact.high:
            return -TRUE
        if fact.kind == "nominal" and not fact.constant:
            literal = self._variables[fact.number, code] + step * self.size
            if code == fact.low and fact.guard is not None:
                return self.gates.or_((literal, -self.present(fact, step)))
            return literal
        return self.gates.and_((self.at_least(fact, code, step), -self.at_least(fact, code + 1, step)))

    def present(self, fact: Fact, step: int = 0) -> int:
        """The literal that the value of a fact is there."""
        return TRUE if fact.guard is None else self._field_at_least(fact.guard, fact.beyond + 1, step)

    def _field_at_least(self, field: int, code: int, step: int) -> int:
        fact, place = self.facts.of_field[field]
        if place == 0 and len(fact.fields) == 1 and not fact.rank:
            return self.at_least(fact, code, step)
        return self._where(fact, place, step, lambda digit: digit >= code)

    def _field_equals(self, field: int, code: int, step: int) -> int:
        fact, place = self.facts.of_field[field]
        if place == 0 and len(fact.fields) == 1 and not fact.rank:
            return self.equals(fact, code, step)
        return self._where(fact, place, step, lambda digit: digit == code)

    def _where(self, fact: Fact, place: int, step: int, wanted: object) -> int:
        assert callable(wanted)
        if place < 0:
            held = self.at_least(fact, 1, step)
            return {(False, True): held, (True, False): -held, (True, True): TRUE, (False, False): -TRUE}[wanted(0), wanted(1)]
        runs: list[list[int]] = []
        for digit, first, last in self.facts.digits(fact, place):
            if wanted(digit):
                if runs and runs[-1][1] == first - 1:
                    runs[-1][1] = last
                else:
                    runs.append([first, last])
        ends = ((self.at_least(fact, first, step), -self.at_least(fact, last + 1, step)) for first, last in runs)
        return self.gates.or_(self.gates.and_(pair) for pair in ends)

    def _field_bits(self, field: int, step: int) -> Sequence[int] | None:
        fact, _ = self.facts.of_field[field]
        if not wide(fact):
            return None
        return [self._variables[fact.number, place] + step * self.size for place in range(_bits(fact))]

    def node(self, literal: int) -> Node:
        """A literal of the current state as a node of the circuit."""
        circuit, atom = self.ground.circuit, self.atom(abs(literal))
        fact, fields = atom.fact, [self.ground.field_node(field.number) for field in atom.fact.fields]
        if atom.wide:
            runs = bit_runs(fact.low, fact.high, atom.code)
            value = circuit.or_([_between(circuit, fields[0], first, last) for first, last in runs])
        elif fact.kind == "bool":
            value = fields[0]
        elif fact.kind == "nominal":
            value = circuit.eq(fields[0], circuit.int(atom.code))
        elif len(fields) == 1 and not fact.rank:
            value = circuit.le(circuit.int(atom.code), fields[0])
        else:
            value, left = circuit.true, atom.code - int(fact.rank)
            for field, node in zip(reversed(fact.fields), reversed(fields), strict=True):
                left, digit = divmod(left, field.high - field.low + 1)
                least = circuit.int(field.low + digit)
                value = circuit.or_((circuit.lt(least, node), circuit.and_((circuit.eq(least, node), value))))
        if fact.guard is not None:
            guard = self.ground.field_node(fact.guard)
            present = guard if guard.is_bool else circuit.lt(circuit.int(fact.beyond), guard)
            value = circuit.and_((present, value))
        return value if literal > 0 else circuit.not_(value)

    # -- states ------------------------------------------------------------------------------------------------------

    def typed(self, step: int) -> Iterable[list[int]]:
        """Clauses: the atoms are those of a state, whose fields hold codes of their sorts."""
        for fact in self.facts.all:
            if fact.constant:
                continue
            if wide(fact):
                node = self.ground.field_node(fact.fields[0].number, step)
                bits = [self._variables[fact.number, place] + step * self.size for place in range(_bits(fact))]
                yield from _within(self, bits, node)
                continue
            atoms = [self._variables[fact.number, code] + step * self.size for code in fact.codes]
            if fact.kind == "ordinal":
                yield from ([-high, low] for low, high in itertools.pairwise(atoms))
            elif fact.kind == "nominal":
                yield from ([-one, -other] for one, other in itertools.combinations(atoms, 2))
                present = self.present(fact, step)
                yield [*atoms, -present]
                yield from ([-one, present] for one in atoms)

    @cached_property
    def canonical(self) -> int:
        """The literal that absent values have their least codes."""
        return self.numbers.literal(self.ground.canonical)

    @cached_property
    def axioms(self) -> int:
        """The literal that the axioms hold."""
        return self.gates.and_([self.numbers.literal(axiom) for axiom in self.ground.axioms])

    def state(self, codes: Sequence[int], step: int = 0) -> list[int]:
        """The literals of a state with these field codes, which are canonical."""
        result = []
        for number, atom in enumerate(self.atoms):
            literal = 2 + number + step * self.size
            result.append(literal if self._holds(atom, codes) else -literal)
        return result

    def _holds(self, atom: Atom, codes: Sequence[int]) -> bool:
        fact = atom.fact
        if fact.guard is not None and codes[fact.guard] <= fact.beyond:
            return False
        if atom.wide:
            return bool(codes[fact.fields[0].number] >> atom.code & 1)
        code = self._code(fact, codes)
        return code == atom.code if fact.kind == "nominal" else code >= atom.code

    def _code(self, fact: Fact, codes: Sequence[int]) -> int:
        if len(fact.fields) == 1 and not fact.rank:
            return codes[fact.fields[0].number]
        result = 0
        for field in fact.fields:
            result = result * (field.high - field.low + 1) + codes[field.number] - field.low
        return result + int(fact.rank)

    def codes(self, model: Sequence[int], step: int = 0) -> tuple[int, ...]:
        """The field codes of a state in the model of a solver, whose literals are in the order of variables."""
        return self.decoded(model[1 + step * self.size : 1 + (step + 1) * self.size])

    def decoded(self, literals: Sequence[int]) -> tuple[int, ...]:
        """The field codes of a state, from the literals of all its atoms in their order."""
        result = [field.low for field in self.ground.layout.fields]
        known: dict[int, int] = {}
        bits: dict[int, int] = {}
        for atom, literal in zip(self.atoms, literals, strict=True):
            if literal > 0:
                if atom.wide:
                    bits[atom.fact.number] = bits.get(atom.fact.number, 0) | 1 << atom.code
                else:
                    known[atom.fact.number] = atom.code
        for fact in self.facts.all:
            if wide(fact):
                value, width = bits.get(fact.number, 0), _bits(fact)
                result[fact.fields[0].number] = value - (1 << width) if value >> width - 1 else value
            elif fact.number in known:
                self._put(fact, known[fact.number], result)
        return tuple(result)

    def _put(self, fact: Fact, code: int, result: list[int]) -> None:
        if len(fact.fields) == 1 and not fact.rank:
            result[fact.fields[0].number] = code
            return
        if fact.rank:
            assert fact.guard is not None
            result[fact.guard] = 1
            code -= 1
        for field in reversed(fact.fields):
            code, digit = divmod(code, field.high - field.low + 1)
            result[field.number] = field.low + digit

    @cached_property
    def constraint(self) -> int:
        """The literal of a state inside the constraint."""
        return self.numbers.literal(self.ground.constraint)

    # -- steps -------------------------------------------------------------------------------------------------------

    @cached_property
    def moves(self) -> list[Move]:
        """The instances that can fire, each with a variable that selects it."""
        affected: dict[int, set[int]] = {}
        for fact in self.facts.all:
            if fact.constant:
                continue
            fields = [field.number for field in fact.fields]
            if fact.guard is not None and (fact.kind == "nominal" or fact.rank):
                fields.append(fact.guard)
            for field in fields:
                affected.setdefault(field, set()).add(fact.number)
        found = []
        for instance in self.ground.instances:
            if instance.storable is self.ground.circuit.false:
                continue
            guard = self.numbers.literal(instance.storable)
            if guard == -TRUE:
                continue
            touched = sorted({fact for field in instance.writes for fact in affected.get(field, ())})
            writes = {}
            for number in touched:
                writes.update(self._written(self.facts.all[number], instance))
            found.append((instance, guard, writes))
        # Selectors follow each other, so that the one that a model chooses is found at once.
        return [Move(instance, self.gates.new(), guard, writes) for instance, guard, writes in found]

    def moved(self, model: Sequence[int]) -> Move:
        """The move that the model of a solver selects."""
        first = self.moves[0].selector - 1
        return next(move for move, literal in zip(self.moves, model[first:], strict=False) if literal > 0)

    def _written(self, fact: Fact, instance: Instance) -> dict[int, int]:
        """The literals of the new values of the atoms of a fact, by their variables."""
        gates, numbers = self.gates, self.numbers
        nodes = [instance.writes.get(field.number, self.ground.field_node(field.number)) for field in fact.fields]
        for node in nodes:
            numbers.prepare(node)
        present = TRUE
        if fact.guard is not None and (fact.kind == "nominal" or fact.rank):
            guard = instance.writes.get(fact.guard, self.ground.field_node(fact.guard))
            numbers.prepare(guard)
            present = numbers.literal(guard) if guard.is_bool else numbers.at_least(guard, fact.beyond + 1)
        if wide(fact):
            bits = numbers.bits(nodes[0])
            bits = [*bits, *[bits[-1]] * (_bits(fact) - len(bits))]
            return {self._variables[fact.number, place]: bits[place] for place in range(_bits(fact))}
        result = {}
        for code in fact.codes:
            if fact.kind == "bool":
                literal = numbers.literal(nodes[0])
            elif fact.kind == "nominal":
                literal = numbers.equals(nodes[0], code)
            else:
                literal = self._lexicographic(fact, nodes, code)
            result[self._variables[fact.number, code]] = gates.and_((present, literal))
        return result

    def _lexicographic(self, fact: Fact, nodes: Sequence[Node], code: int) -> int:
        if len(nodes) == 1 and not fact.rank:
            return self.numbers.at_least(nodes[0], code)
        result, left = TRUE, code - int(fact.rank)
        for field, node in zip(reversed(fact.fields), reversed(nodes), strict=True):
            left, digit = divmod(left, field.high - field.low + 1)
            digit += field.low
            same = self.gates.and_((self.numbers.at_least(node, digit), result))
            result = self.gates.or_((self.numbers.at_least(node, digit + 1), same))
        return result

    def transition(self) -> Clauses:
        """Clauses of a step from a typed state: the move that is selected fires; with `go` some move is, from a state inside the
        constraint.
        """
        clauses = Clauses(self.gates)
        for clause in (*self.typed(0), *self.typed(1), [self.canonical]):
            clauses.add(clause)
        clauses.add([-self.go, self.constraint])
        clauses.add([-self.go, *(move.selector for move in self.moves)])
        before = -TRUE
        for move in self.moves:
            # At most one (C. Sinz, Towards an optimal CNF encoding of Boolean cardinality constraints, CP 2005).
            sofar = self.gates.new()
            clauses.add([-move.selector, -before])
            clauses.add([-move.selector, sofar])
            clauses.add([-before, sofar])
            before = sofar
            clauses.add([-move.selector, move.guard])
        writers: dict[int, list[int]] = {variable: [] for variable in self.current}
        for move in self.moves:
            for variable, value in move.writes.items():
                writers[variable].append(move.selector)
                clauses.add([-move.selector, -self.following(variable), value])
                clauses.add([-move.selector, self.following(variable), -value])
        for variable, selectors in writers.items():
            changed = self.gates.or_(selectors)
            clauses.add([-variable, self.following(variable), changed])
            clauses.add([variable, -self.following(variable), changed])
        return clauses


def _between(circuit: Circuit, node: Node, first: int, last: int) -> Node:
    return circuit.and_((circuit.le(circuit.int(first), node), circuit.le(node, circuit.int(last))))


def _bits(fact: Fact) -> int:
    """The bits of a wide integer in two's complement."""
    greatest = max(abs(fact.low), abs(fact.high) + 1)
    return greatest.bit_length() + 1


def _within(clausal: Clausal, bits: Sequence[int], node: Node) -> Iterable[list[int]]:
    """Clauses: the bits of a field are a code of its sort."""
    gates = clausal.gates
    flipped = [*bits[:-1], -bits[-1]]
    for bound, least in ((node.low, True), (node.high, False)):
        wanted = bound + (1 << len(bits) - 1)
        result = TRUE
        for place, bit in enumerate(flipped if least else [-bit for bit in flipped]):
            one = wanted >> place & 1
            strict = one if least else not one
            result = gates.and_((bit, result)) if strict else gates.or_((bit, result))
        yield [result]
