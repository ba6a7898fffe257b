"""Families of cubes: the same cube with other thresholds, in the same order, along sorts that have one.

A clause about ballots 3 and 5 often holds for all ballots b < c. For each member of a family a solver is asked whether it is
excluded; the re-check only has to show that the members are inductive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

from verifier.kernel.sorts import OptionSort, RangeSort, RecordSort, Sort
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.facts import Fact

Cube = tuple[int, ...]

LARGEST = 400
"""Families with more members are not enumerated."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A cube's condition on an ordinal: `is`, `least` (at least), `above`, `below` or `most` (not above) a place in its order."""

    fact: Fact
    how: str
    place: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """A cube in parts: thresholds, and the literals that have none."""

    thresholds: tuple[Threshold, ...]
    rest: Cube


class Families:
    """The families of cubes over one model."""

    def __init__(self, clausal: Clausal) -> None:
        self._clausal = clausal

    def _first(self, fact: Fact) -> int:
        """The code of the first place in the order: of an option, the code of no value comes before."""
        return fact.low + 1 if fact.rank or isinstance(fact.sort, OptionSort) else fact.low

    def size(self, fact: Fact) -> int:
        """The number of places in the order of a fact."""
        return fact.high - self._first(fact) + 1

    def pattern(self, cube: Cube) -> Pattern:
        """The parts of a cube."""
        known, thresholds, rest = set(cube), [], []
        for literal in cube:
            atom = self._clausal.atom(abs(literal))
            fact = atom.fact
            if fact.kind != "ordinal" or atom.wide:
                rest.append(literal)
                continue
            place = atom.code - self._first(fact)
            if literal > 0:
                exact = atom.code < fact.high and -(literal + 1) in known
                thresholds.append(Threshold(fact, "is" if exact else "least", place))
            elif not (atom.code - 1 > fact.low and -literal - 1 in known):
                thresholds.append(Threshold(fact, "below", place))
        return Pattern(tuple(thresholds), tuple(rest))

    def tied(self, pattern: Pattern) -> Pattern:
        """The pattern with neighbouring places merged: conditions on the second become conditions on the first, in other words.
        """
        places: dict[Sort, list[int]] = {}
        for threshold in pattern.thresholds:
            places.setdefault(order(threshold.fact), []).append(threshold.place)
        joined: set[tuple[Sort, int]] = set()
        for sort, known in places.items():
            exact = {t.place for t in pattern.thresholds if t.how == "is" and order(t.fact) == sort}
            for place in sorted(set(known)):
                if place - 1 in known and place not in exact and (sort, place - 1) not in joined:
                    joined.add((sort, place))
        words = {"least": "above", "below": "most"}
        thresholds = (
            Threshold(t.fact, words[t.how], t.place - 1) if (order(t.fact), t.place) in joined else t
            for t in pattern.thresholds
        )
        return Pattern(tuple(thresholds), pattern.rest)

    def cube(self, pattern: Pattern) -> Cube | None:
        """The cube of a pattern, without conditions that always hold. None if it is empty: nothing is below the first place."""
        result = list(pattern.rest)
        for threshold in pattern.thresholds:
            fact, code = threshold.fact, threshold.place + self._first(threshold.fact)
            least = {"is": code, "least": code, "above": code + 1}.get(threshold.how, fact.low)
            greatest = {"is": code, "below": code - 1, "most": code}.get(threshold.how, fact.high)
            if least > fact.high or greatest < fact.low:
                return None
            if least > fact.low:
                result.append(self._clausal.variable(fact, least))
            if greatest < fact.high:
                result.append(-self._clausal.variable(fact, greatest + 1))
        return tuple(sorted(result, key=abs))

    def family(self, cube: Cube, *, rigid: bool) -> Pattern | None:
        """The pattern that a family shares, if all its thresholds are of sorts with names; with `rigid` neighbours stay so."""
        pattern = self.pattern(cube)
        if not pattern.thresholds or not all(order(t.fact).is_declared for t in pattern.thresholds):
            return None
        if not rigid:
            return pattern
        tied = self.tied(pattern)
        return None if tied == pattern else tied

    def ordered(self, pattern: Pattern) -> bool:
        """Whether all thresholds are along ordered sorts: along numbers families are rarely worth their questions."""
        return all(ordered(order(t.fact)) for t in pattern.thresholds)

    def members(self, pattern: Pattern) -> Iterator[Cube]:
        """The cubes of a family, those with thresholds near to its own first."""
        places: dict[Sort, set[int]] = {}
        sizes: dict[Sort, int] = {}
        for threshold in pattern.thresholds:
            sort = order(threshold.fact)
            places.setdefault(sort, set()).add(threshold.place)
            sizes[sort] = self.size(threshold.fact)
        if prod(comb(sizes[sort], len(known)) for sort, known in places.items()) > LARGEST:
            return
        choices = [
            [dict(zip(((sort, place) for place in sorted(known)), chosen, strict=True))
             for chosen in combinations(range(sizes[sort]), len(known))]
            for sort, known in places.items()
        ]  # fmt: skip
        moves = [{key: place for part in parts for key, place in part.items()} for parts in product(*choices)]
        for move in sorted(moves, key=lambda move: sum(abs(place - old) for (_, old), place in move.items())):
            thresholds = (Threshold(t.fact, t.how, move[order(t.fact), t.place]) for t in pattern.thresholds)
            found = self.cube(Pattern(tuple(thresholds), pattern.rest))
            if found is not None:
                yield found

    def looser(self, cube: Cube) -> Iterator[Cube]:
        """The cubes in which one threshold is a place nearer to saying nothing."""
        for literal in cube:
            atom = self._clausal.atom(abs(literal))
            if atom.fact.kind != "ordinal" or atom.wide:
                continue
            code = atom.code - 1 if literal > 0 else atom.code + 1
            if atom.fact.low < code <= atom.fact.high:
                other = self._clausal.variable(atom.fact, code) * (1 if literal > 0 else -1)
                if other not in cube:
                    yield tuple(sorted((*(one for one in cube if one != literal), other), key=abs))


def order(fact: Fact) -> Sort:
    """The sort in whose order the values of an ordinal are."""
    return fact.sort.element if isinstance(fact.sort, OptionSort) else fact.sort


def ordered(sort: Sort) -> bool:
    """Whether a sort has an order for its own sake: an ordered sort, or a record of such; numbers are also added up."""
    if isinstance(sort, RecordSort):
        return all(ordered(of) for _, of in sort.fields)
    return isinstance(sort, RangeSort) and sort.parameter is not None


def reduced(clausal: Clausal, cube: Iterable[int]) -> Cube:
    """A cube without the literals that others of the same number imply."""
    known = set(cube)
    result = []
    for literal in known:
        atom = clausal.atom(abs(literal))
        if atom.fact.kind == "ordinal" and not atom.wide:
            code = atom.code + 1 if literal > 0 else atom.code - 1
            implied = False
            while atom.fact.low < code <= atom.fact.high:
                if clausal.variable(atom.fact, code) * (1 if literal > 0 else -1) in known:
                    implied = True
                    break
                code += 1 if literal > 0 else -1
            if implied:
                continue
        result.append(literal)
    return tuple(sorted(result, key=abs))
