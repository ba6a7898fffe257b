"""The operators of the language in one table: each fact about an operator is stated here, and read wherever it matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Binder:
    """How an operator binds variables: in which arguments they are read, and what they run over.

    `sorts`: all values of their sorts. `members`: the members of the first argument, which need not be values of the sort; of
    two variables the second runs over them, and the first is the result for the members before. `positions`: 1 to the first
    argument, likewise.
    """

    read_in: tuple[int, ...]
    over: Literal["sorts", "members", "positions"] = "sorts"


@dataclass(frozen=True, slots=True)
class Operator:
    """The facts about an operator that do not depend on its arguments.

    `written` is its notation in a model, `meaning` the meaning of that; the arguments stand in this order unless `written`
    shows another. `arity` is the number of arguments, the least number where there may be `more`. `undefined` says why a
    partial one has no value, with the values of arguments as `{0}`, `{1}`; operators without it are total. `ordered` are the
    arguments in whose values the order of names matters; with `counts`, the order matters among the values that its variables
    run over, or among the indices of its own sort. `numbers`: it computes with integers alone. `parametric`: it may stand in
    the ends of ranges and in assumptions. `witnessed`: in first-order logic it is a symbol with an axiom. `refused`: the reason
    why first-order logic does not support it. `resolved`: it stands only until the variant is known. `told_by`: whether its
    text determines its sort, or the arguments that do. `call` is its name where it is printed like a call.
    """

    written: str
    meaning: str
    arity: int = 0
    more: bool = False
    undefined: str = ""
    binder: Binder | None = None
    ordered: tuple[int, ...] = ()
    counts: bool = False
    numbers: bool = False
    parametric: bool = False
    witnessed: bool = False
    refused: str = ""
    resolved: bool = False
    told_by: bool | tuple[int, ...] = True
    call: str = ""

    @property
    def partial(self) -> bool:
        """Whether it is undefined for some arguments; its terms carry the position of the model's line."""
        return bool(self.undefined)

    def takes(self, number: int) -> bool:
        """Whether a term of it may have this number of arguments."""
        return number == self.arity or (self.more and number > self.arity)


_INDEX = "the index {1} is outside the sort of indices"
_PLACE = "the index is {1}, the sequence is {0}"
_FOLDS = "fold is not supported at unbounded scope: keep what it computes in a variable that each step updates"
_PICKS = "pick is not supported at unbounded scope: make the value an argument of the action, with a guard for what it satisfies"
_TABLES = "table is not supported at unbounded scope: its sort has any number of values; make it a variable with var(anything)"
_BODY, _MEMBERS, _POSITIONS = Binder((0,)), Binder((1,), "members"), Binder((1,), "positions")

