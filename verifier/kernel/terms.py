"""Terms: the typed, immutable expression graph that every semantics interprets.

A term is a node `op(args)` of a sort; `data` holds what is not a term (a literal, a name, the bound variables). Terms are
compared by identity and shared freely: interpreters memoise by `id`. The operators and the facts about them are in
`operators.OPERATORS`; a term of one that is partial carries the position of the model's line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from verifier.kernel.errors import Position
from verifier.kernel.operators import OPERATORS, UnknownOperator
from verifier.kernel.sorts import BOOL, INT, BoolSort, FunctionSort, Sort, has_integer


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Term:
    """One node of the expression graph; see `OPERATORS` for what each `op` means.

    Making one with an unknown operator, or with the wrong number of arguments, is an error in the code: ValueError.
    """

    op: str
    args: tuple[Term, ...]
    sort: Sort
    data: Any = None
    at: Position | None = field(default=None)

    def __post_init__(self) -> None:
        operator = OPERATORS.get(self.op)
        if operator is None:
            raise UnknownOperator(self.op, "the table of operators")
        if not operator.takes(len(self.args)):
            raise ValueError(f"{self.op} takes {operator.arity} arguments, not {len(self.args)}")

    @property
    def bound(self) -> tuple[Term, ...]:
        """The variables that this node binds; empty unless its operator is a binder."""
        return self.data if OPERATORS[self.op].binder else ()

    def binds_in(self, place: int) -> bool:
        """Whether the variables that this node binds can be read in argument `place`: not in the bounds of a quantifier, nor in
        the terms that a comprehension evaluates in addition to its condition.
        """
        binder = OPERATORS[self.op].binder
        return binder is not None and place in binder.read_in


def literal(value: Any, sort: Sort) -> Term:
    """The constant `value` of `sort`."""
    return Term("literal", (), sort, value)


TRUE = literal(True, BOOL)
FALSE = literal(False, BOOL)


def integer(value: int) -> Term:
    """The integer constant `value`."""
    return literal(value, INT)


class Size(str):
    """The name of a parameter that is the number of values of a sort: `of`."""

    __slots__ = ("of",)
    of: Sort


def size_of(name: str, sort: Sort | None = None) -> Term:
    """The parameter of this name that is the number of values of a sort, which may be filled in later: its ends may read it."""
    size = Size(name)
    if sort is not None:
        size.of = sort
    return Term("parameter", (), INT, size)


def sizes_in(*roots: Term) -> Iterator[Sort]:
    """The sorts whose size the terms read."""
    for term in walk(*roots):
        if term.op == "parameter" and isinstance(term.data, Size):
            yield term.data.of


def conjunction(parts: Iterable[Term]) -> Term:
    """All of `parts`, in order; TRUE if there are none."""
    flat = [part for part in parts if part is not TRUE]
    return TRUE if not flat else flat[0] if len(flat) == 1 else Term("and", tuple(flat), BOOL)


def disjunction(parts: Iterable[Term]) -> Term:
    """Some of `parts`, in order; FALSE if there are none."""
    flat = [part for part in parts if part is not FALSE]
    return FALSE if not flat else flat[0] if len(flat) == 1 else Term("or", tuple(flat), BOOL)


def negation(term: Term) -> Term:
    """The negation of a Bool term; double negations vanish."""
    return term.args[0] if term.op == "not" else Term("not", (term,), BOOL)


def implication(premise: Term, conclusion: Term) -> Term:
    """`premise => conclusion`."""
    return conclusion if premise is TRUE else Term("implies", (premise, conclusion), BOOL)


def equal(left: Term, right: Term) -> Term:
    """`left = right`, for terms of comparable sorts."""
    return Term("eq", (left, right), BOOL)


def forall(bound: tuple[Term, ...], body: Term) -> Term:
    """`body` for all values of the bound variables."""
    return Term("forall", (body,), BOOL, bound) if bound else body


def exists(bound: tuple[Term, ...], body: Term) -> Term:
    """`body` for some values of the bound variables."""
    return Term("exists", (body,), BOOL, bound) if bound else body


def variable(name: str, sort: Sort) -> Term:
    """A fresh variable to bind; two variables of one name are different variables."""
    return Term("bound", (), sort, name)


def state(name: str, sort: Sort) -> Term:
    """The state variable `name` in the current state."""
    return Term("state", (), sort, name)


def walk(*roots: Term) -> Iterator[Term]:
    """Every node below `roots`, each once, arguments before the nodes that use them."""
    seen: set[int] = set()
    stack: list[tuple[Term, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        term, expanded = stack.pop()
        if expanded:
            yield term
            continue
        if id(term) in seen:
            continue
        seen.add(id(term))
        if not term.args:
            yield term
            continue
        stack.append((term, True))
        stack += [(arg, False) for arg in term.args[::-1] if id(arg) not in seen]


def written_size(root: Term) -> int:
    """The number of nodes of a term that is written out: one that is used twice counts twice."""
    counts: dict[int, int] = {}
    for term in walk(root):
        counts[id(term)] = 1 + sum(counts[id(arg)] for arg in term.args)
    return counts[id(root)]


Subject = TypeVar("Subject")
Fact = TypeVar("Fact")


def remembered(find: Callable[[Subject], Fact]) -> Callable[[Subject], Fact]:
    """A function that walks each subject, such as a term, once: variants of a protocol share most of their formulas."""
    known: WeakKeyDictionary[Subject, Fact] = WeakKeyDictionary()

    @wraps(find)
    def recall(root: Subject) -> Fact:
        try:
            return known[root]
        except KeyError:
            return known.setdefault(root, find(root))

    return recall


def free_variables(*roots: Term) -> dict[int, frozenset[Term]]:
    """For every node below `roots`, by its identity: the variables that it reads and that are bound outside it, or nowhere."""
    result: dict[int, frozenset[Term]] = {}
    for term in walk(*roots):
        free = {term} if term.op == "bound" else set()
        for place, arg in enumerate(term.args):
            inner = result[id(arg)]
            free |= inner.difference(term.bound) if term.binds_in(place) else inner
        result[id(term)] = frozenset(free)
    return result


def alike(left: Term, right: Term, renamed: dict[Term, Term] | None = None) -> bool:
    """Whether two terms are identical except for the names of the variables that they bind.

    `renamed` maps a variable of the
    left one to that of the right one.
    """
    renamed = renamed or {}
    if left is right and not renamed:
        return True
    if (left.op, left.sort, len(left.args), len(left.bound)) != (
        right.op,
        right.sort,
        len(right.args),
        len(right.bound),
    ):
        return False
    if left.op == "bound":
        return renamed.get(left, left) is right
    if [bound.sort for bound in left.bound] != [bound.sort for bound in right.bound]:
        return False
    if not left.bound and (type(left.data), left.data) != (type(right.data), right.data):
        return False
    inner = {**renamed, **dict(zip(left.bound, right.bound, strict=True))}
    return all(
        alike(one, other, inner if left.binds_in(place) else renamed)
        for place, (one, other) in enumerate(zip(left.args, right.args, strict=True))
    )


def rewrite(root: Term, rule: Callable[[Term], Term | None]) -> Term:
    """`root` with every node replaced for which `rule` returns a term; bottom up, sharing kept.

    `rule` is shown a node whose arguments are already rewritten and returns its replacement, or None to keep it. Where a
    replacement reads or binds variables, `root` has to be taken `apart` from it before.
    """
    done: dict[int, Term] = {}
    for term in walk(root):
        args = tuple(done[id(arg)] for arg in term.args)
        same = all(new is old for new, old in zip(args, term.args, strict=True))
        node = term if same else Term(term.op, args, term.sort, term.data, term.at)
        done[id(term)] = rule(node) or node
    return done[id(root)]


def substitute(root: Term, replacements: dict[Term, Term]) -> Term:
    """`root` with variables replaced by terms: where they are free in it, and without binding any free variable of the terms.
    """
    if not replacements:
        return root
    return rewrite(apart(root, *replacements, *replacements.values()), replacements.get)


def apart(root: Term, *others: Term) -> Term:
    """`root` with variables of its own wherever it binds one that the other terms bind or read.

    The others can then be put into it: none of their variables is captured, and no variable is bound where it is bound already.
    """
    binders = [term for term in walk(root) if term.bound]
    if not binders:
        return root
    taken = {variable for term in walk(*others) for variable in (term, *term.bound) if variable.op == "bound"}
    if not any(variable in taken for term in binders for variable in term.bound):
        return root

    def rule(term: Term) -> Term | None:
        fresh = {old: variable(old.data, old.sort) for old in term.bound if old in taken}
        if not fresh:
            return None
        # Below, nothing else binds these variables: a term that reads them there reads this binder's.
        args = [rewrite(arg, fresh.get) if term.binds_in(place) else arg for place, arg in enumerate(term.args)]
        return Term(term.op, tuple(args), term.sort, tuple(fresh.get(old, old) for old in term.bound), term.at)

    return rewrite(root, rule)


def at_next(root: Term) -> Term:
    """A state formula read in the next state."""
    return rewrite(root, lambda term: Term("next", (), term.sort, term.data) if term.op == "state" else None)


def after(root: Term, updates: dict[str, Term]) -> Term:
    """`root` with its reads of the *next* state replaced by the new values `updates` (weakest precondition).

    A variable without an update keeps its current value.
    """

    def rule(term: Term) -> Term | None:
        if term.op != "next":
            return None
        return updates.get(term.data) or state(term.data, term.sort)

    return rewrite(apart(root, *updates.values()), rule)


def with_values(root: Term, values: dict[str, Term]) -> Term:
    """`root` with its reads of the current state replaced by these values, of the variables that have one."""
    return rewrite(apart(root, *values.values()), lambda term: values.get(term.data) if term.op == "state" else None)


@remembered
def _variables(root: Term) -> dict[str, Sort]:
    """The state variables that a term reads, in the current or the next state, with their sorts."""
    return {term.data: term.sort for term in walk(root) if term.op in ("state", "next")}


def state_names(*roots: Term) -> set[str]:
    """The names of the state variables that the terms read, in the current or the next state."""
    return {name for root in roots for name in _variables(root)}


def state_variables(*roots: Term) -> tuple[Term, ...]:
    """The state variables that the terms read, in the current or the next state, in the order of their names."""
    sorts = {name: sort for root in roots for name, sort in _variables(root).items()}
    return tuple(state(name, sorts[name]) for name in sorted(sorts))


def parameter_names(*roots: Term) -> set[str]:
    """The names of the parameters that the terms themselves read (not those inside sorts)."""
    return {term.data for term in walk(*roots) if term.op == "parameter"}


def conjuncts(term: Term) -> tuple[Term, ...]:
    """The conjuncts of a formula, nested conjunctions opened."""
    if term.op == "and":
        return tuple(part for arg in term.args for part in conjuncts(arg))
    return (term,)


def parts(term: Term) -> tuple[Term, ...]:
    """Formulas that together are equivalent to a formula: its conjuncts, also those below universal quantifiers and
    implications.

    A formula that is not such a conjunction is its own only part. The parts of one formula are other objects each
    time.
    """
    match term.op:
        case "and":
            return tuple(part for arg in term.args for part in parts(arg))
        case "forall" | "forall_in" | "forall_upto" | "implies":
            inner = parts(term.args[-1])
            if len(inner) > 1:
                return tuple(Term(term.op, (*term.args[:-1], part), BOOL, term.data, term.at) for part in inner)
    return (term,)


def may_fail(term: Term) -> bool:
    """Whether this operation itself can be undefined for some arguments: indexing where an integer can miss the sort."""
    if not OPERATORS[term.op].partial:
        return False
    if term.op in ("div", "mod"):
        divisor = term.args[1]
        return divisor.op != "literal" or divisor.data == 0
    if term.op in ("apply", "update"):
        sort, index = term.args[0].sort, term.args[1]
        assert isinstance(sort, FunctionSort)
        # A quantified variable runs over its sort. One that runs over the records of a keyed set, or holds the accumulator of a
        # fold, need not be in its sort; neither is a range.
        of_sort = index.op == "bound" and index.sort == sort.index and sort.index.is_integer
        return not of_sort and has_integer(sort.index)
    return True


@remembered
def _partial(root: Term) -> bool:
    return any(may_fail(term) for term in walk(root))


def may_be_undefined(*roots: Term) -> bool:
    """Whether some operation in the terms can be undefined at all; the conditions around it are ignored."""
    return any(_partial(root) for root in roots)


def is_bool(term: Term) -> bool:
    """Whether the term is a formula."""
    return isinstance(term.sort, BoolSort)
