"""Clauses over a vocabulary, searched for by the states that they exclude: true in all sampled states, false in one that is not
reachable.

A clause that is false in a state is false for some values of its variables; there all its literals are false. So of the
literals that are false there, a few are chosen that together are true wherever a sample looks: a hitting set, smallest first.

Sources: the samples are those of DistAI (Yao and others, OSDI 2021) and DuoAI (OSDI 2022), which enumerate; the target of the
search is the clause that IC3 generalises (Bradley, VMCAI 2011), with samples in place of queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.kernel.sorts import QuorumSort
from verifier.kernel.terms import Term, walk
from verifier.proof.lemmas.vocabulary import Atom, Vocabulary
from verifier.proof.lemmas.wording import LONGEST, Clause, Wording
from verifier.semantics.ground.columns import Array, Program
from verifier.semantics.ground.ground import Ground

COLUMNS = 1_500
"""Samples that a search examines first, each a state with values for the variables."""

BRANCHES, LEAST_BRANCHES = 20_000, 2_000
"""Partial clauses of one length that are pursued: in all places together, but this many at each."""

ENOUGH, TURNS, MOST_REFUTED = 3, 12, 40
"""Clauses that are confirmed at one place; searches for them, each knowing the samples that refuted those before; how many of
these.
"""

MOST_WORK, MOST_RICH_WORK = 120_000, 20_000
"""Partial clauses that are pursued for one model before the search stops: of plain atoms; with quantifiers inside."""

Bits = NDArray[np.uint64]


class Sight:
    """The truth of atoms in some states of one instance: for each, an array over the states and the values of the variables.

    `variables` are those of the vocabulary; an atom's array has length 1 where it does not read one.
    """

    def __init__(self, ground: Ground, variables: Sequence[Term], atoms: Sequence[Atom]) -> None:
        self.ground = ground
        self.variables = variables
        self.atoms: list[Atom] = []
        self._bindings = [[environment for _, environment in ground.bindings([one])] for one in variables]
        self.sizes = tuple(len(each) for each in self._bindings)
        self._places: list[tuple[tuple[int, ...], int, int]] = []
        self._nodes: list[Any] = []
        self.grow(atoms)

    def grow(self, atoms: Sequence[Atom]) -> None:
        """Adds atoms."""
        circuit = self.ground.circuit
        for atom in atoms:
            read = [place for place, one in enumerate(self.variables) if one in atom.variables]
            start = len(self._nodes)
            for each in product(*(self._bindings[place] for place in read)):
                environment = {one: value for binding in each for one, value in binding.items()}
                present = [self.ground.lower(part, environment)[0] for part in atom.present]
                said, uses = self.ground.lower(atom.term, environment)
                there = circuit.and_((*present, *(circuit.not_(use.happens) for use in uses)))
                self._nodes += [circuit.and_((there, said)), circuit.and_((there, circuit.not_(said)))]
            shape = tuple(size if place in read else 1 for place, size in enumerate(self.sizes))
            self._places.append((shape, start, len(self._nodes)))
            self.atoms.append(atom)
        self.__dict__.pop("_program", None)

    @cached_property
    def _program(self) -> Program:
        return Program(self._nodes)

    def look(self, columns: Sequence[Array]) -> Looked:
        """The truth of the atoms in states given as columns, one for each field."""
        program, count = self._program, len(columns[0])
        values = program.run([columns[node.value] for node in program.fields])
        said = []
        for shape, start, end in self._places:
            rows = [np.broadcast_to(np.asarray(value, np.bool_), (count,)) for value in values[start:end]]
            true, false = (np.stack(rows[side::2], axis=1).reshape((count, *shape)) for side in (0, 1))
            said.append((true, false))
        return Looked(self.sizes, count, said)


@dataclass(slots=True)
class Looked:
    """For each atom, where it is true and where it is false; it is neither where it says nothing."""

    sizes: tuple[int, ...]
    count: int
    said: list[tuple[Array, Array]]

    def refuted(self, clause: Clause) -> tuple[int, ...] | None:
        """A state and values of the variables for which a clause is false; None if there is none."""
        false: Any = None
        for number, holds in clause.literals:
            side = self.said[number][1 if holds else 0]
            false = side if false is None else false & side
        if not false.size:
            return None
        first = int(np.argmax(false))
        if not false.flat[first]:
            return None
        return tuple(int(place) for place in np.unravel_index(first, false.shape))

    def at(self, place: Sequence[int]) -> NDArray[np.bool_]:
        """Of each literal, whether it is false there: first all atoms as they are, then their negations."""
        columns = [
            [side[_index(side, place)] for _, side in self.said],
            [side[_index(side, place)] for side, _ in self.said],
        ]
        return np.array(columns, np.bool_).reshape(-1)

    def sampled(self, count: int, random: np.random.Generator) -> NDArray[np.bool_]:
        """Some columns drawn at random, one for each state and values: of each literal, whether it is false there."""
        states = random.integers(self.count, size=count)
        values = [random.integers(size, size=count) for size in self.sizes]
        rows = []
        for side in (1, 0):
            for said in self.said:
                array = said[side]
                index = [
                    drawn if size > 1 else np.zeros_like(drawn)
                    for drawn, size in zip(values, array.shape[1:], strict=True)
                ]
                rows.append(array[(states, *index)])
        return np.stack(rows)


def _index(array: Array, place: Sequence[int]) -> tuple[int, ...]:
    return tuple(at if size > 1 else 0 for at, size in zip(place, array.shape, strict=True))


class Search:
    """Looks for clauses that hold in all samples. Each of them is from one instance; `add` takes another one's."""

    def __init__(self, words: Vocabulary, *, rich: bool = False, seed: int = 0) -> None:
        self.variables = words.variables
        self.atoms = words.all if rich else words.atoms
        self.samples: list[Looked] = []
        self._random = np.random.default_rng(seed)
        self._false: NDArray[np.bool_] = np.zeros((2 * len(self.atoms), 0), np.bool_)
        self._bits: Bits | None = None
        self.work, self._most = 0, MOST_RICH_WORK if rich else MOST_WORK
        self._wording = Wording(words, self.atoms)
        self._cost = [self._price(atom.term) for atom in self.atoms] + [
            self._price(atom.opposite) for atom in self.atoms
        ]

    @staticmethod
    def _price(term: Term) -> int:
        return sum(1 for _ in walk(term)) + 20 * sum(bool(node.bound) for node in walk(term))

    def add(self, looked: Looked) -> None:
        """Adds samples: in all these states a clause must hold."""
        self.samples.append(looked)
        if looked.count:
            self._extend(np.unique(looked.sampled(COLUMNS, self._random), axis=1))

    def _extend(self, false: NDArray[np.bool_]) -> None:
        self._false = np.concatenate([self._false, false], axis=1)
        self._bits = None

    @property
    def bits(self) -> Bits:
        """The columns of each literal, packed: a bit is set where it is false."""
        if self._bits is None:
            width = -(-max(1, self._false.shape[1]) // 64) * 64
            padded = np.zeros((len(self._false), width), np.bool_)
            padded[:, : self._false.shape[1]] = self._false
            self._bits = np.packbits(padded, axis=1).view(np.uint64)
        return self._bits

    def clauses(self, state: Looked) -> Iterator[Clause]:
        """Clauses that are true in all samples and false in a state, the simplest first; all of the least length."""
        places = self._places(state)
        for length in range(1, LONGEST + 1):
            if self.work > self._most:
                return
            found: list[Clause] = []
            branches = max(LEAST_BRANCHES, BRANCHES // max(1, len(places)))
            for false in places:
                found += self._confirmed(false, length, branches)
            if found:
                ranked = sorted(found, key=self._order)
                yield from dict.fromkeys(map(self._wording.plain, ranked))
                return

    def _confirmed(self, false: NDArray[np.int64], length: int, branches: int) -> list[Clause]:
        """The simplest clauses of this many of these literals that all samples confirm; a sample that refutes one then becomes a
        column.
        """
        found: list[Clause] = []
        for _ in range(TURNS):
            if self.work > self._most:
                break
            refuting: list[NDArray[np.bool_]] = []
            count = len(self.atoms)
            hitting = self._hitting(false, length, branches)
            for clause in sorted(hitting, key=self._order):
                numbers = [number + (not holds) * count for number, holds in clause.literals]
                if clause in found or any(column[numbers].all() for column in refuting):
                    continue
                column = self._refuted(clause)
                if column is None:
                    found.append(clause)
                else:
                    refuting.append(column)
                if len(found) == ENOUGH or len(refuting) == MOST_REFUTED:
                    break
            if refuting:
                self._extend(np.stack(refuting, axis=1))
            if found or not refuting:
                break
        return found

    def _places(self, state: Looked) -> list[NDArray[np.int64]]:
        """For each choice of values the literals that are false; values of one sort ascend, as variables are interchangeable."""
        groups: dict[Any, list[int]] = {}
        for place, one in enumerate(self.variables):
            groups.setdefault(one.sort, []).append(place)
        # Where there are fewer values than variables, some variables have to share one.
        pairs = [
            pair for places in groups.values() if len(places) <= state.sizes[places[0]] for pair in pairwise(places)
        ]
        result: dict[bytes, NDArray[np.int64]] = {}
        for values in product(*(range(size) for size in state.sizes)):
            if all(values[left] < values[right] for left, right in pairs):
                false = state.at((0, *values))
                result.setdefault(false.tobytes(), np.flatnonzero(false))
        return list(result.values())

    def _refuted(self, clause: Clause) -> NDArray[np.bool_] | None:
        """A column of some sample that falsifies a clause; None if there is none."""
        for looked in self.samples:
            place = looked.refuted(clause)
            if place is not None:
                return looked.at(place)
        return None

    def _order(self, clause: Clause) -> tuple[int, tuple[tuple[int, bool], ...]]:
        """The simplest first."""
        numbers = [number if holds else number + len(self.atoms) for number, holds in clause.literals]
        variables = set[Term]().union(*(self.atoms[number].variables for number, _ in clause.literals))
        quorums = sum(isinstance(one.sort, QuorumSort) for one in variables)
        return sum(self._cost[number] for number in numbers) + 2 * len(variables) + quorums, clause.literals

    def _hitting(self, false: NDArray[np.int64], length: int, branches: int) -> list[Clause]:
        """The clauses of this many of these literals that are true in all columns, as far as `branches` partial ones lead."""
        bits, columns = self.bits[false], self._false[false]
        if np.bitwise_and.reduce(bits, axis=0).any():
            return []
        weights = np.zeros(64 * bits.shape[1], np.uint16)
        weights[: columns.shape[1]] = 1 + np.add.reduce(columns.view(np.uint8), axis=0, dtype=np.uint16)
        found: set[tuple[int, ...]] = set()

        def choose(left: Bits, allowed: NDArray[np.bool_], chosen: tuple[int, ...], branches: int) -> None:
            """Adds literals to some that are all false in the columns that are `left`: first one that is true in the hardest one.

            The clauses with a literal that is not `allowed` are found already.
            """
            self.work += 1
            hardest = int(np.argmax(weights * np.unpackbits(left.view(np.uint8))))
            numbers = np.flatnonzero(allowed & ~columns[:, hardest])
            if len(chosen) == length - 1:
                last = numbers[np.bitwise_or.reduce(bits[numbers] & left, axis=1) == 0]
                found.update(tuple(sorted((*chosen, int(number)))) for number in false[last])
                return
            numbers = numbers[:branches]
            allowed = allowed.copy()
            for number in numbers:
                allowed[number] = False
                choose(left & bits[number], allowed, (*chosen, int(false[number])), max(1, branches // len(numbers)))

        choose(np.packbits(weights > 0).view(np.uint64), np.ones(len(false), np.bool_), (), branches)
        count = len(self.atoms)
        return [
            Clause(tuple(sorted((number % count, number < count) for number in numbers)))
            for numbers in sorted(found)
            if len(set(numbers)) == length
        ]
