"""Clauses as formulas of the model: quantified over the members of scalarsets, since a clause holds with all its copies.

Where a cube says the same of all members of a scalarset, or of all but a few, it says so with a quantifier of its own, so that
the formula does not depend on how many there are (A. Goel, K. Sakallah, On symmetry and quantification, NFM 2021).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from verifier.kernel.sorts import BOOL, INT, EnumSort, OptionSort, RangeSort, RecordSort, ScalarSort, Sort
from verifier.kernel.terms import (
    Term,
    conjunction,
    disjunction,
    equal,
    exists,
    forall,
    implication,
    integer,
    literal,
    negation,
    variable,
)
from verifier.proof.engines.families import Pattern, order
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.facts import Fact, How, atom
from verifier.semantics.scope import Some
from verifier.semantics.scope.symmetry import moves

Member = tuple[str, Any]
"""The name of a scalarset, and one of its members."""

Part = tuple[Fact, str, int | Term]
"""A cube's condition on a fact: `is` a code, is `least` a code, or not; or so a term instead of the code."""

_HOW: dict[str, How] = {"least": "least", "above": "above", "is": "is"}


class Unsaid(Exception):
    """The language has no words for it."""


class Wording:
    """The formulas of clauses over one model."""

    def __init__(self, clausal: Clausal) -> None:
        self._clausal = clausal
        self._scope = clausal.ground.scope

    def formula(self, cube: Sequence[int]) -> Term | None:
        """The formula that no state is in a copy of the cube; None where the language cannot say so."""
        try:
            return self._formula(self._parts(cube))
        except Unsaid:
            return None

    def family(self, pattern: Pattern) -> Term | None:
        """Likewise of all cubes of a family."""
        places: dict[tuple[str, int], Term] = {}
        parts: list[Part] = []
        try:
            parts += self._parts(pattern.rest)
            keys = sorted({(str(order(t.fact)), t.place) for t in pattern.thresholds})
            sorts = {str(order(t.fact)): order(t.fact) for t in pattern.thresholds}
            for name, place in keys:
                places[name, place] = variable(letter(len(places)), sorts[name])
            for threshold in pattern.thresholds:
                how = {"below": "not least", "most": "not above"}.get(threshold.how, threshold.how)
                parts.append((threshold.fact, how, places[str(order(threshold.fact)), threshold.place]))
            ascending = (
                Term("lt", (lower, upper), BOOL)
                for ((name, _), lower), ((other, _), upper) in itertools.pairwise(places.items())
                if name == other
            )
            return self._formula(parts, tuple(places.values()), list(ascending)[::-1])
        except Unsaid:
            return None

    def text(self, cube: Sequence[int]) -> str:
        """A clause alone, in the names of fields."""
        narrow = [one for one in cube if not self._clausal.atom(abs(one)).wide]
        said = [self._plain(part) for part in self._parts(narrow)]
        for one in cube:
            found = self._clausal.atom(abs(one))
            if found.wide:
                said.append(f"{'' if one > 0 else '~'}bit {found.code} of {found.fact.fields[0].name}")
        return "~(" + r" /\ ".join(said) + ")"

    def _plain(self, part: Part) -> str:
        fact, how, code = part
        assert isinstance(code, int)
        name = fact.fields[0].name
        if fact.kind == "bool":
            return ("~" if how.startswith("not") else "") + name
        sign = {"is": "=", "least": ">=", "not is": "#", "not least": "<"}[how]
        return f"{name} {sign} {self._clausal.facts.value(fact, code)}"

    def _parts(self, cube: Sequence[int]) -> list[Part]:
        """The conditions of the cube; that a number is at least some value, and not more, becomes that it is this value."""
        if any(self._clausal.atom(abs(one)).wide for one in cube):
            raise Unsaid
        known = set(cube)
        result: list[Part] = []
        for one in sorted(cube, key=abs):
            found = self._clausal.atom(abs(one))
            fact, code = found.fact, found.code
            if fact.kind != "ordinal":
                result.append((fact, "is" if one > 0 else "not is", code))
                continue
            next_, before = one + 1 if one > 0 else -one + 1, abs(one) - 1
            if one > 0:
                exact = -next_ in known and code < fact.high
                result.append((fact, "is" if exact else "least", code))
            elif not (before in known and code - 1 > fact.low):
                result.append((fact, "not least", code))
        return result

    # -- members -----------------------------------------------------------------------------------------------------

    def _members(self, sort: Sort, value: Any) -> Iterable[Member]:
        """The members in a value that a formula must not name."""
        if isinstance(sort, ScalarSort):
            if sort.ordered:
                raise Unsaid
            if value not in self._scope.labels[sort.name][: len(sort.constants)]:
                yield sort.name, value
        elif isinstance(sort, OptionSort):
            if value is not None:
                yield from self._members(sort.element, value.value)
        elif isinstance(sort, RecordSort):
            for name, of in sort.fields:
                yield from self._members(of, value[name])
        elif moves(sort):
            raise Unsaid

    def _of(self, part: Part) -> list[Member]:
        fact, _, code = part
        found = [member for index in fact.indices for member in self._members(index.sort, index.value)]
        if fact.kind == "nominal":
            found += self._value_members(fact, code)
        return list(dict.fromkeys(found))

    # -- formulas ----------------------------------------------------------------------------------------------------

    def _formula(
        self,
        parts: Sequence[Part],
        along: Sequence[Term] = (),
        given: Sequence[Term] = (),
        known: Mapping[tuple[str, Any], Term] | None = None,
    ) -> Term:
        """The formula that no state has all parts, for all members that they name; and for all values of the variables `along`
        for which what is `given` holds. `known` are the variables that stand for values, by the names of their sorts.
        """
        left = list(parts)
        groups: list[tuple[str, list[Any], list[Part]]] = []
        for name, size in self._named().items():
            alike = self._alike(left, name, size)
            if alike:
                groups.append((name, alike, [part for part in left if (name, alike[0]) in self._of(part)]))
                gone = {(name, member) for member in alike}
                left = [part for part in left if not gone.intersection(self._of(part))]
        named: dict[Member, Term] = {}
        for part in [*left, *(part for *_, own in groups for part in own)]:
            for member in self._of(part):
                named.setdefault(member, self._fresh(member, named))
        inner = [named[name, alike[0]] for name, alike, _ in groups]
        outer = tuple(term for term in named.values() if term not in inner)
        terms: dict[tuple[str, Any], Term] = {**named, **(known or {})}
        positive = [self._term(part, terms) for part in left if not part[1].startswith("not")]
        negative = [negation(self._term(part, terms)) for part in left if part[1].startswith("not")]
        for bound, (_, _, own) in zip(inner, groups, strict=True):
            apart = self._apart(bound, outer)
            said = [self._term(part, terms) for part in own]
            negative.append(exists((bound,), conjunction([*apart, negation(conjunction(dict.fromkeys(said)))])))
        positive = [one for term in positive for one in (term.args if term.op == "and" else (term,))]
        apart = [term for place, one in enumerate(outer) for term in self._apart(one, outer[:place])]
        premises = list(dict.fromkeys([*given, *apart, *positive]))
        conclusion = disjunction(negative) if negative or not premises else negation(premises.pop())
        return forall((*outer, *along), implication(conjunction(premises), conclusion))

    def _named(self) -> dict[str, int]:
        """The sorts whose members become variables, and how many members there are that have no name of their own."""
        return {
            sort.name: len(self._scope.labels[sort.name]) - len(sort.constants)
            for sort in self._scope.model.sorts
            if isinstance(sort, ScalarSort) and not sort.ordered
        }

    def _fresh(self, member: Member, named: dict[Member, Term]) -> Term:
        same = sum(name == member[0] for name, _ in named)
        sort = next(sort for sort in self._scope.model.sorts if str(sort) == member[0])
        return variable(member[0][0].lower() + (str(same + 1) if same else ""), sort)

    def _apart(self, bound: Term, others: Iterable[Term]) -> list[Term]:
        """A bound variable is none of others, and no named constant."""
        different = [*(other for other in others if other.sort == bound.sort), *self._constants(bound.sort)]
        return [negation(equal(bound, other)) for other in different]

    def _constants(self, sort: Sort) -> list[Term]:
        return [literal(name, sort) for name in sort.constants] if isinstance(sort, ScalarSort) else []

    def _alike(self, parts: Sequence[Part], name: str, size: int) -> list[Any]:
        """Members of a scalarset with the same conditions in a cube, where the cube mentions all members; two or more."""
        said: dict[Any, list[tuple[Any, ...]]] = {}
        for part in parts:
            own = [member for sort, member in self._of(part) if sort == name]
            for member in own:
                said.setdefault(member, []).append(("together",) if len(own) > 1 else self._pattern(part, name))
        if len(said) < size:
            return []
        groups: dict[tuple[Any, ...], list[Any]] = {}
        for member, patterns in said.items():
            if ("together",) not in patterns:
                groups.setdefault(tuple(sorted(patterns, key=repr)), []).append(member)
        largest = max(groups.values(), key=len, default=[])
        return largest if len(largest) > 1 else []

    def _pattern(self, part: Part, name: str) -> tuple[Any, ...]:
        """A part that mentions one member of a scalarset, without that member."""
        fact, how, code = part
        members = tuple(None if sort == name else member for sort, member in self._of(part))
        indices = tuple(_without(index.sort, index.value, name) for index in fact.indices)
        scalar = fact.kind == "nominal" and any(sort == name for sort, _ in self._value_members(fact, code))
        return (fact.path, indices, how, None if scalar else code, members)

    def _value_members(self, fact: Fact, code: int | Term) -> list[Member]:
        assert isinstance(code, int), "the value of a nominal fact is not a threshold"
        return list(self._members(fact.sort, self._clausal.facts.value(fact, code)))

    # -- atoms -------------------------------------------------------------------------------------------------------

    def _term(self, part: Part, named: Mapping[tuple[str, Any], Term]) -> Term:
        fact, how, code = part
        if how.startswith("not"):
            return negation(self._term((fact, how.removeprefix("not "), code), named))
        indices = [self._value(index.sort, index.value, named) for index in fact.indices]
        if isinstance(code, Term):
            return atom(fact, indices, code, _HOW[how])
        value = self._clausal.facts.value(fact, code)
        sort = fact.sort
        if isinstance(sort, OptionSort):
            if value is None:
                return atom(fact, indices, None)
            assert isinstance(value, Some)
            sort, value = sort.element, value.value
        return atom(fact, indices, self._value(sort, value, named), _HOW[how])

    def _value(self, sort: Sort, value: Any, named: Mapping[tuple[str, Any], Term]) -> Term:
        known = named.get((str(sort), value))
        if known is not None:
            return known
        match sort:
            case ScalarSort():
                place = self._scope.labels[sort.name].index(value)
                if sort.ordered or place >= len(sort.constants):
                    raise Unsaid
                return literal(sort.constants[place], sort)
            case RangeSort():
                return literal(value, sort) if sort.is_declared else integer(value)
            case EnumSort():
                return literal(value, sort)
            case RecordSort(fields=fields):
                return Term("record", tuple(self._value(of, value[name], named) for name, of in fields), sort)
            case OptionSort(element=element):
                if value is None:
                    return Term("none", (), sort)
                return Term("some", (self._value(element, value.value, named),), sort)
        if sort in (BOOL, INT):
            return literal(value, sort)
        raise Unsaid


def letter(number: int) -> str:
    """The name of a variable along an order."""
    return "xyzuvw"[number] if number < 6 else f"x{number}"


def _without(sort: Sort, value: Any, name: str) -> Any:
    """A value without the members of a scalarset in it."""
    match sort:
        case ScalarSort() | RangeSort():
            return None if sort.name == name else value
        case OptionSort(element=element):
            return value if value is None else ("some", _without(element, value.value, name))
        case RecordSort(fields=fields):
            return tuple(_without(of, value[part], name) for part, of in fields)
    return value
