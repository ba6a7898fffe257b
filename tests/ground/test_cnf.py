"""The CNF back end by itself: numbers of any width, the order of atoms, their names, copies and nodes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from tests.differential import subjects
from verifier.semantics.answers import Answer
from verifier.semantics.ground import cnf
from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.cnf import TRUE, Clauses, Gates, Numbers
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.orbits import Permutation
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.renaming import Copies
from verifier.semantics.ground.sat import Sat
from verifier.semantics.scope.renamed import movable


class Fields:
    """Fields of given intervals as order literals, or bits where they are wide."""

    def __init__(self, intervals: Sequence[tuple[int, int]]) -> None:
        self.intervals = intervals
        self.first: list[int] = []
        next_ = 2
        for low, high in intervals:
            self.first.append(next_)
            next_ += high - low if high - low < cnf.NARROW else 12
        self.numbers = Numbers(Gates(next_), self.at_least, self.equals, self.bits)

    def at_least(self, field: int, code: int, step: int) -> int:
        low, high = self.intervals[field]
        return TRUE if code <= low else -TRUE if code > high else self.first[field] + code - low - 1

    def equals(self, field: int, code: int, step: int) -> int:
        return self.numbers.gates.and_((self.at_least(field, code, 0), -self.at_least(field, code + 1, 0)))

    def bits(self, field: int, step: int) -> Sequence[int] | None:
        low, high = self.intervals[field]
        return None if high - low < cnf.NARROW else [self.first[field] + place for place in range(12)]

    def state(self, codes: Sequence[int]) -> list[int]:
        result = []
        for field, code in enumerate(codes):
            low, high = self.intervals[field]
            if high - low < cnf.NARROW:
                result += [self.at_least(field, c, 0) * (1 if c <= code else -1) for c in range(low + 1, high + 1)]
            else:
                result += [(self.first[field] + place) * (1 if code >> place & 1 else -1) for place in range(12)]
        return result


INTERVALS = [(0, 3), (-2, 5), (0, 40), (0, 900), (-300, 200)]


def drawn(circuit: Circuit, chance: random.Random, depth: int) -> Node:
    """A random integer node over the fields."""
    if depth == 0:
        if chance.random() < 0.2:
            return circuit.int(chance.randint(-20, 20))
        field = chance.randrange(len(INTERVALS))
        return circuit.field(field, False, *INTERVALS[field])
    one, other = drawn(circuit, chance, depth - 1), drawn(circuit, chance, chance.randrange(depth))
    match chance.choice(["add", "sub", "mul", "ite"]):
        case "add":
            return circuit.add(one, other)
        case "sub":
            return circuit.sub(one, other)
        case "mul" if max(map(abs, (one.low, one.high, other.low, other.high))) < 50:
            return circuit.mul(one, other)
    return circuit.ite(compared(circuit, chance, drawn(circuit, chance, 0), other), one, other)


def compared(circuit: Circuit, chance: random.Random, one: Node, other: Node) -> Node:
    return circuit.eq(one, other) if chance.random() < 0.4 else circuit.le(one, other)


def agree(seed: int) -> bool:
    """Whether a random comparison has the value that the reference gives it, for random values of the fields."""
    chance, circuit, fields = random.Random(seed), Circuit(), Fields(INTERVALS)
    root = compared(circuit, chance, drawn(circuit, chance, 2), drawn(circuit, chance, 2))
    literal = fields.numbers.literal(root)
    clauses = Clauses(fields.numbers.gates)
    clauses.define_fully(literal)
    solver = Sat(clauses.all)
    for _ in range(8):
        codes = [chance.choice([low, high, chance.randint(low, high)]) for low, high in INTERVALS]
        wanted = Evaluator(codes).holds(root)
        known = fields.state(codes)
        said = [solver.check([*known, sign * literal]) is Answer.SAT for sign in (1, -1)]
        if said != [wanted, not wanted]:
            return False
    return True


def test_numbers_of_any_width_agree_with_the_reference() -> None:
    assert all(agree(seed) for seed in range(80))


def _no_carry(self: Numbers, left: Sequence[int], right: Sequence[int], carry: int = -TRUE) -> list[int]:
    return [-self.gates.iff(a, b) for a, b in zip(left, right, strict=True)]


WRONG: dict[str, Any] = {
    "_sum": _no_carry,
    "_sides": lambda self, node, code: iter([self.at_least(node.args[0], code)]),
    "_le": lambda self, left, right: self._eq(left, right),
    "_eq": lambda self, left, right: -TRUE,
}


@pytest.mark.parametrize("method", WRONG)
def test_a_wrong_lowering_of_numbers_is_noticed(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Numbers, method, WRONG[method])
    assert not all(agree(seed) for seed in range(80))


def test_a_gate_in_one_polarity_is_an_implication() -> None:
    gates = Gates(4)
    gate = gates.and_((2, 3))
    clauses = Clauses(gates)
    clauses.add([gate])
    solver = Sat(clauses.all)
    assert solver.check([-2]) is Answer.UNSAT
    assert len(clauses.all) == 4, "the other direction is not needed, and not made"


def clausal(name: str) -> Clausal:
    return Clausal(Ground(subjects.sample(name).scope))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.nightly] * (name == "algebra")) for name in subjects.OWN]
)
def test_atoms_determine_a_state_and_mean_what_their_nodes_say(name: str) -> None:
    encoded = clausal(name)
    for codes, _ in subjects.expected(name, 60)[0]:
        known = encoded.state(codes)
        assert encoded.decoded(known) == codes
        at = Evaluator(codes)
        assert all(at.holds(encoded.node(literal)) for literal in known)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.nightly] if name == "algebra" else [])
        for name in subjects.OWN
        if any(map(len, movable(subjects.sample(name).scope).values()))
    ],
)
def test_copies_are_what_permutations_of_packed_states_make(name: str) -> None:
    encoded = clausal(name)
    layout, packing = encoded.ground.layout, Packing(encoded.ground.layout)
    copies = Copies(encoded)
    for sort, members in movable(layout.scope).items():
        renaming = {sort: dict(zip(members, [*members[1:], members[0]], strict=True))}
        moved, permutation = copies.moved(renaming), Permutation(layout, renaming)
        for codes, _ in subjects.expected(name, 60)[0][:20]:
            (other,) = packing.codes(permutation.apply(packing, packing.of([codes])))
            assert {moved[x] if x > 0 else -moved[-x] for x in encoded.state(codes)} == set(encoded.state(other))
