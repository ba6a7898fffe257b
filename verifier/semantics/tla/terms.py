"""Terms as expressions of TLA+: where the two languages differ, the text has the meaning of the model, as TLC reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verifier.kernel import set_forms
from verifier.kernel.operators import UnknownOperator
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    RecordSort,
    Sort,
)
from verifier.kernel.terms import Term, alike, literal, may_be_undefined, variable
from verifier.semantics.tla import binders
from verifier.semantics.tla.binders import NO_CHOICE, NO_RECURSION
from verifier.semantics.tla.names import Bound, Namespace
from verifier.semantics.tla.sorts import Definition, Sorts
from verifier.semantics.tla.strength import IMPLIES, JUNCTION, NOT, OPEN, POSTFIX, PRODUCT, RELATION, SET, SUM, WIDTH

_BINARY = {
    "eq": ("=", RELATION),
    "member": ("\\in", RELATION),
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "mul": ("*", PRODUCT),
}
_JUNCTIONS = {"and": "/\\", "or": "\\/"}
_QUANTIFIERS = {"forall": "\\A", "exists": "\\E", "forall_in": "\\A", "exists_in": "\\E"}

NO_PUT = "EXCEPT of a sequence"


class Expressions:
    """Writes the terms of one model. The module has to define the helpers that it has used."""

    def __init__(self, sorts: Sorts, space: Namespace, variables: dict[str, str], parameters: dict[str, str]) -> None:
        self.sorts, self.space, self.variables, self.parameters = sorts, space, variables, parameters
        helpers = ("Value", "Min", "Max", "Total", "TotalOver")
        self._helpers = {name: space.claim(name, ours=True) for name in helpers}
        self._used: set[str] = set()
        self.none = Bound(())

    def bound(self) -> Bound:
        """The names of bound variables where nothing is bound; to be asked for when all names of the module are claimed."""
        return Bound(self.space.taken)

    def helper(self, name: str) -> str:
        """The name of a helper; the module then defines it."""
        self._used.add(name)
        if name in ("Value", "Min", "Max"):
            self.sorts.remarks.add(NO_CHOICE)
        if name == "Total":
            self.sorts.remarks.add(NO_RECURSION)
        return self._helpers[name]

    def helpers(self) -> Iterator[Definition]:
        """The definitions of the helpers that have been used."""
        free, names = self.sorts.space_free, self._helpers
        x, y, f, over = free("x"), free("y"), free("f"), free("S")
        if "Value" in self._used:
            comments = (f"The value of an option: {names['Value']}({{x}}) is x.", "@type: Set(a) => a;")
            yield Definition(comments, (f"{names['Value']}({over}) == CHOOSE {x} \\in {over} : TRUE",))
        for name, symbol in (("Min", "<="), ("Max", ">=")):
            if name in self._used:
                written = f"CHOOSE {x} \\in {over} : \\A {y} \\in {over} : {x} {symbol} {y}"
                yield Definition(("@type: Set(Int) => Int;",), (f"{names[name]}({over}) == {written}",))
        if "Total" in self._used:
            total, inner = names["Total"], names["TotalOver"]
            rest = f"{f}[{x}] + {inner}({f}, {over} \\ {{{x}}})"
            yield Definition((), (f"RECURSIVE {inner}(_, _)",))
            yield Definition(
                ("@type: (a -> Int, Set(a)) => Int;",),
                (
                    f"{inner}({f}, {over}) ==",
                    f"  IF {over} = {{}} THEN 0 ELSE LET {x} == CHOOSE {y} \\in {over} : TRUE IN {rest}",
                ),
            )
            comments = ("The sum of the values of a function.", "@type: (a -> Int) => Int;")
            yield Definition(comments, (f"{total}({f}) == {inner}({f}, DOMAIN {f})",))

    # -- formulas on their own lines ---------------------------------------------------------------------------------

    def lines(self, term: Term, names: Bound, indent: int, place: int = OPEN) -> list[str]:
        """The lines of a formula at an indentation, where something of binding strength `place` or tighter may stand."""
        space = " " * indent
        flat = self.render(term, names, place)
        if indent + len(flat) <= WIDTH:
            return [space + flat]
        if term.op == "not" and flat.startswith("~"):
            return behind("~", self.lines(term.args[0], names, indent + 1, POSTFIX))
        if term.op == "function":
            inner = names.bind(*term.bound)
            *before, end = self.lines(term.args[0], inner, indent + 2)
            return [f"{space}[{self.ranging(term.bound, inner)} |->", *before, f"{end}]"]
        head = self._opened(term, names)
        strength = OPEN if head or term.op == "ite" else {"and": JUNCTION, "or": JUNCTION, "implies": IMPLIES}.get(term.op)
        if strength is None:
            return [space + flat]
        if strength < place:
            first, *rest = self.lines(term, names, indent + 1)
            lines = [f"{space}({first.lstrip()}", *rest]
            return [*lines[:-1], f"{lines[-1]})"]
        if head:
            text, body, inner = head
            return [f"{space}{text} :", *self.lines(body, inner, indent + 2)]
        if term.op == "ite":
            condition, then, otherwise = term.args
            return [
                *behind("IF ", self.lines(condition, names, indent + 3)),
                *behind("THEN ", self.lines(then, names, indent + 5)),
                *behind("ELSE ", self.lines(otherwise, names, indent + 5)),
            ]
        if term.op == "implies":
            premise, conclusion = term.args
            loosest = OPEN if self._opened(conclusion, names) else JUNCTION
            after = behind("=> ", self.lines(conclusion, names, indent + 3, loosest))
            return [*self.lines(premise, names, indent, JUNCTION), *after]
        symbol = f"{_JUNCTIONS[term.op]} "
        return [line for part in _operands(term) for line in behind(symbol, self.lines(part, names, indent + 3))]

    def test(self, term: Term, names: Bound, indent: int) -> list[str]:
        """The lines of a formula that stands in an action or among initial values, and is evaluated from left to right.

        There TLC follows each side of a disjunction by itself, also the one that has no value where the first is true.
        """
        if not _is_split(term):
            return self.lines(term, names, indent)
        lines = self.lines(term, names, indent, POSTFIX)
        return [*lines[:-1], f"{lines[-1]} = TRUE"]

    # -- expressions -------------------------------------------------------------------------------------------------

    def render(self, term: Term, names: Bound, place: int = OPEN) -> str:
        """The text of `term` where something of binding strength `place` or tighter may stand."""
        written, strength = self._written(term, names)
        return f"({written})" if strength < place else written

    def equation(self, left: str, term: Term, names: Bound) -> list[str]:
        """The lines of the conjunct that defines a variable; a term looser than `=` is in parentheses on its right."""
        head = f"  /\\ {left} = "
        flat = head + self.render(term, names, OPEN if term.op == "ite" else SET)
        if len(flat) <= WIDTH:
            return [flat]
        return [head.rstrip(), *self.lines(term, names, 7, SET)]

    def _written(self, term: Term, names: Bound) -> tuple[str, int]:
        known = names.written.get(term)
        if known is None:
            known = names.written[term] = self._write(term, names)
        return known

    def _write(self, term: Term, names: Bound) -> tuple[str, int]:
        op, args = term.op, term.args
        if op in _JUNCTIONS:
            return f" {_JUNCTIONS[op]} ".join(self.render(part, names, NOT) for part in _operands(term)), JUNCTION
        if op in _BINARY:
            return self._binary(term, names)
        writer = _WRITERS.get(op)
        if writer is not None:
            return writer(self, term, names)
        match op:
            case "within":
                return self._written(args[0], names)
            case "parameter":
                return self.parameter(term.data), POSTFIX
            case "state":
                return self.variables[term.data], POSTFIX
            case "next":
                return f"{self.variables[term.data]}'", POSTFIX
            case "bound":
                return names[term], POSTFIX
            case "implies":
                left, right = self.render(args[0], names, JUNCTION), args[1]
                return f"{left} => {self.render(right, names, OPEN if self._opened(right, names) else JUNCTION)}", IMPLIES
            case "ite":
                condition, then, otherwise = (self.render(arg, names) for arg in args)
                return f"IF {condition} THEN {then} ELSE {otherwise}", OPEN
            case "apply" | "at":
                return f"{self.render(args[0], names, POSTFIX)}[{self.render(args[1], names)}]", POSTFIX
            case "field":
                return f"{self.render(args[0], names, POSTFIX)}.{self.sorts.field(term.data)}", POSTFIX
            case "payload":
                return f"{self.helper('Value')}({self.render(args[0], names)})", POSTFIX
            case "some":
                return binders.enumerated(self, args, names)
            case "is_some":
                return f"{self.render(args[0], names, SET)} # {{}}", RELATION
            case "none" | "keyed":
                return "{}", POSTFIX
            case "append" | "cardinality" | "length" | "tail":
                given = ", ".join(self.render(arg, names) for arg in args)
                return f"{_CALLS[op]}({given})", POSTFIX
            case "sequence":
                return f"<<{', '.join(self.render(arg, names) for arg in args)}>>", POSTFIX
            case "function":
                inner = names.bind(*term.bound)
                return f"[{self.ranging(term.bound, inner)} |-> {self.render(args[0], inner)}]", POSTFIX
            case "choose":
                self.sorts.remarks.add(NO_CHOICE)
                inner = names.bind(*term.bound)
                return f"CHOOSE {self.ranging(term.bound, inner)} : {self.render(args[0], inner)}", OPEN
        raise UnknownOperator(op, "the exported TLA+")

    def parameter(self, name: str) -> str:
        """A parameter: a constant, or the number of members of a scalarset."""
        return self.parameters[str(name)]

    def _literal(self, term: Term, names: Bound) -> tuple[str, int]:
        if isinstance(term.data, bool):
            return ("TRUE" if term.data else "FALSE"), POSTFIX
        if isinstance(term.data, int):
            return str(term.data), SUM if term.data < 0 else POSTFIX
        return self.sorts.label(term.data, term.sort), POSTFIX

    def _binary(self, term: Term, names: Bound) -> tuple[str, int]:
        symbol, strength = _BINARY[term.op]
        left, right = term.args
        if term.op == "sub" and left.op == "literal" and left.data == 0:
            return f"-{self.render(right, names, POSTFIX)}", SUM
        if term.op == "add" and right.op == "literal" and right.data < 0:
            symbol, right = "-", literal(-right.data, right.sort)
        after = strength + 1
        # `+` binds looser than `-` in TLA+, and comparisons do not associate.
        before = after if strength == RELATION or left.op != term.op else strength
        return f"{self.render(left, names, before)} {symbol} {self.render(right, names, after)}", strength

    def _order(self, term: Term, names: Bound) -> tuple[str, int]:
        left, right = (self.render(arg, names, SET) for arg in term.args)
        sort = term.args[0].sort
        if term.op == "le":
            if sort.is_integer:
                return f"{left} <= {right}", RELATION
            return f"{left} = {right} \\/ {self.sorts.less(sort, left, right)}", JUNCTION
        return self.sorts.less(sort, left, right), RELATION

    def _division(self, term: Term, names: Bound) -> tuple[str, int]:
        number, divisor = (self.render(arg, names, POSTFIX) for arg in term.args)
        if term.op == "div":
            return f"{number} \\div {divisor}", SET
        # `%` is only defined for positive divisors.
        if self._is_natural(term.args[1]):
            return f"{number} % {divisor}", SET
        return f"{number} - ({divisor} * ({number} \\div {divisor}))", SET

    def _is_natural(self, term: Term) -> bool:
        if term.op == "literal":
            return int(term.data) >= 0
        return term.op in ("parameter", "cardinality", "length")

    def _not(self, term: Term, names: Bound) -> tuple[str, int]:
        (inner,) = term.args
        if inner.op in ("eq", "member"):
            left, right = (self.render(arg, names, SET) for arg in inner.args)
            symbol = "#" if inner.op == "eq" else "\\notin"
            return f"{left} {symbol} {right}", RELATION
        if inner.op == "is_some":
            return f"{self.render(inner.args[0], names, SET)} = {{}}", RELATION
        empty = set_forms.emptiness(inner)
        if empty is not None:
            return f"{self.render(empty, names, SET)} # {{}}", RELATION
        return f"~{self.render(inner, names, POSTFIX)}", NOT

    # -- quantifiers and comprehensions ------------------------------------------------------------------------------

    def ranging(self, variables: tuple[Term, ...], names: Bound) -> str:
        """`t1, t2 \\in Txn, k \\in Key`."""
        groups: list[tuple[list[str], Sort]] = []
        for bound in variables:
            if groups and groups[-1][1] == bound.sort:
                groups[-1][0].append(names[bound])
            else:
                groups.append(([names[bound]], bound.sort))
        return ", ".join(f"{', '.join(group)} \\in {self.sorts.domain(sort)}" for group, sort in groups)

    def _quantified(self, term: Term, names: Bound) -> tuple[str, int]:
        head = self._opened(term, names)
        if head is not None:
            text, body, inner = head
            return f"{text} : {self.render(body, inner)}", OPEN
        empty, subset = set_forms.emptiness(term), set_forms.inclusion(term)
        if empty is not None:
            return f"{self.render(empty, names, SET)} = {{}}", RELATION
        assert subset is not None
        left, right = (self.render(side, names, SET) for side in subset)
        return f"{left} \\subseteq {right}", RELATION

    def _opened(self, term: Term, names: Bound) -> tuple[str, Term, Bound] | None:
        """`\\A x \\in S`, the formula about x, and the names there; None for a term that is not written as a quantifier."""
        quantifier = _QUANTIFIERS.get(term.op) or {"forall_upto": "\\A", "exists_upto": "\\E"}.get(term.op)
        if quantifier is None:
            return None
        inner = names.bind(*term.bound)
        if term.op.endswith("_in"):
            return f"{quantifier} {inner[term.bound[0]]} \\in {self.render(term.args[0], names, SET)}", term.args[1], inner
        if term.op.endswith("_upto"):
            return f"{quantifier} {inner[term.bound[0]]} \\in {self._positions(term.args[0], names)}", term.args[1], inner
        if term.op == "forall" and (set_forms.emptiness(term) or set_forms.inclusion(term)):
            return None
        members = set_forms.members(term)
        if members is not None:
            return f"{quantifier} {inner[term.bound[0]]} \\in {self.render(members[0], names, SET)}", members[1], inner
        return f"{quantifier} {self.ranging(term.bound, inner)}", term.args[0], inner

    def _positions(self, last: Term, names: Bound) -> str:
        if last.op == "length":
            return f"DOMAIN {self.render(last.args[0], names, POSTFIX)}"
        return f"1..{self.render(last, names, POSTFIX)}"

    # -- structures --------------------------------------------------------------------------------------------------

    def _except(self, term: Term, names: Bound) -> tuple[str, int]:
        """`[f EXCEPT ![i][j] = v, ![k] = w]`."""
        changes: list[str] = []
        base = term
        while base.op in ("update", "put"):
            if base.op == "put":
                self.sorts.remarks.add(NO_PUT)
            owner, index, value = base.args
            path, target = f"![{self.render(index, names)}]", Term("apply", (owner, index), value.sort)
            while value.op == "update" and isinstance(value.args[0].sort, FunctionSort) and alike(value.args[0], target):
                path += f"[{self.render(value.args[1], names)}]"
                target, value = Term("apply", (target, value.args[1]), value.sort), value.args[2]
            changes.append(f"{path} = {self.render(value, names)}")
            base = owner
        return f"[{self.render(base, names, POSTFIX)} EXCEPT {', '.join(reversed(changes))}]", POSTFIX

    def _record(self, term: Term, names: Bound) -> tuple[str, int]:
        sort = term.sort
        assert isinstance(sort, RecordSort)
        fields = [(name, arg) for (name, _), arg in zip(sort.fields, term.args, strict=True)]
        kept = [arg for name, arg in fields if arg.op == "field" and arg.data == name and arg.args[0].sort == sort]
        if kept and len(kept) < len(fields) and all(alike(arg.args[0], kept[0].args[0]) for arg in kept):
            changed = [f"!.{self.sorts.field(name)} = {self.render(arg, names)}" for name, arg in fields if arg not in kept]
            return f"[{self.render(kept[0].args[0], names, POSTFIX)} EXCEPT {', '.join(changed)}]", POSTFIX
        parts = ", ".join(f"{self.sorts.field(name)} |-> {self.render(arg, names)}" for name, arg in fields)
        return f"[{parts}]", POSTFIX

    def _keyed(self, term: Term, names: Bound) -> tuple[str, int]:
        records, given = term.args
        sort = records.sort
        assert isinstance(sort, KeyedSort)
        if term.op == "insert":
            return f"{self.render(records, names, SUM)} \\cup {{{self.render(given, names, SET)}}}", SET
        one = variable("r", sort.element)
        inner = names.bind(one)
        head = f"{inner[one]} \\in {self.render(records, names, SET)}"
        key = f"{inner[one]}.{self.sorts.field(sort.key)}"
        wanted = self.render(given, inner, SET)
        match term.op:
            case "remove":
                return f"{{{head} : {key} # {wanted}}}", POSTFIX
            case "has_key":
                return f"\\E {head} : {key} = {wanted}", OPEN
        self.sorts.remarks.add(NO_CHOICE)
        return f"CHOOSE {head} : {key} = {wanted}", OPEN


_CALLS = {"append": "Append", "cardinality": "Cardinality", "length": "Len", "tail": "Tail"}
_WRITERS: dict[str, Callable[[Expressions, Term, Bound], tuple[str, int]]] = {
    "literal": Expressions._literal,
    "lt": Expressions._order,
    "le": Expressions._order,
    "div": Expressions._division,
    "mod": Expressions._division,
    "not": Expressions._not,
    **dict.fromkeys((*_QUANTIFIERS, "forall_upto", "exists_upto"), Expressions._quantified),
    "set": binders.a_set,
    "minimum": binders.extreme,
    "maximum": binders.extreme,
    "pick": binders.pick,
    "sum": binders.total,
    "table": binders.table,
    "fold": binders.fold,
    "fold_upto": binders.fold,
    "tabulate": binders.tabulated,
    "update": Expressions._except,
    "put": Expressions._except,
    "record": Expressions._record,
    **dict.fromkeys(("insert", "remove", "has_key", "lookup"), Expressions._keyed),
}


def behind(symbol: str, lines: list[str]) -> list[str]:
    """Lines with a symbol in front of the first, in the room that their indentation leaves for it."""
    first, *rest = lines
    content = first.lstrip()
    return [" " * (len(first) - len(content) - len(symbol)) + symbol + content, *rest]


def _operands(term: Term) -> Iterator[Term]:
    """The parts of a conjunction or disjunction, nested ones of the same kind opened."""
    for arg in term.args:
        if arg.op == term.op:
            yield from _operands(arg)
        else:
            yield arg


def _is_split(term: Term) -> bool:
    """Whether TLC follows sides of a disjunction in the formula separately, and a later one need not have a value."""
    match term.op:
        case "or":
            return any(may_be_undefined(arg) for arg in term.args[1:]) or any(map(_is_split, term.args))
        case "and":
            return any(map(_is_split, term.args))
        case "exists" | "exists_in" | "exists_upto" | "forall" | "forall_in" | "forall_upto":
            return _is_split(term.args[-1])
        case "ite":
            return any(map(_is_split, term.args[1:]))
    return False
