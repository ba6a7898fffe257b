"""Random well-typed formulas over one state with every sort and every operator of the language, written as a model writes them.

Names are chosen to collide: labels with variables, constants, parameters and labels of another enumeration; bound variables
with all of these. Parts are used again wherever their variables are in reach, so that terms are shared across depths.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, cast

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    KeyedSet,
    Option,
    Ordered,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    anything,
    can_change,
    choose,
    constant,
    empty,
    enabled,
    exists,
    exists_in,
    exists_upto,
    fn,
    fold,
    forall,
    forall_in,
    forall_upto,
    guard,
    image,
    implies,
    ite,
    labels,
    max_of,
    maximum,
    min_of,
    minimum,
    none,
    pick,
    set_of,
    some,
    sum_of,
    table,
    tabulate,
    var,
)
from verifier.kernel.expressions import Expr, class_of, term_of, wrap
from verifier.kernel.sorts import (
    BOOL,
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
from verifier.kernel.state import StateView
from verifier.kernel.terms import Term, free_variables, variable

nothing = none

p = Protocol("formulas", "a state with every sort")
Top = p.parameter("Top", 3)
p.search_bound("n", 2)
p.search_bound("two-words", 2)


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """Names, one of which is constant."""

    First = constant()


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    """Other names."""

    k = constant()


class Majority(Quorums[Node]):
    """Quorums."""


class Small(Range, low=0, high=2):
    """Few."""


class Big(Range, low=0, high=Top):
    """More."""


class Round(Ordered, parameter="Rounds", size=2, first=1):
    """Counted."""


class Phase(Enumeration):
    """Labels, two of which are variables as well."""

    Idle, m, flag = labels(3)


class Colour(Enumeration):
    """Labels that mean something else as well: in the other enumeration, as a constant, a word, a sort."""

    Idle, First, none, TRUE, Big = labels(5)


class Pair(Record, ordered=True):
    """Ordered."""

    low: Small
    high: Big


class Twin(Record):
    """The same fields in another order, and one that reads as a partial operation."""

    high: Big
    low: Small
    value: Key


class Log(Sequence[Big], capacity=Top):
    """A sequence."""


class Queue(Sequence[Pair], capacity=2):
    """Another."""


class Pairs(KeyedSet[Pair], key="low"):
    """By integer."""


class Twins(KeyedSet[Twin], key="value"):
    """By name."""


class _Action:
    __name__ = "Step"


@p.state
class State:
    """Every sort, and names that collide."""

    flag: Bool = var(False)
    n: Small = var(0)
    m: Big = var(0)
    r: Round = var(1)
    k: Key = var(anything)
    node: Node = var(anything)
    phase: Phase = var(Phase.Idle)
    Idle: Colour = var(Colour.Idle)
    none: Option[Big] = var(nothing)
    leader: Option[Node] = var(nothing)
    maybe: Option[Option[Small]] = var(nothing)
    f: Fn[Key, Big] = var(0)
    seen: Fn[Key, Fn[Big, Small]] = var(0)
    at: Fn[Round, Bool] = var(False)
    small: Set[Small] = var(set())
    big: Set[Big] = var(set())
    keys: Set[Key] = var(set())
    pairset: Set[Pair] = var(set())
    flags: Set[Bool] = var(set())
    owned: Fn[Key, Set[Node]] = var(set())
    pairkeys: Fn[Node, Set[Key]] = var(set())
    pair: Pair = var(Pair(low=0, high=0))
    twin: Twin = var(anything)
    log: Log = var(empty)
    queue: Queue = var(empty)
    pairs: Pairs = var(set())
    twins: Twins = var(set())
    x: Small = var(0)


@p.action
def Step(s: State, k: Key) -> None:
    """One that properties can ask about."""
    guard("some", s.f[k] == 0)
    s.f[k] = 1


@p.invariant()
def Quorate(s: State) -> Bool:
    """So that quorums are a sort of the protocol."""
    return exists(Majority, lambda q: q.contains(s.node))


Quantifiable = [Key, Node, Small, Big, Round, Phase, Colour, Bool, Pair]
Scope = tuple[Expr, ...]
_NAMES = ["x", "k", "n", "y", "m", "First", "none", "Idle", "Key", "Min", "x2"]


def structures() -> list[Sort]:
    """The sorts of the state's variables."""
    return [declared.sort for declared in p.variables]


