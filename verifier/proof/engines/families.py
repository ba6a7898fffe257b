"""Families of cubes: the same cube with other thresholds, in the same order, along the sorts that have one.

A clause about ballots 3 and 5 often holds of all ballots b < c. Which members of a family are excluded is asked of each; what is
left to the re-check is only that they are inductive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

from verifier.kernel.sorts import OptionSort, RangeSort, RecordSort, Sort
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.facts import Fact

Cube = tuple[int, ...]

LARGEST = 400
"""Families with more members are not gone through."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a cube says of an ordinal: `is`, `least` or `below` a place in the order of its sort."""

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

    def order(self, fact: Fact) -> Sort:
        """The sort in whose order the values of an ordinal are."""
        return fact.sort.element if isinstance(fact.sort, OptionSort) else fact.sort

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

    def cube(self, pattern: Pattern) -> Cube | None:
        """The cube of a pattern; what is always so is left out. None if it is empty: something is below the first place."""
        result = list(pattern.rest)
        for threshold in pattern.thresholds:
            fact, code = threshold.fact, threshold.place + self._first(threshold.fact)
            if threshold.how != "below" and code > fact.low:
                result.append(self._clausal.variable(fact, code))
            above = code + 1 if threshold.how == "is" else code
            if above <= fact.low:
                return None
            if threshold.how != "least" and above <= fact.high:
                result.append(-self._clausal.variable(fact, above))
        return tuple(sorted(result, key=abs))

    def siblings(self, cube: Cube, *, rigid: bool) -> Iterator[Cube]:
        """The other cubes of a family, those with thresholds near to its own first; with `rigid` neighbours stay neighbours."""
        pattern = self.pattern(cube)
        places: dict[Sort, set[int]] = {}
        sizes: dict[Sort, int] = {}
        for threshold in pattern.thresholds:
            sort = self.order(threshold.fact)
            if not ordered(sort):
                return
            places.setdefault(sort, set()).add(threshold.place)
            sizes[sort] = self.size(threshold.fact)
        choices: list[list[dict[tuple[Sort, int], int]]] = []
        count = 1
        for sort, known in places.items():
            moved = list(self._moves(sort, sorted(known), sizes[sort], rigid))
            choices.append(moved)
            count *= len(moved)
        if not choices or count > LARGEST:
            return
        found: list[tuple[int, int, dict[tuple[Sort, int], int]]] = []
        for combination in product(*choices):
            move = {key: place for part in combination for key, place in part.items()}
            distance = sum(abs(place - old) for (_, old), place in move.items())
            if distance:
                found.append((distance, len(found), move))
        for _, _, move in sorted(found, key=lambda entry: entry[:2]):
            thresholds = (
                Threshold(t.fact, t.how, move[self.order(t.fact), t.place]) for t in pattern.thresholds
            )
            sibling = self.cube(Pattern(tuple(thresholds), pattern.rest))
            if sibling is not None:
                yield sibling

    def _moves(self, sort: Sort, known: list[int], size: int, rigid: bool) -> Iterator[dict[tuple[Sort, int], int]]:
        """Renamings of places that keep their order."""
        blocks: list[list[int]] = []
        for place in known:
            if rigid and blocks and blocks[-1][-1] == place - 1:
                blocks[-1].append(place)
            else:
                blocks.append([place])
        # Of a block only the first place is free; the others follow it.
        free = size - sum(len(block) - 1 for block in blocks)
        for starts in combinations(range(free), len(blocks)):
            shift, result = 0, {}
            for start, block in zip(starts, blocks, strict=True):
                for offset, place in enumerate(block):
                    result[sort, place] = start + shift + offset
                shift += len(block) - 1
            yield result

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
