"""The values of each sort, in the shapes of `shapes`: equality, choice and quantification on them.

A *flat* sort has values that are tuples of z3 terms: only these are indices, elements of sets, and quantified over.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from verifier.kernel.sorts import (
    INT,
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    NamedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
    inner_sorts,
)
from verifier.semantics.quantified.shapes import (
    FunctionValue,
    KeyedValue,
    OptionValue,
    RecordValue,
    SequenceValue,
    SetValue,
    Value,
)
from verifier.semantics.quantified.smt import Ast, Declaration, Kind, Smt
from verifier.semantics.symbols import Origin, Part, Step, symbol

Origins = tuple[Sort, tuple[int, ...]]
"""A sort, and a mark that distinguishes it from sorts of its name that were declared elsewhere."""


def origin_of(sort: Sort) -> Origins:
    """The sort with the declarations that it is made of, and the ends that its ranges have here."""
    parts: list[int] = []
    for inner in inner_sorts(sort):
        if isinstance(inner, NamedSort):
            parts.append(inner.declaration)
        if isinstance(inner, RangeSort):
            parts += [id(inner.low), id(inner.high)]
    return sort, tuple(parts)


class Values:
    """Sorts and values in one context.

    `ends` gives the terms of a range's lower and upper end, None for an end that is open. `axioms` says what
    is assumed of the sorts, each with a readable name. Sorts that are called the same are different sorts if
    they were declared apart.
    """

    def __init__(self, smt: Smt, ends: Callable[[RangeSort], tuple[Ast | None, Ast | None]]) -> None:
        self.smt = smt
        self.ends = ends
        self.axioms: dict[str, Ast] = {}
        self._order: dict[int, Declaration] = {}
        self._kinds: dict[Origins, Kind] = {}
        self._constants: dict[tuple[Origins, str], Ast] = {}
        self._membership: dict[Origins, Declaration] = {}
        self._defaults: dict[Origins, Value] = {}
        self._called: dict[str, int] = {}
        self._numbers = itertools.count()

    # -- flat sorts ------------------------------------------------------------------------------------------

    def kind(self, sort: Sort) -> Kind:
        """The z3 sort of an atomic sort: truth values, integers, labels, names, quorums."""
        if sort.is_integer:
            return self.integer_kind(sort)
        match sort:
            case BoolSort():
                return self.smt.bool_sort
            case EnumSort() | ScalarSort() | QuorumSort():
                origin = origin_of(sort)
                if origin not in self._kinds:
                    self._declare(sort, origin)
                return self._kinds[origin]
        raise TypeError(f"{sort} is not atomic")

    def integer_kind(self, sort: Sort) -> Kind:
        """The z3 sort of a sort of integers."""
        return self.smt.int_sort

    def _declare(self, sort: EnumSort | ScalarSort | QuorumSort, origin: Origins) -> None:
        smt, called = self.smt, self._parts(sort)
        readable = sort.name if len(called) == 1 else f"{sort.name} ({called[1]})"
        name = symbol("sort", *called)
        match sort:
            case EnumSort(labels=labels):
                self._kinds[origin], values = smt.enumeration(name, [symbol("label", *called, one) for one in labels])
                self._constants.update({(origin, label): value for label, value in zip(labels, values, strict=True)})
            case ScalarSort(constants=constants):
                kind = self._kinds[origin] = smt.sort(name)
                values = [smt.constant(symbol("constant", *called, label), kind) for label in constants]
                self._constants.update({(origin, label): value for label, value in zip(constants, values, strict=True)})
                if len(values) > 1:
                    self.axioms[f"the named constants of {readable} are distinct"] = smt.distinct(values)
                if sort.is_ordered:
                    self.give_order(kind, smt.function(symbol("before", *called), [kind, kind], smt.bool_sort), readable)
            case QuorumSort(of=of):
                kind, item = smt.sort(name), self.kind(of)
                self._kinds[origin] = kind
                member = smt.function(symbol("member", *called), [item, kind], smt.bool_sort)
                self._membership[origin] = member
                a, b, x = self.bound("a", kind), self.bound("b", kind), self.bound("x", item)
                shared = smt.conjunction([smt.call(member, [x, a]), smt.call(member, [x, b])])
                meet = smt.quantified(True, [a, b], smt.quantified(False, [x], shared))
                self.axioms[f"every two values of {readable} share a member"] = meet

    def _parts(self, sort: EnumSort | ScalarSort | QuorumSort) -> tuple[Part, ...]:
        """The parts of a sort's symbol: its name, and a number if another sort has that name."""
        count = self._called[sort.name] = self._called.get(sort.name, 0) + 1
        return (sort.name,) if count == 1 else (sort.name, count)

    def constant(self, sort: Sort, label: str) -> Ast:
        """A label of an enumeration, or a named constant of a scalarset."""
        self.kind(sort)
        return self._constants[origin_of(sort), label]

    def in_quorum(self, sort: QuorumSort, member: Ast, quorum: Ast) -> Ast:
        """Membership in a quorum."""
        self.kind(sort)
        return self.smt.call(self._membership[origin_of(sort)], [member, quorum])

    def components(self, sort: Sort) -> list[Kind]:
        """The z3 sorts that the values of a flat sort are tuples of."""
        match sort:
            case OptionSort(element=element):
                return [self.smt.bool_sort, *self.components(element)]
            case RecordSort(fields=fields):
                return [kind for _, of in fields for kind in self.components(of)]
        return [self.kind(sort)]

    def flatten(self, value: Value, sort: Sort) -> list[Ast]:
        """A flat value as its tuple; equal values have equal tuples (the payload of `none` is a fixed
        default).
        """
        match sort:
            case OptionSort(element=element):
                if value.payload is None:
                    return [value.present, *self.flatten(self.default(element), element)]
                payload = self.flatten(value.payload, element)
                if value.normal:
                    return [value.present, *payload]
                default = self.flatten(self.default(element), element)
                pairs = zip(payload, default, strict=True)
                return [value.present, *(self.smt.ite(value.present, x, y) for x, y in pairs)]
            case RecordSort(fields=fields):
                parts = zip(value.fields, fields, strict=True)
                return [part for inner, (_, of) in parts for part in self.flatten(inner, of)]
        return [value]

    def compose(self, parts: Sequence[Ast], sort: Sort) -> Value:
        """The value of a flat sort with this tuple."""
        stream = iter(parts)

        def build(of: Sort) -> Value:
            match of:
                case OptionSort(element=element):
                    return OptionValue(next(stream), build(element))
                case RecordSort(fields=fields):
                    return RecordValue(tuple(build(inner) for _, inner in fields))
            return next(stream)

        return build(sort)

    def domain(self, value: Value, sort: Sort) -> Ast:
        """Whether a value of the sort's shape is one of the sort: its integers are within their ranges."""
        match sort:
            case RangeSort():
                low, high = self.ends(sort)
                above = self.smt.true if low is None else self.ordered(low, value, strict=False)
                below = self.smt.true if high is None else self.ordered(value, high, strict=False)
                return self.smt.conjunction([above, below])
            case OptionSort(element=element) if value.payload is not None:
                return self.smt.implication(value.present, self.domain(value.payload, element))
            case RecordSort(fields=fields):
                pairs = zip(value.fields, fields, strict=True)
                return self.smt.conjunction(self.domain(inner, of) for inner, (_, of) in pairs)
        return self.smt.true

    def _normal(self, value: Value, sort: Sort) -> Value:
        """The flat value; `_is_normal` is assumed."""
        match sort:
            case OptionSort(element=element):
                return OptionValue(value.present, self._normal(value.payload, element), normal=True)
            case RecordSort(fields=fields):
                pairs = zip(value.fields, fields, strict=True)
                return RecordValue(tuple(self._normal(inner, of) for inner, (_, of) in pairs))
        return value

    def _is_normal(self, value: Value, sort: Sort) -> Ast:
        """Whether every payload of `none` in a flat value is the default of its sort."""
        smt = self.smt
        match sort:
            case OptionSort(element=element):
                pairs = zip(self.flatten(value.payload, element), self.flatten(self.default(element), element), strict=True)
                absent = smt.conjunction(smt.equal(x, y) for x, y in pairs)
                return smt.conjunction(
                    [smt.disjunction([value.present, absent]), self._is_normal(value.payload, element)]
                )
            case RecordSort(fields=fields):
                triples = zip(value.fields, fields, strict=True)
                return smt.conjunction(self._is_normal(inner, of) for inner, (_, of) in triples)
        return smt.true

    def number(self) -> int:
        """A number not given before, for the name of something fresh."""
        return next(self._numbers)

    def bound(self, name: str, kind: Kind) -> Ast:
        """A constant of its own, to be bound; the name is for readers."""
        return self.smt.constant(symbol("bound", name, self.number()), kind)

    def fresh(self, origin: Origin, name: Sequence[Part], sort: Sort) -> Value:
        """A value of a flat sort made of constants that are not declared yet."""
        kinds = self.components(sort)
        symbols = [symbol(origin, *name, *([position] if position else [])) for position in range(len(kinds))]
        return self.compose([self.smt.constant(s, kind) for s, kind in zip(symbols, kinds, strict=True)], sort)

    def variable(self, name: str, sort: Sort) -> Value:
        """A value of a flat sort that is to be bound, made of constants of its own; the name is for readers."""
        return self._normal(self.fresh("bound", (name, self.number()), sort), sort)

    def quantify(
        self,
        universal: bool,
        bound: Sequence[tuple[str, Sort]],
        body: Callable[[list[Value]], Ast],
        ranged: bool = True,
    ) -> Ast:
        """The body for all, or for some, values of flat sorts, each with a name for readers; truth values and labels are
        enumerated.

        With `ranged`, integers run over their ranges, otherwise over all integers. For `none` one payload is considered: the body
        does not depend on it, and a membership of the variable itself is then a pattern for the solver.
        """
        smt = self.smt
        variables: list[Ast] = []
        choices: list[list[Value]] = []
        for name, sort in bound:
            if isinstance(sort, BoolSort):
                choices.append([smt.false, smt.true])
            elif isinstance(sort, EnumSort):
                choices.append([self.constant(sort, label) for label in sort.labels])
            else:
                value = self.variable(name, sort)
                variables += self.flat_constants(value, sort)
                choices.append([value])
        instances = []
        for values in itertools.product(*choices):
            pairs = list(zip(values, (sort for _, sort in bound), strict=True))
            inside = smt.conjunction(
                [
                    *(self._is_normal(value, sort) for value, sort in pairs),
                    *(self.domain(value, sort) for value, sort in pairs if ranged),
                ]
            )
            term = body(list(values))
            instances.append(smt.implication(inside, term) if universal else smt.conjunction([inside, term]))
        whole = smt.conjunction(instances) if universal else smt.disjunction(instances)
        return smt.quantified(universal, variables, whole)

    def flat_constants(self, value: Value, sort: Sort) -> list[Ast]:
        """The constants that a fresh value is made of."""
        match sort:
            case OptionSort(element=element):
                return [value.present, *self.flat_constants(value.payload, element)]
            case RecordSort(fields=fields):
                pairs = zip(value.fields, fields, strict=True)
                return [part for inner, (_, of) in pairs for part in self.flat_constants(inner, of)]
        return [value]

    # -- all sorts -------------------------------------------------------------------------------------------

    def free(self, origin: Origin, name: Sequence[Part], sort: Sort) -> Value:
        """A value of any sort about which nothing is known: one uninterpreted function for each leaf, of all indices on
        the way to it.
        """
        return self._free(origin, tuple(name), sort, ())(())

    def _free(
        self, origin: Origin, path: tuple[Part, ...], sort: Sort, kinds: tuple[Kind, ...]
    ) -> Callable[[tuple[Ast, ...]], Value]:
        """The value as a function of the indices so far; the symbols that it needs are declared once."""
        smt, flatten = self.smt, self.flatten
        match sort:
            case FunctionSort(index=index, value=value):
                inner = self._free(origin, path, value, (*kinds, *self.components(index)))
                return lambda over: FunctionValue(lambda i: inner((*over, *flatten(i, index))))
            case SetSort(element=element):
                has = smt.function(symbol(origin, *path), (*kinds, *self.components(element)), smt.bool_sort)
                return lambda over: SetValue(lambda x: smt.call(has, (*over, *flatten(x, element))))
            case OptionSort(element=element):
                present = smt.function(symbol(origin, *path, Step.IS_SOME), kinds, smt.bool_sort)
                payload = self._free(origin, (*path, Step.PAYLOAD), element, kinds)
                return lambda over: OptionValue(smt.call(present, over), payload(over))
            case RecordSort(fields=fields):
                parts = [self._free(origin, (*path, field), of, kinds) for field, of in fields]
                return lambda over: RecordValue(tuple(part(over) for part in parts))
            case SequenceSort(element=element):
                length = self._length(symbol(origin, *path, Step.LENGTH), kinds)
                item = self._free(origin, path, element, (*kinds, smt.int_sort))
                return lambda over: SequenceValue(smt.call(length, over), lambda i: item((*over, i)))
            case KeyedSort():
                return self._free_keyed(origin, path, sort, kinds)
        leaf = smt.function(symbol(origin, *path), kinds, self.kind(sort))
        return lambda over: smt.call(leaf, over)

    def _free_keyed(
        self, origin: Origin, path: tuple[Part, ...], sort: KeyedSort, kinds: tuple[Kind, ...]
    ) -> Callable[[tuple[Ast, ...]], Value]:
        smt, key_sort = self.smt, sort.key_sort
        below = (*kinds, *self.components(key_sort))
        has = smt.function(symbol(origin, *path, Step.HAS), below, smt.bool_sort)
        fields = [(field, self._free(origin, (*path, field), of, below)) for field, of in sort.element.fields]

        def value(over: tuple[Ast, ...]) -> KeyedValue:
            def record(key: Value) -> RecordValue:
                there = (*over, *self.flatten(key, key_sort))
                return RecordValue(tuple(key if field == sort.key else part(there) for field, part in fields))

            return KeyedValue(lambda key: smt.call(has, (*over, *self.flatten(key, key_sort))), record)

        return value

    def _length(self, name: str, kinds: tuple[Kind, ...]) -> Declaration:
        """The lengths of sequences, which are natural numbers."""
        smt = self.smt
        length = smt.function(name, kinds, smt.int_sort)
        over = [self.bound("i", kind) for kind in kinds]
        natural = smt.at_most(smt.integer(0), smt.call(length, over))
        self.axioms[f"{name} is a natural number"] = smt.quantified(True, over, natural)
        return length

    def default(self, sort: Sort) -> Value:
        """Some value of a sort, always the same; nothing depends on which."""
        known = self._defaults.get(origin_of(sort))
        if known is None:
            known = self._defaults[origin_of(sort)] = self.free("default", [len(self._defaults)], sort)
        return known

    def equal(self, left: Value, right: Value, sort: Sort) -> Ast:
        """Equality; on functions and sets for every value of the index sort."""
        smt = self.smt
        match sort:
            case FunctionSort(index=index, value=value):
                return self.quantify(True, [("i", index)], lambda i: self.equal(left.at(i[0]), right.at(i[0]), value))
            case SetSort(element=element):

                def both(x: list[Value]) -> Ast:
                    return smt.equal(left.has(x[0]), right.has(x[0]))

                # Over all integers: sets that are comparable may hold elements of different ranges.
                return self.quantify(True, [("x", element)], both, ranged=False)
            case OptionSort(element=element):
                present = smt.equal(left.present, right.present)
                if left.payload is None or right.payload is None:
                    return present
                same = smt.implication(left.present, self.equal(left.payload, right.payload, element))
                return smt.conjunction([present, same])
            case RecordSort(fields=fields):
                triples = zip(left.fields, right.fields, fields, strict=True)
                return smt.conjunction(self.equal(a, b, of) for a, b, (_, of) in triples)
            case KeyedSort(element=record, key_sort=key_sort):

                def agree(k: list[Value]) -> Ast:
                    same = self.equal(left.record(k[0]), right.record(k[0]), record)
                    there = smt.equal(left.has(k[0]), right.has(k[0]))
                    return smt.conjunction([there, smt.implication(left.has(k[0]), same)])

                return self.quantify(True, [("k", key_sort)], agree, ranged=False)
            case SequenceSort(element=element):

                def alike(i: list[Value]) -> Ast:
                    same = self.equal(left.at(i[0]), right.at(i[0]), element)
                    return smt.implication(self.is_place(i[0], left), same)

                return smt.conjunction([smt.equal(left.length, right.length), self.quantify(True, [("i", INT)], alike)])
        return smt.equal(left, right)

    def is_place(self, index: Ast, sequence: SequenceValue) -> Ast:
        """Whether a sequence has an element at an index: from 1 to the length."""
        smt = self.smt
        return smt.conjunction([smt.at_most(smt.integer(1), index), smt.at_most(index, sequence.length)])

    def ite(self, condition: Ast, then: Value, otherwise: Value) -> Value:
        """A choice between two values of one sort."""
        smt = self.smt
        if then is otherwise or otherwise is None:
            return then
        match then:
            case None:
                return otherwise
            case FunctionValue():
                return FunctionValue(lambda i: self.ite(condition, then.at(i), otherwise.at(i)))
            case SetValue():
                return SetValue(lambda x: smt.ite(condition, then.has(x), otherwise.has(x)))
            case OptionValue():
                present = smt.ite(condition, then.present, otherwise.present)
                return OptionValue(present, self.ite(condition, then.payload, otherwise.payload))
            case RecordValue():
                pairs = zip(then.fields, otherwise.fields, strict=True)
                return RecordValue(tuple(self.ite(condition, a, b) for a, b in pairs))
            case KeyedValue():
                return KeyedValue(
                    lambda k: smt.ite(condition, then.has(k), otherwise.has(k)),
                    lambda k: self.ite(condition, then.record(k), otherwise.record(k)),
                )
            case SequenceValue():
                length = smt.ite(condition, then.length, otherwise.length)
                return SequenceValue(length, lambda i: self.ite(condition, then.at(i), otherwise.at(i)))
        return smt.ite(condition, then, otherwise)

    def less(self, left: Value, right: Value, sort: Sort, strict: bool) -> Ast:
        """Order of integers; of records, lexicographic."""
        smt = self.smt
        if not isinstance(sort, RecordSort):
            return self.ordered(left, right, strict)
        result = smt.boolean(not strict)
        for a, b in reversed(list(zip(left.fields, right.fields, strict=True))):
            alike = smt.conjunction([smt.equal(a, b), result])
            result = smt.disjunction([self.ordered(a, b, strict=True), alike])
        return result

    def give_order(self, kind: Kind, relation: Declaration, readable: str) -> None:
        """Orders the values of an uninterpreted sort totally by a relation of its own, `at most`."""
        smt = self.smt
        self._order[smt.identity(kind)] = relation
        a, b, c = (self.bound(v, kind) for v in "abc")
        below = [self.ordered(x, y, strict=False) for x, y in ((a, b), (b, a), (b, c), (a, c))]
        total = smt.disjunction(below[:2])
        single = smt.implication(smt.conjunction(below[:2]), smt.equal(a, b))
        chained = smt.implication(smt.conjunction([below[0], below[2]]), below[3])
        self.axioms[f"the order of {readable} is total"] = smt.quantified(True, [a, b], total)
        self.axioms[f"the order of {readable} is antisymmetric"] = smt.quantified(True, [a, b], single)
        self.axioms[f"the order of {readable} is transitive"] = smt.quantified(True, [a, b, c], chained)

    def ordered(self, left: Ast, right: Ast, strict: bool) -> Ast:
        """Order of two integers, or of two values of a sort that was given an order."""
        smt = self.smt
        relation = self._order.get(smt.identity(smt.sort_of(left)))
        if relation is None:
            return smt.less(left, right) if strict else smt.at_most(left, right)
        return smt.negate(smt.call(relation, [right, left])) if strict else smt.call(relation, [left, right])