class Formulas:
    """Draws expressions of any sort; the same random numbers give the same formulas."""

    def __init__(self, random: Random, *, steps: bool = False) -> None:
        self.random = random
        self.views = [StateView(p.variables, op) for op in (("state", "next") if steps else ("state",))]
        self.pool: list[Expr] = []

    def formula(self, fuel: int = 5) -> Term:
        """A formula without free variables."""
        return term_of(self.of(BOOL, fuel, ()))

    def of(self, sort: Sort, fuel: int, scope: Scope) -> Any:
        """An expression of exactly this sort, or of Int where an integer is asked for."""
        again = [known for known in self.pool if term_of(known).sort == sort and self._in_reach(known, scope)]
        if again and self.random.random() < 0.15:
            return self.random.choice(again)
        ways = (
            self._leaves(sort, scope) if fuel <= 0 else [*self._ways(sort, fuel, scope), *self._leaves(sort, scope)[:1]]
        )
        made = self.random.choice(ways)()
        if isinstance(made, Expr):
            self.pool.append(made)
        return made

    @staticmethod
    def _in_reach(known: Expr, scope: Scope) -> bool:
        reach = {term_of(inner) for inner in scope}
        return free_variables(term_of(known))[id(term_of(known))] <= reach

    # -- variables -------------------------------------------------------------------------------------------------------

    def _bind(self, sort: Sort | type[Expr], fuel: int, scope: Scope, make: Callable[..., Any], result: Sort) -> Any:
        """`make(body)` for a body with one more variable in reach, under a name of its own."""
        name = self.random.choice(_NAMES)
        body = eval(f"lambda {name}: body({name})", {"body": lambda bound: self.of(result, fuel - 1, (*scope, bound))})
        return make(sort, body)

    # -- leaves ----------------------------------------------------------------------------------------------------------

    def _leaves(self, sort: Sort, scope: Scope) -> list[Callable[[], Any]]:
        view = self.random.choice(self.views)
        known = [*scope, *(getattr(view, declared.name) for declared in p.variables)]
        found: list[Callable[[], Any]] = [lambda e=e: e for e in known if term_of(e).sort == sort]
        if sort.is_integer:
            found += [lambda: Int(self.random.randrange(-1, 4)), lambda: Top, lambda: Key.size, lambda: Round.size]
            found += [lambda e=e: e for e in scope if term_of(e).sort.is_integer]
        match sort:
            case _ if sort == BOOL:
                found += [lambda: Bool(self.random.random() < 0.5), lambda: enabled(Step)]
                keys = [e for e in scope if e._term.sort == Key.sort]
                found += [lambda ask=ask, e=e: ask(Step, e) for e in keys for ask in (enabled, can_change)]
                found += [lambda: can_change(Step)]
            case EnumSort() | ScalarSort():
                names = sort.labels if isinstance(sort, EnumSort) else sort.constants
                found += [lambda name=name: getattr(class_of(sort), name) for name in names]
            case QuorumSort() if not found:
                raise ValueError("no quorum is in reach")
        return found or [lambda: self._made(sort, 0, scope)]

    def _made(self, sort: Sort, fuel: int, scope: Scope) -> Any:
        """A value put together from its parts."""
        of = self.of
        match sort:
            case RecordSort(fields=fields):
                return class_of(sort)(**{name: of(inner, fuel - 1, scope) for name, inner in fields})
            case OptionSort(element=element):
                return some(of(element, fuel - 1, scope))
            case SetSort(element=element):
                return self._bind(wrapper(element), fuel, scope, set_of, BOOL)
            case FunctionSort(index=index, value=value):
                return self._bind(wrapper(index), fuel, scope, fn, value)
            case SequenceSort() | KeyedSort():
                return next(getattr(self.views[0], v.name) for v in p.variables if v.sort == sort)
        raise ValueError(f"no leaf of {sort}")

    # -- everything else -------------------------------------------------------------------------------------------------

    def _ways(self, sort: Sort, fuel: int, scope: Scope) -> list[Callable[[], Any]]:
        of, f = self.of, fuel - 1
        ways: list[Callable[[], Any]] = [lambda: ite(of(BOOL, f, scope), of(sort, f, scope), of(sort, f, scope))]
        for index, function in self._functions(sort):
            ways.append(lambda i=index, g=function: of(g, f, scope)[of(i, f, scope)])
        if isinstance(sort, QuorumSort):
            return self._leaves(sort, scope)
        if sort in [cls.sort for cls in Quantifiable if cls is not Bool]:
            ways.append(lambda: self._bind(class_of(sort), fuel, scope, choose, BOOL))
            ways.append(lambda: self._bind(class_of(sort), fuel, scope, pick, BOOL))
        for owner, field in (("pair", "low"), ("pair", "high"), ("twin", "value")):
            if self._field(owner, field) == sort:
                ways.append(lambda o=owner, n=field: getattr(of(self._sort(o), f, scope), n))
        for name in ("none", "leader", "maybe"):
            option = self._sort(name)
            if isinstance(option, OptionSort) and option.element == sort:
                ways.append(lambda o=option: of(o, f, scope).value)
        for name in ("log", "queue"):
            sequence = self._sort(name)
            if isinstance(sequence, SequenceSort) and sequence.element == sort:
                ways.append(lambda q=sequence: of(q, f, scope).at(self._integer(f, scope)))
        for name in ("pairs", "twins"):
            keyed = self._sort(name)
            if isinstance(keyed, KeyedSort) and keyed.element == sort:
                ways.append(lambda q=keyed: of(q, f, scope).get(of(q.key_sort, f, scope)))
        ways += self._by_kind(sort, fuel, scope)
        return ways

    def _by_kind(self, sort: Sort, fuel: int, scope: Scope) -> list[Callable[[], Any]]:
        of, f = self.of, fuel - 1
        if sort == BOOL:
            return self._formulas(fuel, scope)
        if sort.is_integer:
            return self._integers(fuel, scope)
        match sort:
            case RecordSort(fields=fields):
                one = self.random.choice(fields)
                ways = [
                    lambda: self._made(sort, fuel, scope),
                    lambda: of(sort, f, scope).replace(**{one[0]: of(one[1], f, scope)}),
                ]
                if sort.ordered:
                    ways.append(lambda: maximum(of(sort, f, scope), of(sort, f, scope)))
                    ways.append(lambda: max_of(of(SetSort(sort), f, scope)))
                return ways
            case OptionSort():
                return [lambda: self._made(sort, fuel, scope)]
            case SetSort(element=element):
                return self._sets(sort, element, fuel, scope)
            case FunctionSort(index=index, value=value):
                return [
                    lambda: self._made(sort, fuel, scope),
                    lambda: of(sort, f, scope).updated(of(index, f, scope), of(value, f, scope)),
                ]
            case SequenceSort(element=element):
                return [
                    lambda: of(sort, f, scope).append(of(element, f, scope)),
                    lambda: of(sort, f, scope).put(self._integer(f, scope), of(element, f, scope)),
                    lambda: of(sort, f, scope).tail(),
                    lambda: of(sort, f, scope).reverse(),
                    lambda: self._counted(fuel, scope, lambda n, body: tabulate(class_of(sort), n, body), element),
                    lambda: fold(of(self._foldable(), f, scope), of(sort, f, scope), self._folding(sort, fuel, scope)),
                ]
            case KeyedSort(element=element):
                return [
                    lambda: of(sort, f, scope).insert(of(element, f, scope)),
                    lambda: of(sort, f, scope).remove(of(sort.key_sort, f, scope)),
                ]
        return []

    def _counted(self, fuel: int, scope: Scope, make: Callable[..., Any], result: Sort) -> Any:
        """`make(number, body)` for a body with a number in reach."""
        last = self._integer(fuel - 1, scope)
        return self._bind(Small, fuel, scope, lambda _, body: make(last, body), result)

    def _integer(self, fuel: int, scope: Scope) -> Any:
        return self.of(self.random.choice([Small.sort, Big.sort, Round.sort]), fuel, scope)

    def _divisor(self, fuel: int, scope: Scope) -> Any:
        """A number that is not written as 0."""
        found = self._integer(fuel - 1, scope)
        return found if found._term.op != "literal" or found._term.data else Int(2)

    def _integers(self, fuel: int, scope: Scope) -> list[Callable[[], Any]]:
        f, number = fuel - 1, lambda: self._integer(fuel - 1, scope)
        several = self.random.choice([Small.sort, Big.sort])
        return [
            lambda: number() + number(),
            lambda: number() - number(),
            lambda: number() * number(),
            lambda: -number(),
            lambda: number() // self._divisor(fuel, scope),
            lambda: number() % self._divisor(fuel, scope),
            lambda: self._bind(self._quantified(), fuel, scope, sum_of, Small.sort),
            lambda: self._bind(self.of(self._some_set(), f, scope), fuel, scope, sum_of, Big.sort),
            lambda: fold(self.of(self._foldable(), f, scope), number(), self._folding(Small.sort, fuel, scope)),
            lambda: table(Colour, [number() for _ in range(5)])[self.of(Colour.sort, f, scope)],
            lambda: minimum(number(), number()),
            lambda: self.of(self._some_set(), f, scope).size(),
            lambda: self.of(self._sort("pairs"), f, scope).size(),
            lambda: self.of(self._sort("log"), f, scope).length(),
            lambda: min_of(self.of(SetSort(several), f, scope)),
        ]

    def _foldable(self) -> Sort:
        return self.random.choice([self._some_set(), self._sort("log"), self._sort("queue")])

    def _folding(self, result: Sort, fuel: int, scope: Scope) -> Callable[[Expr, Expr], Any]:
        """The function of a fold, whose variables have names of their own."""
        acc, x = self.random.sample(_NAMES, 2)
        inner = {"body": lambda *bound: self.of(result, fuel - 1, (*scope, *(b for b in bound if b._term.op == "bound")))}
        return cast("Callable[[Expr, Expr], Any]", eval(f"lambda {acc}, {x}: body({acc}, {x})", inner))

    def _sets(self, sort: SetSort, element: Sort, fuel: int, scope: Scope) -> list[Callable[[], Any]]:
        of, f = self.of, fuel - 1
        target = wrapper(element)
        source = self._some_set()
        both = [lambda a, b: a | b, lambda a, b: a & b, lambda a, b: a - b]
        ways: list[Callable[[], Any]] = [
            lambda: self._made(sort, fuel, scope),
            lambda: self.random.choice(both)(of(sort, f, scope), of(self._like(sort), f, scope)),
            lambda: of(sort, f, scope) | {of(element, f, scope) for _ in range(self.random.randrange(3))},
            lambda: set_of(target, lambda x: of(self._like(sort), f, scope).contains(x) & of(BOOL, f, (*scope, x))),
            lambda: set_of(target, lambda x: x == of(element, f, scope)),
            lambda: set_of(target, lambda x: (x == of(element, f, scope)) | (x == of(element, f, scope))),
            lambda: image(self._quantified(), target, lambda y: of(self._near(element), f, (*scope, y))),
            lambda: image(of(source, f, scope), target, lambda y: of(self._near(element), f, (*scope, y))),
            lambda: set_of(target, lambda x: exists(self._quantified(), lambda y: x == of(element, f, (*scope, y)))),
        ]  # fmt: skip
        return ways

    def _formulas(self, fuel: int, scope: Scope) -> list[Callable[[], Any]]:
        of, f = self.of, fuel - 1
        formula = lambda: of(BOOL, f, scope)  # noqa: E731
        number = lambda: self._integer(f, scope)  # noqa: E731
        any_sort = self.random.choice(structures())
        sort, option = self._some_set(), self._sort(self.random.choice(["none", "leader", "maybe"]))
        keyed = self._sort(self.random.choice(["pairs", "twins"]))
        assert isinstance(keyed, KeyedSort)
        return [
            lambda: ~formula(),
            lambda: formula() & formula(),
            lambda: formula() | formula(),
            lambda: implies(formula(), formula()),
            lambda: of(any_sort, f, scope) == of(any_sort, f, scope),
            lambda: of(any_sort, f, scope) != of(any_sort, f, scope),
            lambda: formula() == formula(),
            lambda: number() < number(),
            lambda: number() <= number(),
            lambda: of(Pair.sort, f, scope) < of(Pair.sort, f, scope),
            lambda: self._bind(self._quantified(), fuel, scope, forall, BOOL),
            lambda: self._bind(self._quantified(), fuel, scope, exists, BOOL),
            lambda: self._counted(fuel, scope, forall_upto, BOOL),
            lambda: self._counted(fuel, scope, exists_upto, BOOL),
            lambda: forall_in(of(self._sort("log"), f, scope), lambda x: x == number()),
            lambda: exists(Small, Key, Key, lambda a, k, b: of(BOOL, f, (*scope, a, k, b))),
            lambda: self._bind(of(sort, f, scope), fuel, scope, forall_in, BOOL),
            lambda: self._bind(of(sort, f, scope), fuel, scope, exists_in, BOOL),
            lambda: self._bind(of(keyed, f, scope), fuel, scope, forall_in, BOOL),
            lambda: self._bind(of(keyed, f, scope), fuel, scope, exists_in, BOOL),
            lambda: exists(Majority, lambda q: forall(Node, lambda a: implies(q.contains(a), of(BOOL, f, (*scope, a))))),
            lambda: exists(Majority, lambda q: forall(Node, lambda a: ~q.contains(a))),
            lambda: of(sort, f, scope).contains(of(self._element(sort), f, scope)),
            lambda: ~of(sort, f, scope).contains(of(self._element(sort), f, scope)),
            lambda: of(sort, f, scope).is_empty(),
            lambda: ~of(sort, f, scope).is_empty(),
            lambda: of(sort, f, scope) <= of(self._like(sort), f, scope),
            lambda: of(sort, f, scope) == set(),
            # The same forms over a sort that need not be that of the elements.
            lambda: forall(self._related(sort), lambda x: ~of(sort, f, scope).contains(x)),
            lambda: forall(self._related(sort), lambda x: implies(of(sort, f, scope).contains(x), of(BOOL, f, (*scope, x)))),
            lambda: exists(self._related(sort), lambda x: of(sort, f, scope).contains(x) & of(BOOL, f, (*scope, x))),
            lambda: set_of(self._related(sort), lambda x: of(sort, f, scope).contains(x)).size() == number(),
            lambda: set_of(self._related(sort), lambda x: of(sort, f, scope).contains(x) & ~of(sort, f, scope).contains(x))
            == of(self._like(sort), f, scope),
            lambda: of(option, f, scope).is_some,
            lambda: of(option, f, scope).is_none,
            lambda: of(option, f, scope) == none,
            lambda: of(option, f, scope) == of(option.element, f, scope),  # type: ignore[attr-defined]
            lambda: of(keyed, f, scope).has(of(keyed.key_sort, f, scope)),
            lambda: of(keyed, f, scope).contains(of(keyed.element, f, scope)),
            lambda: of(keyed, f, scope) == set(),
            lambda: of(keyed, f, scope) == {of(keyed.element, f, scope)},
            lambda: forall(class_of(keyed.element), lambda x: ~of(keyed, f, scope).contains(x)),
            lambda: of(self._sort("log"), f, scope) == [number(), number()],
            lambda: of(self._sort("queue"), f, scope) == empty,
        ]  # fmt: skip

    # -- sorts -----------------------------------------------------------------------------------------------------------

    @staticmethod
    def _sort(name: str) -> Sort:
        return next(declared.sort for declared in p.variables if declared.name == name)

    def _field(self, owner: str, name: str) -> Sort:
        sort = self._sort(owner)
        assert isinstance(sort, RecordSort)
        return sort.field_sort(name)

    @staticmethod
    def _functions(value: Sort) -> list[tuple[Sort, Sort]]:
        sorts = structures()
        sorts += [inner.value for inner in sorts if isinstance(inner, FunctionSort)]
        return [(found.index, found) for found in sorts if isinstance(found, FunctionSort) and found.value == value]

    def _quantified(self) -> Any:
        return self.random.choice(Quantifiable)

    def _some_set(self) -> SetSort:
        return self.random.choice([sort for sort in structures() if isinstance(sort, SetSort)])

    @staticmethod
    def _element(sort: Sort) -> Sort:
        assert isinstance(sort, SetSort)
        return sort.element

    def _near(self, sort: Sort) -> Sort:
        """The sort, or another of integers where it is one."""
        return self.random.choice([Small.sort, Big.sort]) if sort.is_integer else sort

    def _like(self, sort: Sort) -> Sort:
        return SetSort(self._near(self._element(sort)))

    def _related(self, sort: Sort) -> Any:
        return wrapper(self._near(self._element(sort)))


def wrapper(sort: Sort) -> Any:
    """What a model writes for the sort."""
    if isinstance(sort, RangeSort | EnumSort | ScalarSort | RecordSort | KeyedSort | SequenceSort):
        return class_of(sort)
    return type(wrap(variable("v", sort)))


__all__ = ["Formulas", "State", "p", "structures"]