OPERATORS: dict[str, Operator] = {
    # Constants and variables
    "literal": Operator(
        "Version(0), Phase.A",
        "a number, a truth value, a label, a named constant of a scalarset (its data)",
        parametric=True,
    ),
    "parameter": Operator('p.parameter("N", 3)', "a parameter of the protocol (its data is the name)", parametric=True),
    "bound": Operator(
        "lambda k: ...",
        "a variable of a quantifier or comprehension, an action's argument or witness (its data is the name)",
    ),
    "state": Operator("s.x", "a state variable (its data is the name), in the current state"),
    "next": Operator("t.x", "a state variable (its data is the name), in the state after a step; in action properties only"),
    # Logic
    "not": Operator("~a", "not `a`", 1, parametric=True),
    "and": Operator(
        "a & b",
        "both are true; `b` is evaluated only where `a` is true",
        2,
        more=True,
        parametric=True,
    ),
    "or": Operator(
        "a | b",
        "at least one is true; `b` is evaluated only where `a` is false",
        2,
        more=True,
        parametric=True,
    ),
    "implies": Operator(
        "implies(a, b)", "if `a` is true, so is `b`; `b` is evaluated only where `a` is true", 2, parametric=True
    ),
    "ite": Operator(
        "ite(c, x, y)",
        "`x` if `c` is true, else `y`; only the chosen branch is evaluated",
        3,
        parametric=True,
        told_by=(1, 2),
    ),
    "eq": Operator("x == y", "equality; functions and sets are equal if they hold the same values", 2, parametric=True),
    "forall": Operator(
        "forall(Key, lambda k: ...)", "the body is true for all values of the sorts", 1, binder=_BODY
    ),
    "exists": Operator(
        "exists(Key, lambda k: ...)", "the body is true for some values of the sorts", 1, binder=_BODY
    ),
    "forall_in": Operator(
        "forall_in(s.r, lambda r: ...)",
        "the body is true for all members of the keyed set; for other sets it is `forall`",
        2,
        binder=_MEMBERS,
    ),
    "exists_in": Operator(
        "exists_in(s.r, lambda r: ...)",
        "the body is true for some member of the keyed set; for other sets it is `exists`",
        2,
        binder=_MEMBERS,
    ),
    "choose": Operator(
        "choose(Key, lambda k: ...)",
        "the one value for which the body is true",
        1,
        binder=_BODY,
        witnessed=True,
        undefined="not exactly one value satisfies it",
    ),
    "forall_upto": Operator(
        "forall_upto(q.length(), lambda i: ...)",
        "the body is true for every integer from 1 to the given number",
        2,
        binder=_POSITIONS,
    ),
    "exists_upto": Operator(
        "exists_upto(q.length(), lambda i: ...)",
        "the body is true for some integer from 1 to the given number",
        2,
        binder=_POSITIONS,
    ),
    "pick": Operator(
        "pick(Key, lambda k: ...)",
        "the least value, in the order of its sort, for which the body is true: TLC's CHOOSE",
        1,
        binder=_BODY,
        undefined="no value satisfies it",
        counts=True,
        refused=_PICKS,
    ),
    # Integers
    "lt": Operator(
        "x < y",
        "strictly less: integers, names with an order, ordered records (lexicographically)",
        2,
        ordered=(0, 1),
        parametric=True,
    ),
    "le": Operator("x <= y", "less than or equal, likewise", 2, ordered=(0, 1), parametric=True),
    "add": Operator("x + y", "the sum", 2, numbers=True, parametric=True),
    "sub": Operator("x - y", "the difference", 2, numbers=True, parametric=True),
    "mul": Operator("x * y", "the product", 2, numbers=True, parametric=True),
    "div": Operator(
        "x // y",
        "the greatest integer that is at most the quotient",
        2,
        undefined="the divisor is 0",
        numbers=True,
        parametric=True,
    ),
    "mod": Operator(
        "x % y",
        "`x - y * (x // y)`, which has the sign of `y`",
        2,
        undefined="the divisor is 0",
        numbers=True,
        parametric=True,
    ),
    "sum": Operator(
        "sum_of(Key, lambda k: ...)",
        "the sum of the body over all values of the sort",
        1,
        binder=_BODY,
        witnessed=True,
    ),
    # Functions
    "apply": Operator(
        "s.f[k]", "the value of the function at `k`", 2, undefined=_INDEX, told_by=(0,)
    ),
    "function": Operator(
        "fn(Key, lambda k: ...)",
        "the function that maps each value of the sort to the body",
        1,
        binder=_BODY,
        told_by=(0,),
    ),
    "update": Operator(
        "f.updated(k, v)",
        "the function `f` with `k` mapped to `v`",
        3,
        undefined=_INDEX,
        told_by=(0,),
    ),
    "table": Operator(
        "table(Node, [3, 1, 1])",
        "the function that maps the values of the sort, in order, to the listed ones",
        more=True,
        counts=True,
        refused=_TABLES,
    ),
    # Sets
    "member": Operator("a.contains(x)", "whether `x` (the first argument) is in `a`: a set, a keyed set, a quorum", 2),
    "set": Operator(
        "set_of(Key, lambda k: ...)",
        "the set of the values of the sort for which the body is true; further arguments are always evaluated",
        1,
        more=True,
        binder=_BODY,
    ),
    "within": Operator(
        "s.a | {x}",
        "the element `x` that enters a set, checked against the element sort",
        1,
        undefined="{0} is not a value of its sort",
    ),
    "cardinality": Operator("a.size()", "the number of elements", 1, witnessed=True, call="Cardinality"),
    "minimum": Operator(
        "min_of(a)",
        "the least element of a set of integers, names with an order or ordered records",
        1,
        undefined="the set is empty",
        ordered=(0,),
        witnessed=True,
        call="Min",
    ),
    "maximum": Operator(
        "max_of(a)",
        "the greatest element, likewise",
        1,
        undefined="the set is empty",
        ordered=(0,),
        witnessed=True,
        call="Max",
    ),
    # Records, options
    "record": Operator("Stamp(wall=0)", "the record with these fields, in the order of the sort", 1, more=True),
    "field": Operator("r.wall", "a field (its data) of a record", 1, told_by=(0,)),
    "none": Operator("none", "the option without a value", told_by=False),
    "some": Operator("some(x)", "the option with the value `x`", 1, told_by=(0,), call="some"),
    "is_some": Operator("x.is_some", "whether there is a value", 1),
    "payload": Operator(
        "x.value", "the value", 1, undefined="the option is none", told_by=(0,)
    ),
    "fold": Operator(
        "fold(s.set, 0, lambda acc, x: ...)",
        "the accumulated value over all members, in the order of their sort; `acc` is the value for the members before",
        3,
        binder=Binder((2,), "members"),
        ordered=(0,),
        refused=_FOLDS,
    ),
    "fold_upto": Operator(
        "fold(q, 0, lambda acc, x: ...)",
        "the accumulated value over all elements, from the first to the last; `acc` is the value for the elements before",
        3,
        binder=Binder((2,), "positions"),
        refused=_FOLDS,
    ),
    # Sequences
    "sequence": Operator("[a, b]", "the sequence of these elements", more=True, told_by=False),
    "append": Operator(
        "q.append(x)", "`q` with `x` at its end", 2, told_by=(0,), call="Append"
    ),
    "length": Operator("q.length()", "the number of elements", 1, call="Len"),
    "at": Operator(
        "q.at(i)",
        "the element at position `i`; the first is 1",
        2,
        undefined=_PLACE,
        told_by=(0,),
    ),
    "put": Operator(
        "q.put(i, x)",
        "`q` with `x` at position `i`; the first is 1",
        3,
        undefined=_PLACE,
        told_by=(0,),
    ),
    "tail": Operator(
        "q.tail()",
        "`q` without its first element",
        1,
        undefined="the sequence is empty",
        told_by=(0,),
        call="Tail",
    ),
    "tabulate": Operator(
        "tabulate(Log, n, lambda i: ...)",
        "the sequence of the values of the body at positions 1 to `n`",
        2,
        binder=_POSITIONS,
        undefined="the length is {0}",
    ),
    # Keyed sets
    "keyed": Operator("empty", "the keyed set without records", told_by=False),
    "insert": Operator(
        "r.insert(x)",
        "`r` with the record `x`",
        2,
        undefined="the set has another record with the key of {1}: {0}",
        told_by=(0,),
        call="Insert",
    ),
    "remove": Operator(
        "r.remove(key)",
        "`r` without the record of this key, if there is one",
        2,
        told_by=(0,),
        call="Remove",
    ),
    "has_key": Operator("r.has(key)", "whether a record has this key", 2, call="HasKey"),
    "lookup": Operator(
        "r.get(key)",
        "the record that has this key",
        2,
        undefined="no record has the key {1}: {0}",
        told_by=(0,),
        call="Lookup",
    ),
    # Decided by the variant
    "enabled": Operator(
        "enabled(Commit), enabled(Commit, t)",
        "whether an action (its data) can happen, for some arguments or for those given; the variant's guards stand in its place",
        more=True,
        resolved=True,
    ),
    "can_change": Operator(
        "can_change(Commit), can_change(Commit, t)",
        "whether an action can happen and changes a variable, likewise",
        more=True,
        resolved=True,
    ),
    "choice": Operator(
        'choice("name", x, y)',
        "`x`, or `y` in a variant that drops the name (its data)",
        2,
        resolved=True,
        told_by=(0, 1),
    ),
}


def those(test: Callable[[Operator], Any]) -> frozenset[str]:
    """The names of the operators that satisfy a condition."""
    return frozenset(name for name, operator in OPERATORS.items() if test(operator))


class UnknownOperator(ValueError):
    """Somewhere an operator has no entry: the table does not have it, or a semantics does not."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"the operator {name!r} has no entry in {where}")


def entry(entries: Mapping[str, T], name: str, where: str) -> T:
    """The entry of an operator in a table of a semantics; UnknownOperator if there is none."""
    result = entries.get(name)
    if result is None:
        raise UnknownOperator(name, where)
    return result
