"""A reader of the printed language, as TLA+ is read: written from what the text means, not from how it is printed.

`Reader(protocol).formula(text)` is the term that a text stands for; where a text could stand for two, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.kernel.syntax import RELATIONS, Node, Parser, Unreadable, tokens
from verifier.kernel.fitting import is_checked, joined, made_of, with_fitting_sets, within
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import (
    BOOL,
    INT,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, conjunction, disjunction, integer, literal, variable


class Unknown(Exception):
    """The sort of a part is told by what stands beside it."""


Scope = Mapping[str, Term]


class Reader:
    """Reads texts about one protocol."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.sorts = {str(sort): sort for sort in protocol.vocabulary.sorts.values() if sort.is_declared}
        self.variables = {declared.name: declared.sort for declared in protocol.variables}
        sizes = [s.parameter for s in self.sorts.values() if isinstance(s, RangeSort | ScalarSort) and s.parameter]
        self.parameters = {*protocol.parameters, *sizes}
        self.labels: dict[str, list[Sort]] = {}
        for sort in self.sorts.values():
            for label in _labels(sort):
                self.labels.setdefault(label, []).append(sort)

    def formula(self, text: str, scope: Scope | None = None) -> Term:
        """The formula that a text stands for, in which the names of `scope` are bound."""
        return self.check(Parser(tokens(text), self.sorts).whole(), BOOL, scope or {})

    def value(self, text: str, sort: Sort, scope: Scope) -> Term:
        """The term that a text stands for where a value of `sort` is stored."""
        return self.stored(Parser(tokens(text), self.sorts).whole(), sort, scope)

    def check(self, node: Node, sort: Sort, scope: Scope) -> Term:
        """The term of a node where something of `sort` is expected."""
        match node.op, sort:
            case "none", OptionSort():
                return Term("none", (), sort)
            case "call", OptionSort(element=element) if node.data == "some":
                return Term("some", (self.check(node.parts[0], element, scope),), sort)
            case "listing", SetSort(element=element) if element != INT or not node.parts:
                try:
                    return self.listing([self.entering(part, element, scope) for part in node.parts], element)
                except Unreadable:
                    # A set over another range, beside this one.
                    return self.infer(node, scope)
            case "listing", QuorumSort(of=of) if not node.parts:
                return self.listing([], of)
            case "listing", KeyedSort() if not node.parts:
                return Term("keyed", (), sort)
            case "sequence", SequenceSort(element=element):
                return Term("sequence", tuple(self.stored(part, element, scope) for part in node.parts), sort)
            case "record", RecordSort(fields=fields):
                if [name for name, _ in node.parts] != [name for name, _ in fields]:
                    raise Unreadable(f"not the fields of {sort}")
                parts = zip(node.parts, fields, strict=True)
                return Term("record", tuple(self.stored(part, of, scope) for (_, part), (_, of) in parts), sort)
            case "ite", _:
                test = self.check(node.parts[0], BOOL, scope)
                sides = [self.check(part, sort, scope) for part in node.parts[1:]]
                return Term("ite", (test, *sides), _common(*sides))
            case "choice", _:
                sides = [self.check(part, sort, scope) for part in node.parts]
                return Term("choice", tuple(sides), _common(*sides), node.data)
            case "call", KeyedSort() if node.data in ("insert", "remove"):
                return self.call(node, self.check(node.parts[0], sort, scope), scope)
            case "call", SequenceSort() if node.data in ("append", "tail"):
                return self.call(node, self.check(node.parts[0], sort, scope), scope)
            case "function", FunctionSort(value=value):
                inner, bound = self.bind(node.parts[0], scope)
                body = self.check(node.parts[1], value, inner)
                return Term("function", (body,), FunctionSort(bound[0].sort, body.sort), bound)
        return self.infer(node, scope)

    def infer(self, node: Node, scope: Scope) -> Term:
        """The term of a node that tells its sort by itself."""
        method = getattr(self, f"_{_METHODS.get(node.op, node.op)}", None)
        if method is None:
            raise Unreadable(f"no meaning for {node.op}")
        found: Term = method(node, scope)
        return found

    def _truth(self, node: Node, scope: Scope) -> Term:
        return literal(node.data, BOOL)

    def _number(self, node: Node, scope: Scope) -> Term:
        return integer(node.data)

    def _name(self, node: Node, scope: Scope) -> Term:
        name = node.data
        if name in scope:
            return scope[name]
        if name in self.variables and name not in self.sorts:
            return Term("state", (), self.variables[name], name)
        meanings = [*self.labels.get(name, ())]
        if name in self.parameters and not meanings:
            return Term("parameter", (), INT, name)
        if len(meanings) != 1 or name in self.parameters:
            raise Unreadable(f"{name} means {len(meanings)} things")
        return literal(name, meanings[0])

    def _variable(self, node: Node, scope: Scope) -> Term:
        return Term("state", (), self.variables[node.data], node.data)

    def _constant(self, node: Node, scope: Scope) -> Term:
        if node.data not in self.parameters:
            raise Unreadable(f"{node.data} is not a parameter")
        return Term("parameter", (), INT, node.data)

    def _prime(self, node: Node, scope: Scope) -> Term:
        read = self.infer(node.parts[0], scope)
        if read.op != "state":
            raise Unreadable(f"{read.op} has no next value")
        return Term("next", (), read.sort, read.data)

    def _enabled(self, node: Node, scope: Scope) -> Term:
        return Term("enabled", tuple(self.infer(part, scope) for part in node.parts), BOOL, node.data)

    def _can_change(self, node: Node, scope: Scope) -> Term:
        return Term("can_change", tuple(self.infer(part, scope) for part in node.parts), BOOL, node.data)

    def _dot(self, node: Node, scope: Scope) -> Term:
        owner = node.parts[0]
        if owner.op == "name" and owner.data not in scope and owner.data in self.sorts:
            sort = self.sorts[owner.data]
            if node.data not in _labels(sort):
                raise Unreadable(f"{owner.data} has no {node.data}")
            return literal(node.data, sort)
        base = self.infer(owner, scope)
        match base.sort:
            case RecordSort():
                return Term("field", (base,), base.sort.field_sort(node.data), node.data)
            case OptionSort(element=element) if node.data == "value":
                return Term("payload", (base,), element)
        raise Unreadable(f"{base.sort} has no {node.data}")

    def _index(self, node: Node, scope: Scope) -> Term:
        base = self.infer(node.parts[0], scope)
        match base.sort:
            case FunctionSort(index=index, value=value):
                return Term("apply", (base, self.check(node.parts[1], index, scope)), value)
            case SequenceSort(element=element):
                return Term("at", (base, self.check(node.parts[1], INT, scope)), element)
        raise Unreadable(f"{base.sort} has no elements")

    def _connective(self, node: Node, scope: Scope) -> Term:
        return Term(node.op, tuple(self.check(part, BOOL, scope) for part in node.parts), BOOL)

    def _arithmetic(self, node: Node, scope: Scope) -> Term:
        return Term(node.op, tuple(self.check(part, INT, scope) for part in node.parts), INT)

    def _ite(self, node: Node, scope: Scope) -> Term:
        test = self.check(node.parts[0], BOOL, scope)
        return self._branches(node, node.parts[1:], scope, (test,))

    def _choice(self, node: Node, scope: Scope) -> Term:
        return self._branches(node, node.parts, scope, ())

    def _branches(self, node: Node, parts: tuple[Node, ...], scope: Scope, before: tuple[Term, ...]) -> Term:
        left, right = self.both(parts[0], parts[1], scope)
        return Term(node.op, (*before, left, right), _common(left, right), node.data)

    def both(self, left: Node, right: Node, scope: Scope) -> tuple[Term, Term]:
        """Two nodes of comparable sorts, one of which may leave it to the other to tell which."""
        try:
            first = self.infer(left, scope)
        except Unknown:
            second = self.infer(right, scope)
            return self.check(left, second.sort, scope), second
        return first, self.check(right, first.sort, scope)

    def _relation(self, node: Node, scope: Scope) -> Term:
        left, right = node.parts
        match node.op:
            case "=" | "#":
                same = Term("eq", self.both(left, right, scope), BOOL)
                return same if node.op == "=" else Term("not", (same,), BOOL)
            case "<" | "<=":
                return Term("lt" if node.op == "<" else "le", self.both(left, right, scope), BOOL)
            case "\\in" | "\\notin":
                collection = self.infer(right, scope)
                inside = Term("member", (self.check(left, _element(collection.sort), scope), collection), BOOL)
                return inside if node.op == "\\in" else Term("not", (inside,), BOOL)
        first = self.infer(left, scope)
        second = self.check(right, first.sort, scope)
        x = variable("x", _element(first.sort))
        return Term("forall", (Term("implies", (_in(x, first), _in(x, second)), BOOL),), BOOL, (x,))

    def _combined(self, node: Node, scope: Scope) -> Term:
        left, right = self.both(*node.parts, scope)
        whole = joined(left.sort, right.sort) if node.data == "or" else left.sort
        x = variable("x", _element(whole))
        inside = [_in(x, left), _in(x, right)]
        if node.data == "minus":
            inside[1] = Term("not", (inside[1],), BOOL)
        return made_of(disjunction(inside) if node.data == "or" else conjunction(inside), x, SetSort(x.sort))

    def _quantified(self, node: Node, scope: Scope) -> Term:
        (bound, body), universal = node.parts, node.data == "\\A"
        source = bound[0][1]
        if isinstance(source, Node) and source.op == "upto":
            last, i, inner = self.upto(bound, scope)
            said = self.check(body, BOOL, inner)
            return Term("forall_upto" if universal else "exists_upto", (last, said), BOOL, (i,))
        if isinstance(source, Node):
            collection, x, inner = self.over(bound, scope)
            said = self.check(body, BOOL, inner)
            if isinstance(collection.sort, KeyedSort):
                return Term("forall_in" if universal else "exists_in", (collection, said), BOOL, (x,))
            op = "implies" if universal else "and"
            return Term("forall" if universal else "exists", (Term(op, (_in(x, collection), said), BOOL),), BOOL, (x,))
        inner, variables = self.bind(bound, scope)
        return Term("forall" if universal else "exists", (self.check(body, BOOL, inner),), BOOL, variables)

    def over(self, bound: Any, scope: Scope) -> tuple[Term, Term, Scope]:
        """The collection, the variable, and the scope with it."""
        ((names, source),) = bound
        if len(names) != 1:
            raise Unreadable("several names over one collection")
        collection = self.infer(source, scope)
        x = variable(names[0], _element(collection.sort))
        return collection, x, {**scope, names[0]: x}

    def upto(self, bound: Any, scope: Scope) -> tuple[Term, Term, Scope]:
        """The last number, the variable, and the scope with it."""
        (((name,), source),) = bound
        i = variable(name, INT)
        return self.check(source.parts[0], INT, scope), i, {**scope, name: i}

    def _sum(self, node: Node, scope: Scope) -> Term:
        inner, bound = self.bind(node.parts[0], scope)
        return Term("sum", (self.check(node.parts[1], INT, inner),), INT, bound)

    def _pick(self, node: Node, scope: Scope) -> Term:
        inner, bound = self.bind(node.parts[0], scope)
        return Term("pick", (self.check(node.parts[1], BOOL, inner),), bound[0].sort, bound)

    def _fold(self, node: Node, scope: Scope) -> Term:
        (initial, source, body), (name, sort, item) = node.parts, node.data
        acc = variable(name, sort)
        if source.op == "upto":
            over, x = self.check(source.parts[0], INT, scope), variable(item, INT)
        else:
            over = self.infer(source, scope)
            x = variable(item, _element(over.sort))
        inner = {**scope, name: acc, item: x}
        args = (over, self.check(initial, sort, scope), self.stored(body, sort, inner))
        return Term("fold_upto" if source.op == "upto" else "fold", args, sort, (acc, x))

    def _table(self, node: Node, scope: Scope) -> Term:
        return Term("table", tuple(self.check(part, node.data.value, scope) for part in node.parts), node.data)

    def bind(self, bound: Any, scope: Scope) -> tuple[Scope, tuple[Term, ...]]:
        inner = dict(scope)
        variables = []
        for names, sort in bound:
            if not isinstance(sort, Sort):
                raise Unreadable("a collection among several sorts")
            for name in names:
                inner[name] = variable(name, sort)
                variables.append(inner[name])
        return inner, tuple(variables)

    def _choose(self, node: Node, scope: Scope) -> Term:
        inner, bound = self.bind(node.parts[0], scope)
        return Term("choose", (self.check(node.parts[1], BOOL, inner),), bound[0].sort, bound)

    def _comprehension(self, node: Node, scope: Scope) -> Term:
        bound, body = node.parts
        if isinstance(bound[0][1], Node):
            collection, x, inner = self.over(bound, scope)
            inside = conjunction([_in(x, collection), self.check(body, BOOL, inner)])
            return Term("set", (inside,), SetSort(x.sort), (x,))
        inner, (x,) = self.bind(bound, scope)
        return Term("set", (self.check(body, BOOL, inner),), SetSort(x.sort), (x,))

    def _image(self, node: Node, scope: Scope) -> Term:
        bound, value = node.parts
        inside = []
        if isinstance(bound[0][1], Node):
            collection, x, inner = self.over(bound, scope)
            inside.append(_in(x, collection))
        else:
            inner, (x,) = self.bind(bound, scope)
        made = self.infer(value, inner)
        made = within(made, made.sort)
        y = variable("y", made.sort)
        found = Term("exists", (conjunction([*inside, Term("eq", (y, made), BOOL)]),), BOOL, (x,))
        return Term("set", (found,), SetSort(y.sort), (y,))

    def _listing(self, node: Node, scope: Scope) -> Term:
        """A listing that nothing stands beside: integers alone are what they are."""
        items = []
        for part in node.parts:
            try:
                items.append(self.infer(part, scope))
            except Unknown:
                continue
        sorts = {item.sort for item in items}
        if sorts == {INT}:
            return self.listing(items, INT)
        sorts.discard(INT)
        if len(sorts) != 1:
            raise Unknown
        element = sorts.pop()
        return self.listing([self.entering(part, element, scope) for part in node.parts], element)

    def listing(self, items: list[Term], element: Sort) -> Term:
        x = variable("x", element)
        return made_of(disjunction(Term("eq", (x, item), BOOL) for item in items), x, SetSort(element))

    def entering(self, node: Node, element: Sort, scope: Scope) -> Term:
        """An item of a listing: what is not known to be of the element sort is checked."""
        item = self.check(node, element, scope)
        if item.op != "within" and item.sort not in (INT, element) and is_checked(item, element):
            raise Unreadable(f"{item.sort} among {element}")
        return item if item.op == "within" else within(item, element)

    def stored(self, node: Node, sort: Sort, scope: Scope) -> Term:
        """What becomes a value of a sort: sets over other ranges are checked."""
        return with_fitting_sets(self.check(node, sort, scope), sort)

    def _function(self, node: Node, scope: Scope) -> Term:
        inner, bound = self.bind(node.parts[0], scope)
        body = self.infer(node.parts[1], inner)
        return Term("function", (body,), FunctionSort(bound[0].sort, body.sort), bound)

    def _record(self, node: Node, scope: Scope) -> Term:
        names = tuple(name for name, _ in node.parts)
        known = [
            sort
            for sort in self.sorts.values()
            if isinstance(sort, RecordSort) and tuple(name for name, _ in sort.fields) == names
        ]
        if len(known) != 1:
            raise Unknown
        return self.check(node, known[0], scope)

    def _of_record(self, node: Node, scope: Scope) -> Term:
        sort, (made,) = self.sorts[node.data], node.parts
        if isinstance(sort, SequenceSort):
            length, i, inner = self.upto(made.parts[0], scope)
            return Term("tabulate", (length, self.stored(made.parts[1], sort.element, inner)), sort, (i,))
        return self.check(node.parts[0], self.sorts[node.data], scope)

    def _except(self, node: Node, scope: Scope) -> Term:
        base, changes = node.parts
        result = self.infer(base, scope)
        if isinstance(result.sort, RecordSort):
            # All at once: no change reads another.
            fields = {name: Term("field", (result,), of, name) for name, of in result.sort.fields}
            given = {path[0]: self.changed(fields[path[0]], path[1:], value, scope) for path, value in changes}
            return Term("record", tuple({**fields, **given}.values()), result.sort)
        for path, value in changes:
            result = self.changed(result, path, value, scope)
        return result

    def changed(self, owner: Term, path: tuple[Any, ...], value: Node, scope: Scope) -> Term:
        if not path:
            return self.stored(value, owner.sort, scope)
        step, rest = path[0], path[1:]
        match owner.sort:
            case RecordSort(fields=fields):
                parts = {name: Term("field", (owner,), of, name) for name, of in fields}
                parts[step] = self.changed(parts[step], rest, value, scope)
                return Term("record", tuple(parts.values()), owner.sort)
            case FunctionSort(index=index, value=of):
                key = self.check(step, index, scope)
                return Term(
                    "update",
                    (owner, key, self.changed(Term("apply", (owner, key), of), rest, value, scope)),
                    owner.sort,
                )
            case SequenceSort(element=element):
                number = self.check(step, INT, scope)
                inner = self.changed(Term("at", (owner, number), element), rest, value, scope)
                return Term("put", (owner, number, inner), owner.sort)
        raise Unreadable(f"{owner.sort} has no parts")

    def _call(self, node: Node, scope: Scope) -> Term:
        if node.data == "some":
            inner = self.infer(node.parts[0], scope)
            return Term("some", (inner,), OptionSort(inner.sort))
        return self.call(node, self.infer(node.parts[0], scope), scope)

    def call(self, node: Node, owner: Term, scope: Scope) -> Term:
        sort, rest = owner.sort, node.parts[1:]
        results: dict[str, Callable[[], tuple[Sort, list[Sort]]]] = {
            "cardinality": lambda: (INT, []),
            "length": lambda: (INT, []),
            "minimum": lambda: (_element(sort), []),
            "maximum": lambda: (_element(sort), []),
            "append": lambda: (sort, [_element(sort)]),
            "tail": lambda: (sort, []),
            "insert": lambda: (sort, [_element(sort)]),
            "remove": lambda: (sort, [_key(sort)]),
            "has_key": lambda: (BOOL, [_key(sort)]),
            "lookup": lambda: (_element(sort), [_key(sort)]),
        }
        result, wanted = results[node.data]()
        given = [self.stored(part, of, scope) for part, of in zip(rest, wanted, strict=True)]
        return Term(node.data, (owner, *given), result)

    def _within(self, node: Node, scope: Scope) -> Term:
        return Term("within", (self.check(node.parts[0], node.data, scope),), node.data)

    def _unknown(self, node: Node, scope: Scope) -> Term:
        raise Unknown


_METHODS = {
    **dict.fromkeys(("not", "and", "or", "implies"), "connective"),
    **dict.fromkeys(("add", "sub", "mul", "div", "mod"), "arithmetic"),
    **dict.fromkeys(RELATIONS, "relation"),
    "none": "unknown", "sequence": "unknown", "of record": "of_record",
}  # fmt: skip


def _common(left: Term, right: Term) -> Sort:
    return joined(left.sort, right.sort)


def _in(x: Term, collection: Term) -> Term:
    return Term("member", (x, collection), BOOL)


def _element(sort: Sort) -> Sort:
    match sort:
        case SetSort(element=element) | SequenceSort(element=element):
            return element
        case KeyedSort(element=record):
            return record
        case QuorumSort(of=of):
            return of
    raise Unreadable(f"{sort} has no elements")


def _key(sort: Sort) -> Sort:
    assert isinstance(sort, KeyedSort)
    return sort.key_sort


def _labels(sort: Sort) -> tuple[str, ...]:
    match sort:
        case EnumSort(labels=labels):
            return labels
        case ScalarSort(constants=constants):
            return constants
    return ()
