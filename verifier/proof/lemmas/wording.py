"""Clauses over a vocabulary as formulas, always in the same words: a certificate's formula is found again by how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.sorts import Sort
from verifier.kernel.terms import Term, conjunction, disjunction, forall, free_variables, implication, substitute, walk
from verifier.proof.lemmas.vocabulary import Atom, Vocabulary

LONGEST = 4
"""Literals of a clause, at most."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Some literals, each the number of an atom and whether it holds, ascending."""

    literals: tuple[tuple[int, bool], ...]

    def formula(self, atoms: Sequence[Atom]) -> Term:
        """The clause for all values of its variables: negated literals, and values that must be present, become premises."""
        present = [part for number, _ in self.literals for part in atoms[number].present]
        premises = list(dict.fromkeys(present))
        premises += [atoms[number].term for number, holds in self.literals if not holds]
        conclusions = [atoms[number].term for number, holds in self.literals if holds]
        if not conclusions:
            premises.pop()
            conclusions = [atoms[self.literals[-1][0]].opposite]
        body = implication(conjunction(premises), disjunction(conclusions))
        return forall(bound_in(body), body)


def bound_in(body: Term) -> tuple[Term, ...]:
    """The free variables of a term, in the order in which they are read."""
    free = free_variables(body)[id(body)]
    return tuple(node for node in walk(body) if node in free)


class Wording:
    """The words of one vocabulary, as far as they are used: which atom says something, and whether it says the opposite."""

    def __init__(self, words: Vocabulary, atoms: Sequence[Atom]) -> None:
        self._words, self._atoms = words, atoms
        self._known: dict[str, tuple[int, bool]] = {}
        self._renamed: dict[tuple[int, tuple[Term, ...]], tuple[int, bool] | None] = {}

    def plain(self, clause: Clause) -> Clause:
        """The clause with its variables renamed: of each sort the first ones, in the order in which they are read."""
        taken: dict[Sort, list[Term]] = {}
        for one in clause.formula(self._atoms).bound:
            taken.setdefault(one.sort, []).append(one)
        firsts = {
            one: new for sort, used in taken.items() for one, new in zip(used, self._words.copies(sort), strict=False)
        }
        literals = []
        for number, holds in clause.literals:
            renamed = self._rename(number, firsts)
            if renamed is None:
                return clause
            literals.append((renamed[0], renamed[1] == holds))
        return Clause(tuple(sorted(literals)))

    def _rename(self, number: int, renamed: dict[Term, Term]) -> tuple[int, bool] | None:
        """The atom that this one becomes, and whether it is not the opposite of it; None if there is none."""
        atom = self._atoms[number]
        read = {one: new for one, new in renamed.items() if one in atom.variables}
        key = number, (*read, *read.values())
        if key not in self._renamed:
            self._renamed[key] = self._find(substitute(atom.term, read))
        return self._renamed[key]

    def _find(self, term: Term) -> tuple[int, bool] | None:
        if not self._known:
            for number, atom in enumerate(self._atoms):
                for said, holds in ((atom.term, True), (atom.opposite, False)):
                    for side in _sides(said):
                        self._known.setdefault(self._text(side), (number, holds))
        return self._known.get(self._text(term))

    def _text(self, term: Term) -> str:
        return text(term, self._words.model.vocabulary)


def _sides(term: Term) -> Iterator[Term]:
    """An equation, or its negation, read from either side."""
    yield term
    if term.op == "eq":
        yield Term("eq", term.args[::-1], term.sort)
    elif term.op == "not" and term.args[0].op == "eq":
        yield Term("not", (Term("eq", term.args[0].args[::-1], term.sort),), term.sort)


def _sets(term: Term) -> Iterator[Term]:
    """The set in a membership of a variable: that it is empty is written as if the formula mentioned the set alone."""
    if term.op == "member" and term.args[0].op == "bound":
        yield term.args[1]


def named(model: Model, shown: Iterable[str]) -> Iterator[Term]:
    """The clauses of a model that read as shown."""
    words = Vocabulary(model)

    def said(term: Term, *, outer: bool = True) -> str:
        return text(term, model.vocabulary, outer=outer)

    for wanted in shown:
        atoms = [
            atom
            for atom in (words.all if "\\E" in wanted else words.atoms)
            if any(said(part) in wanted for part in (atom.term, atom.opposite, *_sets(atom.term)))
        ]
        for length in range(1, LONGEST + 1):
            for chosen in combinations(range(len(atoms)), length):
                for signs in product((True, False), repeat=length):
                    formula = Clause(tuple(zip(chosen, signs, strict=True))).formula(atoms)
                    if said(formula, outer=False) == wanted:
                        yield formula
