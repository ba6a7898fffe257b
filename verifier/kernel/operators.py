"""The operators of the language, one table: what is a fact about an operator is said here, and read wherever it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Binder:
    """How an operator binds variables: in which arguments they are read, and what they run over.

    `sorts`: all values of their sorts. `members`: the members of the first argument, which need not be values of the sort; of two
    variables the second does, and the first is what has come of those before. `positions`: 1 to the first argument, likewise.
    """

    read_in: tuple[int, ...]
    over: Literal["sorts", "members", "positions"] = "sorts"


@dataclass(frozen=True, slots=True)
class Operator:
    """What is known of an operator whatever it is applied to.

    `written` is how a model has it. `arity` is the number of arguments, the least number where there may be `more`. `undefined`
    says why a partial one has no value, with the values of arguments as `{0}`, `{1}`; operators without it are total. `ordered`
    are the arguments in whose values the order of names would count; with `counts` that of the values which its variables run
    over does, or of those that its own sort has as indices. `numbers`: it computes with integers alone. `parametric`: it
    may stand in the ends of ranges and in assumptions. `witnessed`: in first-order logic it is a symbol with an axiom. `refused`:
    why first-order logic does not have it. `resolved`: it stands only until the variant is known. `told_by`: whether its text
    says of which sort it is, or the arguments that do. `call` is its name where it is printed like a call.
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
        "data: a value of the sort (bool, int, label; a scalarset's named constant by its name)",
        parametric=True,
    ),
    "parameter": Operator('p.parameter("N", 3)', "data: the name of an integer parameter", parametric=True),
    "bound": Operator(
        "lambda k: ...",
        "a variable bound by an enclosing quantifier or comprehension, an action's argument or witness; data: its name",
    ),
    "state": Operator("s.x", "data: the name of a state variable, read in the current state"),
    "next": Operator("t.x", "data: the name of a state variable, read in the next state (action properties only)"),
    # Logic
    "not": Operator("~a", "negation", 1, parametric=True),
    "and": Operator(
        "a & b",
        "conjunction, left to right; an argument is only looked at where those to its left are true",
        2,
        more=True,
        parametric=True,
    ),
    "or": Operator(
        "a | b",
        "disjunction, left to right; an argument is only looked at where those to its left are false",
        2,
        more=True,
        parametric=True,
    ),
    "implies": Operator(
        "implies(a, b)", "implication; the conclusion is only looked at where the premise is true", 2, parametric=True
    ),
    "ite": Operator(
        "ite(c, x, y)",
        "if args[0] then args[1] else args[2]; only the chosen branch is looked at",
        3,
        parametric=True,
        told_by=(1, 2),
    ),
    "eq": Operator("x == y", "equality, extensional on functions and sets", 2, parametric=True),
    "forall": Operator(
        "forall(Key, lambda k: ...)", "for all values of data (bound variables): args[0]", 1, binder=_BODY
    ),
    "exists": Operator(
        "exists(Key, lambda k: ...)", "for some values of data (bound variables): args[0]", 1, binder=_BODY
    ),
    "forall_in": Operator(
        "forall_in(s.r, lambda r: ...)", "for all members data[0] of keyed set args[0]: args[1]", 2, binder=_MEMBERS
    ),
    "exists_in": Operator(
        "exists_in(s.r, lambda r: ...)", "for some member data[0] of keyed set args[0]: args[1]", 2, binder=_MEMBERS
    ),
    "choose": Operator(
        "choose(Key, lambda k: ...)",
        "the one data[0] (bound) with args[0]; undefined if there is none or more than one",
        1,
        binder=_BODY,
        witnessed=True,
        undefined="not exactly one value satisfies it",
    ),
    "forall_upto": Operator(
        "forall_upto(q.length(), lambda i: ...)",
        "for all integers data[0] from 1 to args[0]: args[1]",
        2,
        binder=_POSITIONS,
    ),
    "exists_upto": Operator(
        "exists_upto(q.length(), lambda i: ...)",
        "for some integer data[0] from 1 to args[0]: args[1]",
        2,
        binder=_POSITIONS,
    ),
    "pick": Operator(
        "pick(Key, lambda k: ...)",
        "the least data[0] (bound) in the order of its sort with args[0]; undefined if there is none",
        1,
        binder=_BODY,
        undefined="no value satisfies it",
        counts=True,
        refused=_PICKS,
    ),
    # Integers
    "lt": Operator(
        "x < y",
        "strictly less: integers, or ordered records of one sort (lexicographic)",
        2,
        ordered=(0, 1),
        parametric=True,
    ),
    "le": Operator("x <= y", "less or equal: likewise", 2, ordered=(0, 1), parametric=True),
    "add": Operator("x + y", "sum", 2, numbers=True, parametric=True),
    "sub": Operator("x - y", "difference", 2, numbers=True, parametric=True),
    "mul": Operator("x * y", "product", 2, numbers=True, parametric=True),
    "div": Operator(
        "x // y",
        "the greatest integer not above args[0] / args[1]; undefined where args[1] is 0",
        2,
        undefined="the divisor is 0",
        numbers=True,
        parametric=True,
    ),
    "mod": Operator(
        "x % y",
        "args[0] - args[1] * (args[0] div args[1]), which has the sign of args[1]; undefined where that is 0",
        2,
        undefined="the divisor is 0",
        numbers=True,
        parametric=True,
    ),
    "sum": Operator(
        "sum_of(Key, lambda k: ...)",
        "the sum of args[0] over all values of data[0] (a bound variable)",
        1,
        binder=_BODY,
        witnessed=True,
    ),
    # Functions
    "apply": Operator(
        "s.f[k]", "args[0][args[1]]; undefined outside the index sort", 2, undefined=_INDEX, told_by=(0,)
    ),
    "function": Operator(
        "fn(Key, lambda k: ...)",
        "the function mapping data[0] (a bound variable) to args[0]",
        1,
        binder=_BODY,
        told_by=(0,),
    ),
    "update": Operator(
        "f.updated(k, v)",
        "the function args[0] with args[1] mapped to args[2]; undefined outside the index sort",
        3,
        undefined=_INDEX,
        told_by=(0,),
    ),
    "table": Operator(
        "table(Node, [3, 1, 1])",
        "the function that maps the values of its index sort, in their order, to args",
        more=True,
        counts=True,
        refused=_TABLES,
    ),
    # Sets
    "member": Operator("a.contains(x)", "args[0] in args[1]: sets, keyed sets, quorums", 2),
    "set": Operator(
        "set_of(Key, lambda k: ...)",
        "the set of all values data[0] (a bound variable) of its sort with args[0]; args[1:], outside, are looked at, too",
        1,
        more=True,
        binder=_BODY,
    ),
    "within": Operator(
        "what enters a set",
        "args[0], where it is a value of the sort, as what enters a set has to be; undefined where it is not",
        1,
        undefined="{0} is no value of its sort",
    ),
    "cardinality": Operator("a.size()", "the number of elements of a set", 1, witnessed=True, call="Cardinality"),
    "minimum": Operator(
        "min_of(a)",
        "the least element of a set of integers or ordered records; undefined on the empty set",
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
    "record": Operator("Stamp(wall=0)", "the record with args as its fields, in order", 1, more=True),
    "field": Operator("r.wall", "data: a field's name; the field of args[0]", 1, told_by=(0,)),
    "none": Operator("none", "the option without a value", told_by=False),
    "some": Operator("some(x)", "the option with the value args[0]", 1, told_by=(0,), call="some"),
    "is_some": Operator("x.is_some", "whether an option has a value", 1),
    "payload": Operator(
        "x.value", "the value of an option; undefined on none", 1, undefined="the option is none", told_by=(0,)
    ),
    "fold": Operator(
        "fold(s.set, 0, lambda acc, x: ...)",
        "args[2] for the last member data[1] of args[0], in the order of its sort, where data[0] is that for the one before, and "
        "args[1] before all",
        3,
        binder=Binder((2,), "members"),
        ordered=(0,),
        refused=_FOLDS,
    ),
    "fold_upto": Operator(
        "fold(q, 0, lambda acc, x: ...)",
        "args[2] for the integer data[1] = args[0], where data[0] is that for the one before, and args[1] before 1",
        3,
        binder=Binder((2,), "positions"),
        refused=_FOLDS,
    ),
    # Sequences
    "sequence": Operator("[a, b]", "the sequence of args", more=True, told_by=False),
    "append": Operator(
        "q.append(x)", "args[0] with args[1] at its end", 2, told_by=(0,), call="Append"
    ),
    "length": Operator("q.length()", "the number of elements of a sequence", 1, call="Len"),
    "at": Operator(
        "q.at(i)",
        "the element of sequence args[0] at index args[1], from 1; undefined outside 1..length",
        2,
        undefined=_PLACE,
        told_by=(0,),
    ),
    "put": Operator(
        "q.put(i, x)",
        "sequence args[0] with element args[1] (from 1) replaced by args[2]; undefined outside 1..length",
        3,
        undefined=_PLACE,
        told_by=(0,),
    ),
    "tail": Operator(
        "q.tail()",
        "a sequence without its first element; undefined on the empty sequence",
        1,
        undefined="the sequence is empty",
        told_by=(0,),
        call="Tail",
    ),
    "tabulate": Operator(
        "tabulate(Log, n, lambda i: ...)",
        "the sequence of args[1] for the integers data[0] from 1 to args[0]; undefined where args[0] is negative",
        2,
        binder=_POSITIONS,
        undefined="the length is {0}",
    ),
    # Keyed sets
    "keyed": Operator("empty", "the empty keyed set", told_by=False),
    "insert": Operator(
        "r.insert(x)",
        "keyed set args[0] with record args[1]; undefined if another record has its key",
        2,
        undefined="the set has another record with the key of {1}: {0}",
        told_by=(0,),
        call="Insert",
    ),
    "remove": Operator(
        "r.remove(key)",
        "keyed set args[0] without the record of key args[1], if there is one",
        2,
        told_by=(0,),
        call="Remove",
    ),
    "has_key": Operator("r.has(key)", "whether keyed set args[0] has a record of key args[1]", 2, call="HasKey"),
    "lookup": Operator(
        "r.get(key)",
        "the record of keyed set args[0] with key args[1]; undefined if there is none",
        2,
        undefined="no record has the key {1}: {0}",
        told_by=(0,),
        call="Lookup",
    ),
    # What a variant decides
    "enabled": Operator(
        "enabled(Commit), enabled(Commit, t)",
        "whether an action can happen, data: its name; for args, or for some if there are none; "
        "what the variant makes of it stands in its place",
        more=True,
        resolved=True,
    ),
    "can_change": Operator(
        "can_change(Commit), can_change(Commit, t)",
        "whether an action can happen and changes a variable; likewise",
        more=True,
        resolved=True,
    ),
    "choice": Operator(
        'choice("name", x, y)',
        "a named choice, data: its name; args[0], or args[1] where a variant drops it",
        2,
        resolved=True,
        told_by=(0, 1),
    ),
}


def those(test: Callable[[Operator], Any]) -> frozenset[str]:
    """The names of the operators of which something is true."""
    return frozenset(name for name, operator in OPERATORS.items() if test(operator))


class UnknownOperator(ValueError):
    """Somewhere an operator has no entry: the table does not have it, or a semantics does not."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"the operator {name!r} has no entry in {where}")


def entry(entries: Mapping[str, T], name: str, where: str) -> T:
    """What a table of a semantics says of an operator; UnknownOperator if it says nothing."""
    found = entries.get(name)
    if found is None:
        raise UnknownOperator(name, where)
    return found


def unentered(entries: Iterable[str], needed: Iterable[str]) -> list[str]:
    """The operators that need an entry and have none, in order."""
    return sorted(set(needed) - set(entries))
