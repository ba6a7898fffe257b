"""Random protocols: every sort and construct of the language, small enough for brute force."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.spec import (
    BOOL,
    FALSE,
    INT,
    TRUE,
    Action,
    Expr,
    Guard,
    Property,
    Sort,
    Spec,
    Update,
    Variant,
    fn,
    option,
    set_of,
)

ODD_STARTS = 0.05
"""The part of the protocols in which a variable begins with any expression."""

Scope = dict[str, Sort]


def _lit(value: int) -> Expr:
    return Expr("literal", INT, data=value)


def comparable(left: Sort, right: Sort) -> bool:
    """Whether values of two sorts may be compared and stored into each other."""
    if left == right or (left.integer and right.integer):
        return True
    if left.kind != right.kind or left.kind not in ("option", "set", "fn"):
        return False
    if left.kind == "fn" and left.parts[0] != right.parts[0]:
        return False
    return comparable(left.parts[-1], right.parts[-1])


class Generator:
    """Makes one protocol from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.sorts: list[Sort] = []
        self.parameters: list[tuple[str, int, bool]] = []
        self.variables: list[tuple[str, Sort, Expr | None]] = []
        self.actions: list[Action] = []
        self.step = False
        self.stated = True
        self.enabling = False

    # -- sorts -------------------------------------------------------------------------------------------------------

    def _end(self, value: int) -> Any:
        fitting = [(name, value - of) for name, of, _ in self.parameters if 0 <= value - of <= 1]
        if fitting and self.random.random() < 0.5:
            name, plus = self.random.choice(fitting)
            return ("parameter", name, plus)
        return value

    def _declare_sorts(self) -> None:
        rng = self.random
        if rng.random() < 0.6:
            self.parameters.append(("Top", rng.randint(1, 2), rng.random() < 0.6))
        basic: list[Sort] = []
        size = rng.choice((1, 2, 2, 3, 3)) if rng.random() < 0.9 else 4
        constants = ("Home",) if rng.random() < 0.3 else ()
        kinds = rng.sample(["range", "range", "scalar", "enum", "ordered"], rng.randint(1, 3))
        for kind in kinds:
            name = {"range": "Num", "scalar": "Node", "enum": "Phase", "ordered": "Round"}[kind]
            if kind == "range":
                name = "Num" if not any(s.name == "Num" for s in basic) else "Big"
                low = rng.choice((0, 0, 0, -1, 1))
                high = low + rng.choice((0, 1, 2, 2, 3))
                basic.append(Sort("range", name, data=(low, self._end(high))))
            elif kind == "scalar":
                ordered = not constants and rng.random() < 0.4
                basic.append(Sort("scalar", name, data=("Nodes", "n", constants, size), ordered=ordered))
            elif kind == "enum":
                basic.append(Sort("enum", name, data=("Idle", "Busy", "Done")[: rng.choice((1, 2, 3, 3))]))
            else:
                basic.append(Sort("ordered", name, data=("Rounds", rng.choice((0, 1)), rng.choice((1, 2, 3, 3)))))
        self.sorts = list(basic)
        flat = [*basic, BOOL]
        if rng.random() < 0.55:
            parts = tuple(rng.choice(flat) for _ in range(rng.randint(1, 2)))
            ordered = all(part.integer or part.ordered for part in parts) and rng.random() < 0.6
            self.sorts.append(Sort("record", "Pair", parts, ("a", "b")[: len(parts)], ordered))
            if rng.random() < 0.7:
                self.sorts.append(Sort("keyed", "Table", (self.sorts[-1],), "a"))
        if rng.random() < 0.4:
            self.sorts.append(Sort("seq", "Log", (rng.choice(flat),), rng.randint(1, 2)))
        nodes = next((s for s in basic if s.kind == "scalar"), None)
        if nodes and rng.random() < 0.7:
            self.sorts.append(Sort("quorum", "Quorum", (nodes,)))

    def _flats(self) -> list[Sort]:
        """Sorts to quantify over."""
        return [BOOL, *(s for s in self.sorts if s.kind in ("range", "ordered", "scalar", "enum", "record"))]

    def _stored(self) -> Sort:
        """A sort for a variable."""
        rng = self.random
        named = [s for s in self.sorts if s.kind != "quorum"]
        waiting = [s for s in named if s.kind in ("keyed", "seq") and s not in (v[1] for v in self.variables)]
        if waiting and rng.random() < 0.6:
            return rng.choice(waiting)
        pick = rng.random()
        if pick < 0.45:
            return rng.choice([*named, *named, BOOL])
        flats = self._flats()
        simple = [s for s in flats if s.kind != "record"]
        if pick < 0.6:
            return option(rng.choice(flats))
        if pick < 0.8:
            return set_of(rng.choice([*simple, *simple, *flats, option(rng.choice(simple))]))
        inner = rng.choice([*flats, option(rng.choice(simple)), set_of(rng.choice(simple))])
        return fn(rng.choice(simple), inner)

    # -- expressions -------------------------------------------------------------------------------------------------

    def expr(self, sort: Sort, depth: int, scope: Scope) -> Expr:
        """An expression that may stand where `sort` is expected."""
        leaves = self._leaves(sort, scope)
        if depth <= 0:
            return self.random.choice(leaves) if leaves else self._least(sort, scope)
        makers: list[Callable[[], Expr | None]] = list(self._makers(sort, depth, scope))
        if leaves and self.random.random() < 0.35:
            return self.random.choice(leaves)
        self.random.shuffle(makers)
        for maker in makers:
            made = maker()
            if made is not None:
                return made
        if leaves:
            return self.random.choice(leaves)
        return self._least(sort, scope)

    def _leaves(self, sort: Sort, scope: Scope) -> list[Expr]:
        found = [Expr("bound", of, data=name) for name, of in scope.items() if comparable(of, sort)]
        if self.stated:
            for name, of, _ in self.variables:
                if comparable(of, sort):
                    found += [Expr("state", of, data=name)] * 2
                    if self.step:
                        found += [Expr("next", of, data=name)] * 2
        if sort.integer:
            found.append(_lit(self.random.randint(-1, 3)))
            found += [Expr("parameter", INT, data=name) for name, _, bound in self.parameters if not bound]
            if self.random.random() < 0.3:
                sized = [s for s in self.sorts if s.kind in ("scalar", "ordered")]
                found += [Expr("size_of", INT, data=(s.name, s.data[0])) for s in sized]
        elif sort.kind == "bool":
            found += [self.random.choice((TRUE, FALSE))] if self.random.random() < 0.1 else []
        elif sort.kind == "enum":
            found.append(Expr("literal", sort, data=self.random.choice(sort.data)))
        elif sort.kind == "scalar" and sort.data[2]:
            found.append(Expr("constant", sort, data=sort.data[2][0]))
        return found

    def _least(self, sort: Sort, scope: Scope) -> Expr:
        """Some expression of the sort, however little there is to make it of."""
        match sort.kind:
            case "bool":
                return self.random.choice((TRUE, FALSE))
            case "option":
                return Expr("none", sort)
            case "set":
                return Expr("set", sort)
            case "keyed" | "seq":
                return Expr("keyed" if sort.kind == "keyed" else "sequence", sort)
            case "record":
                return Expr("record", sort, tuple(self.expr(part, 0, scope) for part in sort.parts))
            case "fn":
                name = self._name(scope)
                body = self.expr(sort.parts[1], 0, {**scope, name: sort.parts[0]})
                return self._function(name, sort.parts[0], body)
            case "scalar" | "quorum":
                # Undefined unless there is one value.
                return Expr("choose", sort, (TRUE,), ((self._name(scope), sort),))
        return self._leaves(sort, scope)[0]

    def _function(self, name: str, index: Sort, body: Expr) -> Expr:
        return Expr("fn", fn(index, body.sort), (body,), ((name, index),))

    def _name(self, scope: Scope) -> str:
        """A name for a bound variable: sometimes one that is taken."""
        if scope and self.random.random() < 0.1:
            return self.random.choice(list(scope))
        return next(name for name in (*"xyzwuqvkh", "x1", "x2", "x3", "x4") if name not in scope)

    def _makers(self, sort: Sort, depth: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        d = depth - 1
        found: list[Callable[[], Expr | None]] = [
            lambda: self._ite(sort, d, scope),
            lambda: self._applied(sort, d, scope),
            lambda: self._payload(sort, d, scope),
            lambda: self._field(sort, d, scope),
            lambda: self._at(sort, d, scope),
        ]
        special = getattr(self, f"_{sort.kind if not sort.integer else 'integer'}", None)
        if special is not None:
            found += special(sort, d, scope) * 2
        if sort.kind in ("scalar", "enum", "range", "ordered", "record", "bool") and self.random.random() < 0.3:
            found.append(lambda: self._choose(sort, d, scope))
        if sort.kind in ("scalar", "enum", "range", "ordered", "record", "bool") and self.random.random() < 0.1:
            found.append(lambda: self._pick(sort, d, scope))
        return found

    def _ite(self, sort: Sort, d: int, scope: Scope) -> Expr | None:
        condition, then = self.expr(BOOL, d, scope), self._sorted(sort, d, scope)
        if then.op in ("keyed", "sequence", "none"):
            return None  # the text would not say what the sort is
        return Expr("ite", self._joint(then.sort, sort), (condition, then, self._sorted(then.sort, d, scope)))

    def _joint(self, sort: Sort, wanted: Sort) -> Sort:
        return INT if wanted.integer else sort

    def _sorted(self, sort: Sort, d: int, scope: Scope) -> Expr:
        """An expression whose text says its sort by itself."""
        made = self.expr(sort, d, scope)
        if made.op in ("none", "keyed", "sequence") or (made.op == "some" and made.sort != sort):
            leaves = [leaf for leaf in self._leaves(sort, scope) if leaf.sort == sort]
            if leaves:
                return self.random.choice(leaves)
            if made.op == "none":
                return Expr("some", sort, (self.expr(sort.parts[0], 0, scope),))
        return made

    def _of_kind(self, kind: str, scope: Scope, part: int, sort: Sort) -> list[Expr]:
        leaves = [Expr("bound", of, data=name) for name, of in scope.items()]
        if self.stated:
            leaves += [Expr("state", of, data=name) for name, of, _ in self.variables]
            leaves += [Expr("next", of, data=name) for name, of, _ in self.variables if self.step]
        return [e for e in leaves if e.sort.kind == kind and comparable(e.sort.parts[part], sort)]

    def _applied(self, sort: Sort, d: int, scope: Scope) -> Expr | None:
        functions = self._of_kind("fn", scope, 1, sort)
        if not functions:
            return None
        function = self.random.choice(functions)
        return Expr("apply", function.sort.parts[1], (function, self.expr(function.sort.parts[0], d, scope)))

    def _payload(self, sort: Sort, d: int, scope: Scope) -> Expr | None:
        options = self._of_kind("option", scope, 0, sort)
        if not options:
            return None
        chosen = self.random.choice(options)
        value = Expr("payload", chosen.sort.parts[0], (chosen,))
        if sort.kind == "bool" and self.random.random() < 0.6:
            return Expr("and", BOOL, (Expr("is_some", BOOL, (chosen,)), value))
        return value

    def _field(self, sort: Sort, d: int, scope: Scope) -> Expr | None:
        records = [s for s in self.sorts if s.kind == "record" and any(comparable(p, sort) for p in s.parts)]
        if not records:
            return None
        record = self.expr(records[0], d, scope)
        names = [n for n, p in zip(records[0].data, records[0].parts, strict=True) if comparable(p, sort)]
        name = self.random.choice(names)
        return Expr("field", records[0].parts[records[0].data.index(name)], (record,), name)

    def _choose(self, sort: Sort, d: int, scope: Scope) -> Expr:
        name = self._name(scope)
        inner = {**scope, name: sort}
        body = self.expr(BOOL, d, inner)
        if self.random.random() < 0.7:
            body = Expr("eq", BOOL, (Expr("bound", sort, data=name), self.expr(sort, d, inner)))
        return Expr("choose", sort, (body,), ((name, sort),))

    def _pick(self, sort: Sort, d: int, scope: Scope) -> Expr:
        name = self._name(scope)
        return Expr("pick", sort, (self.expr(BOOL, d, {**scope, name: sort}),), ((name, sort),))

    def _sequences(self) -> list[Sort]:
        return [v[1] for v in self.variables if v[1].kind == "seq"] if self.stated else []

    def _folded(self, of: Sort, initial: Expr, d: int, scope: Scope) -> Expr | None:
        """A fold that comes to a value of a sort."""
        items = self._sorted(self.random.choice([set_of(self._element()), *self._sequences() * 3]), d, scope)
        if items.op == "sequence":
            return None
        acc = self._name(scope)
        item = self._name({**scope, acc: of})
        if item == acc:
            return None
        inner = {**scope, acc: of, item: items.sort.parts[0]}
        body = self.expr(of, d, inner)
        return Expr("fold", of, (items, initial, body), ((acc, of), (item, items.sort.parts[0])))

    # -- by sort -----------------------------------------------------------------------------------------------------

    def _bool(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        def junction() -> Expr:
            op = self.random.choice(("and", "or", "implies"))
            return Expr(op, BOOL, (self.expr(BOOL, d, scope), self.expr(BOOL, d, scope)))

        def same() -> Expr:
            of = self.random.choice([v[1] for v in self.variables if v[1].kind != "bool"] or [BOOL])
            left = self._sorted(of, d, scope)
            return Expr("eq", BOOL, (left, self.expr(left.sort if not left.sort.integer else INT, d, scope)))

        def order() -> Expr | None:
            others = [s for s in self.sorts if s.kind in ("record", "scalar") and s.ordered]
            of = self.random.choice([*others, INT])
            if of is INT and not any(s.integer for s in self.sorts):
                return None
            return Expr(self.random.choice(("lt", "le")), BOOL, (self.expr(of, d, scope), self.expr(of, d, scope)))

        def contains() -> Expr:
            of = self._element()
            items = self._sorted(set_of(of), d, scope)
            return Expr("contains", BOOL, (items, self.expr(items.sort.parts[0], d, scope)))

        def quantified() -> Expr:
            binders: Scope = {}
            for _ in range(self.random.choice((1, 1, 2))):
                name = self._name({**scope, **binders})
                quorums = [s for s in self.sorts if s.kind == "quorum"]
                binders[name] = self.random.choice([*self._flats(), *quorums, *quorums])
            body = self.expr(BOOL, d, {**scope, **binders})
            return Expr(self.random.choice(("forall", "exists")), BOOL, (body,), tuple(binders.items()))

        def counted() -> Expr | None:
            if not any(s.integer for s in self.sorts):
                return None
            name, sequences = self._name(scope), self._sequences()
            last = self.expr(INT, 0, scope)
            if sequences and self.random.random() < 0.7:
                last = Expr("length", INT, (Expr("state", sequences[0], data=self._called(sequences[0])),))
            body = self.expr(BOOL, d, {**scope, name: INT})
            return Expr(self.random.choice(("forall_upto", "exists_upto")), BOOL, (last, body), ((name, INT),))

        def over_members() -> Expr | None:
            keyed = [s for s in self.sorts if s.kind == "keyed"]
            of = self.random.choice([*keyed, *keyed, *self._sequences(), set_of(self._element())])
            items = self._sorted(of, d, scope)
            if items.op in ("keyed", "sequence"):
                return None
            name = self._name(scope)
            body = self.expr(BOOL, d, {**scope, name: items.sort.parts[0]})
            element = ((name, items.sort.parts[0]),)
            return Expr(self.random.choice(("forall_in", "exists_in")), BOOL, (items, body), element)

        def sets() -> Expr:
            items = self._sorted(set_of(self._element()), d, scope)
            if self.random.random() < 0.4:
                return Expr("is_empty", BOOL, (items,))
            other = self._sorted(items.sort, d, scope)
            return Expr(self.random.choice(("subset", "disjoint")), BOOL, (items, other))

        def options() -> Expr | None:
            found = [v for v in self.variables if v[1].kind == "option"] if self.stated else []
            if not found:
                return None
            return Expr("is_some", BOOL, (self._sorted(self.random.choice(found)[1], d, scope),))

        def table() -> Expr | None:
            keyed = [v for v in self.variables if v[1].kind == "keyed"] if self.stated else []
            if not keyed:
                return None
            items = self._sorted(keyed[0][1], d, scope)
            record = keyed[0][1].parts[0]
            if items.op == "keyed":
                return None
            if self.random.random() < 0.3:
                got = Expr("get", record, (items, self.expr(record.parts[0], d, scope)))
                return Expr("eq", BOOL, (got, self.expr(record, d, scope)))
            if self.random.random() < 0.6:
                return Expr("has", BOOL, (items, self.expr(record.parts[0], d, scope)))
            return Expr("contains", BOOL, (items, self.expr(record, d, scope)))

        def quorum() -> Expr | None:
            quorums = [Expr("bound", s, data=n) for n, s in scope.items() if s.kind == "quorum"]
            if not quorums:
                return None
            chosen = self.random.choice(quorums)
            return Expr("contains", BOOL, (chosen, self.expr(chosen.sort.parts[0], d, scope)))

        def one_of() -> Expr:
            of = self.random.choice([s for s in self._flats() if s.kind != "bool"] or [BOOL])
            value = self.expr(of, d, scope)
            return Expr("one_of", BOOL, (value, *(self.expr(of, 0, scope) for _ in range(2))))

        def enabled() -> Expr | None:
            if not self.enabling or not self.actions:
                return None
            action, op = self.random.choice(self.actions), self.random.choice(("enabled", "enabled", "can_change"))
            if not action.arguments or self.random.random() < 0.5:
                return Expr(op, BOOL, data=action.name)
            return Expr(op, BOOL, tuple(self.expr(sort, d, scope) for _, sort in action.arguments), action.name)

        return [
            lambda: Expr("not", BOOL, (self.expr(BOOL, d, scope),)),
            junction, junction, same, same, order, counted, contains, quantified, quantified, over_members, sets, options, table,
            table, table, quorum, quorum, one_of, enabled, enabled,
        ]  # fmt: skip

    def _called(self, sort: Sort) -> str:
        """A variable of a sort that some variable has."""
        return next(name for name, of, _ in self.variables if of == sort)

    def _integer(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        def arithmetic() -> Expr:
            op = self.random.choice(("add", "add", "sub", "sub", "mul"))
            return Expr(op, INT, (self.expr(INT, d, scope), self.expr(INT, d, scope)))

        def divided() -> Expr:
            divisor = self.expr(INT, d if self.random.random() < 0.3 else 0, scope)
            if divisor.op == "literal" and divisor.data == 0:
                divisor = _lit(self.random.choice((2, 3, -2)))
            return Expr(self.random.choice(("div", "mod")), INT, (self.expr(INT, d, scope), divisor))

        def summed() -> Expr | None:
            if self.random.random() < 0.5:
                return None
            name = self._name(scope)
            if self.random.random() < 0.5:
                of = self.random.choice(self._flats())
                return Expr("sum_of", INT, (self.expr(INT, d, {**scope, name: of}),), ((name, of),))
            items = self._sorted(set_of(self._element()), d, scope)
            of = items.sort.parts[0]
            return Expr("sum_in", INT, (items, self.expr(INT, d, {**scope, name: of})), ((name, of),))

        def folded() -> Expr | None:
            return self._folded(INT, self.expr(INT, 0, scope), d, scope) if self.random.random() < 0.5 else None

        def tabled() -> Expr | None:
            index = next((s for s in self.sorts if s.kind == "enum"), BOOL)
            if self.random.random() < 0.4:
                return None
            places = index.data if index.kind == "enum" else (False, True)
            values = tuple(self.expr(INT, d if self.random.random() < 0.2 else 0, scope) for _ in places)
            return Expr("apply", INT, (Expr("table", fn(index, INT), values), self.expr(index, d, scope)))

        def extreme() -> Expr:
            op = self.random.choice(("minimum", "maximum"))
            return Expr(op, INT, (self.expr(INT, d, scope), self.expr(INT, d, scope)))

        def of_set() -> Expr | None:
            integers = [s for s in self.sorts if s.kind in ("range", "ordered")]
            if not integers:
                return None
            items = self._sorted(set_of(self.random.choice(integers)), d, scope)
            return Expr(self.random.choice(("min_of", "max_of")), items.sort.parts[0], (items,))

        def size() -> Expr:
            keyed = [v for v in self.variables if v[1].kind in ("keyed", "seq")] if self.stated else []
            if keyed and self.random.random() < 0.5:
                items = self._sorted(self.random.choice(keyed)[1], d, scope)
                if items.op not in ("keyed", "sequence"):
                    return Expr("size" if items.sort.kind == "keyed" else "length", INT, (items,))
            return Expr("size", INT, (self._sorted(set_of(self._element()), d, scope),))

        return [arithmetic, arithmetic, divided, summed, folded, tabled, extreme, of_set, size]

    def _at(self, sort: Sort, d: int, scope: Scope) -> Expr | None:
        found = [v for v in self.variables if v[1].kind == "seq" and comparable(v[1].parts[0], sort)]
        if not found or not self.stated:
            return None
        items = self._sorted(found[0][1], d, scope)
        if items.op == "sequence":
            return None
        if self.random.random() < 0.4:
            return Expr(self.random.choice(("head", "head", "last")), items.sort.parts[0], (items,))
        return Expr("at", items.sort.parts[0], (items, self.expr(INT, d, scope)))

    def _element(self) -> Sort:
        sets = [v[1].parts[0] for v in self.variables if v[1].kind == "set"]
        return self.random.choice([*sets, *sets, *(s for s in self._flats() if s.kind != "bool")] or [BOOL])

    def _record(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        def written() -> Expr:
            return Expr("record", sort, tuple(self.expr(part, d, scope) for part in sort.parts))

        def replaced() -> Expr:
            place = self.random.randrange(len(sort.parts))
            value = self.expr(sort.parts[place], d, scope)
            return Expr("replace", sort, (self.expr(sort, d, scope), value), sort.data[place])

        def looked_up() -> Expr | None:
            keyed = [v for v in self.variables if v[1].kind == "keyed"] if self.stated else []
            if not keyed:
                return None
            items = Expr("state", keyed[0][1], data=keyed[0][0])
            if keyed[0][1].parts[0] != sort:
                return None
            return Expr("get", sort, (items, self.expr(sort.parts[0], d, scope)))

        return [written, written, replaced, looked_up, *self._scalar(sort, d, scope)]

    def _scalar(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        """The least and the greatest of ordered names, and of ordered records."""

        def extreme() -> Expr | None:
            if not sort.ordered:
                return None
            if self.random.random() < 0.5:
                op = self.random.choice(("minimum", "maximum"))
                return Expr(op, sort, (self.expr(sort, d, scope), self.expr(sort, d, scope)))
            op = self.random.choice(("min_of", "max_of"))
            return Expr(op, sort, (self._sorted(set_of(sort), d, scope),))

        return [extreme]

    def _option(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        def some() -> Expr:
            value = self.expr(sort.parts[0], d, scope)
            return Expr("some", option(value.sort), (value,))

        return [lambda: Expr("none", sort), some, some]

    def _set(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        of = sort.parts[0]

        def literal() -> Expr:
            count = self.random.choice((0, 1, 1, 2))
            return Expr("set", sort, tuple(self.expr(of, d, scope) for _ in range(count)))

        def comprehension() -> Expr | None:
            name = self._name(scope)
            return Expr("set_of", sort, (self.expr(BOOL, d, {**scope, name: of}),), ((name, of),))

        def combined() -> Expr:
            op = self.random.choice(("union", "union", "inter", "minus"))
            left = self._sorted(sort, d, scope)
            return Expr(op, left.sort, (left, self._sorted(left.sort, d, scope)))

        def image() -> Expr:
            source = self.random.choice([s for s in self._flats() if s.kind != "record"])
            name = self._name(scope)
            body = self.expr(of, d, {**scope, name: source})
            whole = Expr("whole", source)
            if self.random.random() < 0.5:
                whole = self._sorted(set_of(source), d, scope)
                body = self.expr(of, d, {**scope, name: whole.sort.parts[0]})
                return Expr("image", sort, (whole, body), ((name, whole.sort.parts[0]),))
            return Expr("image", sort, (whole, body), ((name, source),))

        def elements() -> Expr | None:
            known = [s for s in self._sequences() if s.parts[0] == of]
            items = self._sorted(known[0], d, scope) if known else None
            return None if items is None or items.op == "sequence" else Expr("elements", sort, (items,))

        return [literal, literal, comprehension, combined, image, elements]

    def _fn(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        index, value = sort.parts

        def written() -> Expr:
            name = self._name(scope)
            return self._function(name, index, self._sorted(value, d, {**scope, name: index}))

        def updated() -> Expr:
            function = self._sorted(sort, d, scope)
            return Expr("updated", function.sort, (function, self.expr(index, d, scope), self.expr(value, d, scope)))

        return [written, updated, updated]

    def _seq(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        of = sort.parts[0]

        def literal() -> Expr:
            count = self.random.randint(0, 2)
            return Expr("sequence", sort, tuple(self.expr(of, d, scope) for _ in range(count)))

        def changed() -> Expr | None:
            items = self._sorted(sort, d, scope)
            if items.op == "sequence":
                return None
            match self.random.choice(("append", "tail", "put")):
                case "append":
                    return Expr("append", sort, (items, self.expr(of, d, scope)))
                case "tail":
                    return Expr("tail", sort, (items,))
            return Expr("put", sort, (items, self.expr(INT, d, scope), self.expr(of, d, scope)))

        def rearranged() -> Expr | None:
            items = self._sorted(sort, d, scope)
            if items.op == "sequence":
                return None
            number = self.expr(INT, 0, scope)
            match self.random.choice(("concat", "front", "reverse", "sub_sequence", "remove_at", "insert_at")):
                case "concat":
                    return Expr("concat", sort, (items, self._sorted(sort, 0, scope)))
                case "sub_sequence":
                    return Expr("sub_sequence", sort, (items, number, self.expr(INT, 0, scope)))
                case "remove_at":
                    return Expr("remove_at", sort, (items, number))
                case "insert_at":
                    return Expr("insert_at", sort, (items, number, self.expr(of, d, scope)))
                case op:
                    return Expr(op, sort, (items,))

        def tabulated() -> Expr:
            name = self._name(scope)
            length = self.random.choice((_lit(self.random.randint(0, 2)), self.expr(INT, 0, scope)))
            return Expr("tabulate", sort, (length, self.expr(of, d, {**scope, name: INT})), ((name, INT),))

        def folded() -> Expr | None:
            initial = self._sorted(sort, 0, scope)
            return None if initial.op == "sequence" else self._folded(sort, initial, d, scope)

        return [literal, changed, changed, rearranged, rearranged, tabulated, folded]

    def _keyed(self, sort: Sort, d: int, scope: Scope) -> list[Callable[[], Expr | None]]:
        def changed() -> Expr | None:
            items = self._sorted(sort, d, scope)
            if items.op == "keyed":
                return None
            if self.random.random() < 0.7:
                return Expr("insert", sort, (items, self.expr(sort.parts[0], d, scope)))
            return Expr("remove", sort, (items, self.expr(sort.parts[0].parts[0], d, scope)))

        return [lambda: Expr("keyed", sort), changed, changed]

    # -- tame expressions: always of the sort and defined, so that much is reachable --------------------------------------

    def tame(self, sort: Sort, scope: Scope, old: Expr | None = None) -> Expr:
        """An expression that always has a value, within the sort."""
        rng = self.random
        known = [Expr("bound", of, data=name) for name, of in scope.items() if of == sort]
        stored = [Expr("state", of, data=name) for name, of, _ in self.variables if of == sort]
        fresh = self._fresh(sort, scope, old)
        if old is not None:
            return rng.choice([*known, *fresh, *fresh])
        return rng.choice([*known, *known, *known, *fresh, *fresh, *fresh, *stored])

    def _fresh(self, sort: Sort, scope: Scope, old: Expr | None = None) -> list[Expr]:
        """Values of the sort, most of them made from an old one."""
        rng = self.random
        stored = [Expr("state", of, data=name) for name, of, _ in self.variables if of == sort]
        old = old or (rng.choice(stored) if stored else None)
        match sort.kind:
            case "range" | "ordered":
                least = _lit(sort.data[1] if sort.kind == "ordered" else sort.data[0])
                if old is None:
                    return [least]
                top = set_of(sort)
                last = Expr("max_of", sort, (Expr("set_of", top, (TRUE,), (("m", sort),)),))
                more = Expr("add", INT, (old, _lit(1)))
                grown = Expr("ite", INT, (Expr("lt", BOOL, (old, last)), more, rng.choice((least, old))))
                return [grown, grown, least]
            case "bool":
                return [TRUE, FALSE, *([Expr("not", BOOL, (old,))] if old else [])]
            case "enum":
                label = Expr("literal", sort, data=rng.choice(sort.data))
                if old is None:
                    return [label]
                other = Expr("literal", sort, data=rng.choice(sort.data))
                return [label, Expr("ite", sort, (Expr("eq", BOOL, (old, label)), other, label))]
            case "option":
                return [Expr("none", sort), Expr("some", sort, (self.tame(sort.parts[0], scope),))]
            case "record":
                return [Expr("record", sort, tuple(self.tame(part, scope) for part in sort.parts))]
            case "set":
                one = Expr("set", sort, (self.tame(sort.parts[0], scope),))
                base = old or Expr("set", sort)
                return [Expr("union", sort, (base, one)), Expr(rng.choice(("minus", "union")), sort, (base, one))]
            case "fn":
                name = self._name(scope)
                made = self._function(name, sort.parts[0], self._spoken(sort.parts[1], {**scope, name: sort.parts[0]}))
                if old is None:
                    return [made]
                new = self.tame(sort.parts[1], scope)
                return [made, Expr("updated", sort, (old, self.tame(sort.parts[0], scope), new))]
            case "seq":
                if old is None:
                    return [Expr("sequence", sort)]
                room = Expr("lt", BOOL, (Expr("length", INT, (old,)), _lit(sort.data)))
                longer = Expr("append", sort, (old, self.tame(sort.parts[0], scope)))
                other = rng.choice((Expr("tail", sort, (old,)), old)) if sort.data else old
                return [Expr("ite", sort, (room, longer, other)), Expr("sequence", sort)]
            case "keyed":
                if old is None:
                    return [Expr("keyed", sort)]
                record = self.tame(sort.parts[0], scope)
                key = Expr("field", sort.parts[0].parts[0], (record,), sort.data)
                without = Expr("remove", sort, (old, key))
                return [without, Expr("insert", sort, (without, record))]
        # A scalarset without a constant has values only where something holds one.
        return stored or [Expr("choose", sort, (TRUE,), ((self._name(scope), sort),))]

    def _spoken(self, sort: Sort, scope: Scope) -> Expr:
        """Likewise, and its text says its sort by itself."""
        made = self.tame(sort, scope)
        if made.op == "none":
            return Expr("some", sort, (self.tame(sort.parts[0], scope),))
        if made.op in ("sequence", "keyed"):
            return Expr("state", sort, data=next(name for name, of, _ in self.variables if of == sort))
        return made

    # -- the protocol ------------------------------------------------------------------------------------------------

    def spec(self) -> Spec:
        """The protocol of the seed."""
        rng = self.random
        self._declare_sorts()
        self._variables()
        initially = self._initially()
        for number in range(rng.choice((1, 2, 2, 3))):
            self.actions.append(self._action(number))
        self.enabling = True
        constraints = (self.expr(BOOL, 2, {}),) if rng.random() < 0.1 else ()
        properties = [self._property(number) for number in range(rng.choice((2, 3, 4)))]
        if rng.random() < 0.3:
            properties.append(Property("Guess", "lemma", self.expr(BOOL, 2, {})))
        return Spec(
            f"chance-{self.seed}",
            tuple(self.parameters),
            tuple(self.sorts),
            tuple(self.variables),
            initially,
            constraints,
            tuple(self.actions),
            tuple(properties),
            self._variants(),
        )

    def _variables(self) -> None:
        self.stated = False
        names = self.random.sample(["count", "who", "seen", "log", "ready", "flag", "n", "action", "between"], 4)
        for name in names[: self.random.choice((1, 2, 3, 3, 4))]:
            sort = self._stored()
            initial: Expr | None = None
            if self.random.random() < 0.88:
                initial = self._start(sort)
            self.variables.append((name, sort, initial))
        self._odd_start()
        self.stated = True

    def _odd_start(self) -> None:
        """Now and then a variable begins with any expression, which may be undefined or out of range."""
        usual, self.random = self.random, random.Random(f"initial value {self.seed}")
        if self.random.random() < ODD_STARTS:
            place = self.random.randrange(len(self.variables))
            name, sort, _ = self.variables[place]
            value = self.expr(sort, 2, {})
            # Where no variable is at hand, literals may stand where nothing says of which sort they are.
            bodies = [e.args[0].op for e in value.walk() if e.op == "fn"]
            if not {"none", "keyed", "sequence"} & {e.op for e in value.walk()} and "literal" not in bodies:
                self.variables[place] = name, sort, value
        self.random = usual

    def _start(self, sort: Sort) -> Expr | None:
        """An initial value: nearly always a plain one of the sort."""
        rng = self.random
        if sort.integer:
            if rng.random() < 0.03:
                return _lit(5)
            low = sort.data[1] if sort.kind == "ordered" else sort.data[0]
            return _lit(low)
        match sort.kind:
            case "bool":
                return rng.choice((TRUE, FALSE))
            case "enum":
                return Expr("literal", sort, data=rng.choice(sort.data))
            case "scalar":
                return Expr("constant", sort, data=sort.data[2][0]) if sort.data[2] else None
            case "option":
                return Expr("none", sort)
            case "set":
                return Expr("set", sort)
            case "record":
                fields = [self._start(part) for part in sort.parts]
                return Expr("record", sort, tuple(f for f in fields if f)) if all(fields) else None
            case "fn":
                value = self._start(sort.parts[1])
                if value is None or value.op == "none":
                    return None
                return Expr("fn", fn(sort.parts[0], value.sort), (value,), (("i", sort.parts[0]),))
        return Expr("keyed" if sort.kind == "keyed" else "sequence", sort)

    def _initially(self) -> tuple[Expr, ...]:
        count = self.random.choice((0, 0, 0, 1, 2)) if any(i is None for _, _, i in self.variables) else 0
        return tuple(self._condition({}) for _ in range(count))

    def _action(self, number: int) -> Action:
        rng = self.random
        name = ("Move", "Grow", "Swap")[number]
        arguments: Scope = {}
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            arguments[f"a{len(arguments)}"] = rng.choice(self._flats())
        witnesses: Scope = {}
        if rng.random() < 0.15:
            kinds = [s for s in self.sorts if s.kind in ("quorum", "scalar", "range")]
            witnesses = {"q": rng.choice(kinds)} if kinds else {}
        guards = []
        for place in range(rng.choice((0, 0, 1, 1, 2))):
            condition = self._condition({**arguments, **witnesses})
            other = self.expr(BOOL, 1, {**arguments, **witnesses}) if rng.random() < 0.15 else None
            guards.append(Guard(f"g{place}", condition, other is None and rng.random() < 0.1, other))
        if not guards:
            witnesses = {}
        chosen = rng.sample(self.variables, min(len(self.variables), rng.choice((1, 2, 2, 3))))
        updates = tuple(self._update(variable, arguments, place) for place, variable in enumerate(chosen))
        updates = (*updates, *self._further_points(updates, arguments))
        return Action(name, tuple(arguments.items()), tuple(witnesses.items()), tuple(guards), updates)

    def _further_points(self, updates: tuple[Update, ...], scope: Scope) -> Iterator[Update]:
        """Further points of functions that are assigned at a point already."""
        sorts = {name: sort for name, sort, _ in self.variables}
        for update in updates:
            if update.path and self.random.random() < 0.3:
                index, value = sorts[update.variable].parts
                yield Update(update.variable, (self.expr(index, 1, scope),), self.expr(value, 2, scope))

    def _condition(self, scope: Scope) -> Expr:
        """A guard: often a plain comparison of what is at hand."""
        if self.random.random() < 0.3:
            return self.expr(BOOL, 2, scope)
        _, sort, _ = self.random.choice(self.variables)
        left, right = self._spoken(sort, scope), self.tame(sort, scope)
        same = Expr("eq", BOOL, (left, right))
        return same if self.random.random() < 0.25 else Expr("not", BOOL, (same,))

    def _update(self, variable: tuple[str, Sort, Expr | None], scope: Scope, place: int) -> Update:
        name, sort, _ = variable
        path: tuple[Expr, ...] = ()
        if self.random.random() < 0.8:
            if sort.kind == "fn" and self.random.random() < 0.7:
                index = self.tame(sort.parts[0], scope)
                old = Expr("apply", sort.parts[1], (Expr("state", sort, data=name), index))
                return Update(name, (index,), self.tame(sort.parts[1], scope, old))
            return Update(name, (), self.tame(sort, scope, Expr("state", sort, data=name)))
        if sort.kind == "fn" and self.random.random() < 0.7:
            path, sort = (self.expr(sort.parts[0], 1, scope),), sort.parts[1]
        if self.random.random() < 0.12:
            value = self._sorted(sort, 2, scope)
            return Update(name, path, value, f"c{place}", self._sorted(value.sort, 1, scope))
        return Update(name, path, self.expr(sort, 3, scope))

    def _property(self, number: int) -> Property:
        rng = self.random
        if rng.random() < 0.7:
            return Property(f"P{number}", "state", self.expr(BOOL, 3, {}))
        self.step = True
        formula = self.expr(BOOL, 3, {})
        self.step = False
        subscript: Any = None
        if rng.random() < 0.15:
            subscript = rng.choice(("all", tuple(name for name, _, _ in rng.sample(self.variables, 1))))
        return Property(f"P{number}", "action", formula, subscript)

    def _variants(self) -> tuple[Variant, ...]:
        rng = self.random
        if rng.random() < 0.7:
            return ()
        droppable = [f"{a.name}.{g.name}" for a in self.actions for g in a.guards]
        droppable += [f"{a.name}.{u.choice}" for a in self.actions for u in a.updates if u.choice]
        drops = tuple(rng.sample(droppable, min(len(droppable), 1)))
        others = [f"{a.name}.{g.name}" for a in self.actions for g in a.guards if g.other]
        replaces = tuple(name for name in others[:1] if name not in drops)
        without = (self.actions[-1].name,) if len(self.actions) > 1 and rng.random() < 0.4 else ()
        drops = tuple(name for name in drops if name.split(".")[0] not in without)
        replaces = tuple(name for name in replaces if name.split(".")[0] not in without)
        settings = tuple((name, value + 1) for name, value, _ in self.parameters if rng.random() < 0.5)
        return (Variant("other", drops, replaces, without, settings),)


def protocol(seed: int) -> Spec:
    """The random protocol of a seed."""
    return Generator(seed).spec()
