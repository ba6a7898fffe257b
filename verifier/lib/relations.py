"""Relation algebra over elements that are known when the model is built, with formulas for the parts that depend on the state.

A `Relation` determines when each pair of elements (any Python values: names of events, say) is related: never, always, or where
a formula holds. Union, sequence, inverse, restriction and closure are written out, so every semantics supports them.

    rf = Relation({("w1", "r1"): s.source == Write.w1, ("w2", "r1"): s.source == Write.w2})
    (program_order | rf | from_reads).acyclic()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import product

from verifier.kernel.errors import ModelError, here
from verifier.kernel.expressions import Bool
from verifier.kernel.formulas import all_of, any_of, implies

Pair = tuple[Hashable, Hashable]


class Relation:
    """A relation: for each pair that can be related, the condition under which it is. Immutable."""

    def __init__(self, pairs: Mapping[Pair, Bool | bool] | Iterable[Pair] = ()) -> None:
        """The relation of these pairs, each always or where its formula holds."""
        given = dict(pairs) if isinstance(pairs, Mapping) else dict.fromkeys(pairs, True)
        for pair, where in given.items():
            if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(where, bool | Bool):
                hint = 'Relation({("a", "b"): formula}), or Relation([("a", "b")])'
                raise ModelError(f"{pair!r}: {where!r} is not a pair of a relation", hint=hint, position=here())
        self._where: dict[Pair, Bool | bool] = {pair: where for pair, where in given.items() if where is not False}

    @classmethod
    def of(cls, elements: Iterable[Hashable], related: Callable[[Hashable, Hashable], Bool | bool]) -> Relation:
        """The relation on these elements that holds for a pair where the function says so."""
        known = list(elements)
        return cls({(a, b): related(a, b) for a, b in product(known, known)})

    @classmethod
    def identity(cls, elements: Iterable[Hashable]) -> Relation:
        """Each element with itself."""
        return cls((element, element) for element in elements)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._where)

    def where(self, a: Hashable, b: Hashable) -> Bool:
        """The formula that says when `a` and `b` are related."""
        result = self._where.get((a, b), False)
        return Bool(result) if isinstance(result, bool) else result

    def __or__(self, other: Relation) -> Relation:
        """The union."""
        return Relation({pair: some([r._where[pair] for r in (self, other) if pair in r._where]) for pair in self._pairs(other)})

    def _pairs(self, other: Relation) -> list[Pair]:
        return list(dict.fromkeys((*self._where, *other._where)))

    def __and__(self, other: Relation) -> Relation:
        """The intersection."""
        return Relation({pair: both(where, other._where[pair]) for pair, where in self._where.items() if pair in other._where})

    def __sub__(self, other: Relation) -> Relation:
        """The pairs of this relation that are not in the other."""
        return Relation({pair: both(where, no(other._where.get(pair, False))) for pair, where in self._where.items()})

    def then(self, other: Relation) -> Relation:
        """The sequence: pairs related through some element between, by this relation and then by the other."""
        after: dict[Hashable, list[tuple[Hashable, Bool | bool]]] = {}
        for (b, c), where in other._where.items():
            after.setdefault(b, []).append((c, where))
        result: dict[Pair, list[Bool | bool]] = {}
        for (a, b), where in self._where.items():
            for c, further in after.get(b, ()):
                result.setdefault((a, c), []).append(both(where, further))
        return Relation({pair: some(ways) for pair, ways in result.items()})

    def inverse(self) -> Relation:
        """The relation read from right to left."""
        return Relation({(b, a): where for (a, b), where in self._where.items()})

    def restricted(self, keep: Callable[[Hashable, Hashable], bool]) -> Relation:
        """The pairs that are kept."""
        return Relation({pair: where for pair, where in self._where.items() if keep(*pair)})

    def closure(self) -> Relation:
        """The transitive closure: pairs related through any number of elements, which are admitted one after the other."""
        where = dict(self._where)
        for between in self._elements():
            into = [(a, w) for (a, b), w in where.items() if b == between and a != between]
            out = [(b, w) for (a, b), w in where.items() if a == between and b != between]
            for a, first in into:
                for b, second in out:
                    known = where.get((a, b), False)
                    if known is not True:
                        where[a, b] = some([known, both(first, second)])
        return Relation(where)

    def _elements(self) -> list[Hashable]:
        return list(dict.fromkeys(element for pair in self._where for element in pair))

    def empty(self) -> Bool:
        """The formula that nothing is related."""
        return _none(self._where.values())

    def irreflexive(self) -> Bool:
        """The formula that nothing is related to itself."""
        return _none(where for (a, b), where in self._where.items() if a == b)

    def acyclic(self) -> Bool:
        """The formula that no path leads from an element back to itself."""
        where, ways = dict(self._where), []
        while where:
            # A cycle through an element that is left out becomes one without it, over the pairs that it joins; elements that
            # join the fewest pairs come first.
            left_out = _joining_least(where)
            ways.append(where.pop((left_out, left_out), False))
            into = [(a, where.pop((a, b))) for a, b in list(where) if b == left_out]
            out = [(b, where.pop((a, b))) for a, b in list(where) if a == left_out]
            for a, first in into:
                for b, second in out:
                    known = where.get((a, b), False)
                    if known is not True:
                        where[a, b] = some([known, both(first, second)])
        return _none(ways)

    def transitive(self) -> Bool:
        """The formula that two elements related through a third are related."""
        through = self.then(self)
        return _all(implies(through.where(*pair), self.where(*pair)) for pair in through)

    def total(self, elements: Iterable[Hashable]) -> Bool:
        """The formula that of two different elements one is related to the other."""
        known = list(elements)
        return _all(self.where(a, b) | self.where(b, a) for i, a in enumerate(known) for b in known[i + 1 :])


def _joining_least(where: Mapping[Pair, Bool | bool]) -> Hashable:
    """The element through which the fewest pairs are related; the first of several."""
    into, out = Counter(b for _, b in where), Counter(a for a, _ in where)
    return min(dict.fromkeys(element for pair in where for element in pair), key=lambda element: into[element] * out[element])


def both(left: Bool | bool, right: Bool | bool) -> Bool | bool:
    """The conjunction of two formulas, known as far as it can be."""
    if isinstance(left, bool):
        return right if left else False
    if isinstance(right, bool):
        return left if right else False
    return left & right


def some(ways: Iterable[Bool | bool]) -> Bool | bool:
    """The disjunction of formulas, known as far as it can be."""
    known = [way for way in ways if way is not False]
    if any(way is True for way in known):
        return True
    return any_of(*known) if len(known) > 1 else known[0] if known else False


def no(formula: Bool | bool) -> Bool | bool:
    """The negation of a formula that may be known."""
    return not formula if isinstance(formula, bool) else ~formula


def _all(parts: Iterable[Bool]) -> Bool:
    result = list(parts)
    return all_of(*result) if len(result) > 1 else result[0] if result else Bool(True)


def _none(ways: Iterable[Bool | bool]) -> Bool:
    result = list(ways)
    if any(way is True for way in result):
        return Bool(False)
    return _all(~way for way in result if isinstance(way, Bool))
