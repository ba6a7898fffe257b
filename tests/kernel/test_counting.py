"""Division, sums, folds, the least value, tables, operations on sequences: counts by brute force, and what is refused where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.concrete.searches import search
from tests.kernel.snippets import build, in_action, line_of
from tests.models import counting
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.term_text import text
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.arithmetic import quotient, remainder
from verifier.semantics.ground.circuit import Circuit
from verifier.semantics.ground.evaluate import Evaluator as Values
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.symmetry import symmetry_of
from verifier.semantics.scope.unbounded import unbounded

State = tuple[Any, ...]


def reached(start: State, steps: Callable[[State], Iterator[State]], inside: Callable[[State], bool]) -> int:
    """How many states there are. A step that divides by 0, or looks where nothing is, is none."""
    seen, waiting = {start}, [start]
    while waiting:
        for new in steps(waiting.pop()):
            if new not in seen and inside(new):
                seen.add(new)
                waiting.append(new)
    return len(seen)


def clockwork(state: State) -> Iterator[State]:
    hand, by, turns = state
    for n in range(-3, 8):
        if n % 3 == 1:
            yield (hand + n) % 8, by, (hand + n) % 8 // 3
    if turns > 0:
        yield (hand - 5) // 2, hand % -3 + turns, turns
    if hand > 1 and by != 0:
        yield hand // by, by, turns


def council(state: State) -> Iterator[State]:
    stake, voted, speaking, now, first, number = state
    weights = dict(zip("abc", stake, strict=True))
    for m in "abc":
        others = [x for x in "abc" if x not in voted and x != m]
        if m not in voted and others:
            yield stake, voted | {m}, speaking, now, others[0], number
        if sum(stake) < 7:
            yield tuple(w + (x == m) for x, w in weights.items()), voted, speaking, now, first, number
    if speaking:
        digits = "".join(map(str, sorted(speaking)))
        yield stake, voted, speaking - {min(speaking)}, min(speaking), first, int(digits, 3) % 10
    if 2 * sum(weights[m] for m in voted) > sum(stake):
        more = {x + 1 for x in speaking if x < 2}
        yield stake, frozenset(), speaking | more, now, first, number


def line(state: State) -> Iterator[State]:
    queue, other, total = state
    yield queue + other, (), total
    for i in range(3):
        if i <= len(queue):
            yield queue[:i], queue[i:], total
        if 1 <= i <= len(queue) and len(other) < 3:
            yield queue[: i - 1] + queue[i:], (queue[i - 1], *other), total
        place = len(queue) - total
        if i not in queue and place >= 0:
            yield (*queue[:place], i, *queue[place:]), other, total
    if any(queue):
        yield queue[::-1], other, sum(queue) % 3
    if queue:
        yield queue[:-1], other, queue[-1]
    yield tuple(x for x in queue if x > total), other, total


COUNTS = {
    "clockwork": ((0, 2, 0), clockwork, lambda s: min(s[:2]) >= -3 and max(s[:2]) <= 7 and 0 <= s[2] <= 2),
    "council": (((3, 1, 1), frozenset(), frozenset({0, 2}), None, None, 0), council, lambda s: True),
    "line": (((0, 1), (), 0), line, lambda s: len(s[0]) <= 3 and len(s[1]) <= 3),
}


@pytest.mark.parametrize("name", COUNTS)
def test_as_many_states_as_by_brute_force(name: str) -> None:
    found = explore(Ground(finite_scope(counting.ALL[name].model())))
    assert found.distinct == reached(*COUNTS[name])


@pytest.mark.parametrize("divisor", [number for number in range(-5, 6) if number])
def test_a_quotient_is_rounded_down_as_in_python(divisor: int) -> None:
    for number in (*range(-70, 71, 7), -3, -1, 1):
        for low, high in ((-70, 70), (number - 3, number + 40), (-1000, 999), (-70, 10**9)):
            circuit = Circuit()
            node = circuit.field(0, False, low, high)
            parts = quotient(circuit, node, divisor), remainder(circuit, node, divisor)
            assert tuple(Values([number]).value(part) for part in parts) == divmod(number, divisor)


def test_a_remainder_of_few_numbers_has_the_interval_of_its_divisor() -> None:
    circuit = Circuit()
    node = remainder(circuit, circuit.field(0, False, 0, 20), 7)
    assert (node.low, node.high) == (0, 6)


def test_what_is_divided_may_be_large() -> None:
    circuit = Circuit()
    remainder(circuit, circuit.field(0, False, -(10**12), 10**12), 3)
    assert len(circuit) < 500


MISUSE = [
    ("s.version = s.version // 0", "`//` by 0 has no value", ""),
    ("s.version = s.version % 0", "`%` by 0 has no value", ""),
    ("s.version = k % 2", "`%` takes integers, not Key", ""),
    ("s.version = s.version / 2", "the language has no `/`", "rounded down"),
    ("s.version = divmod(s.version, 2)", "the language has no `divmod`", "rounded down"),
    ("s.version = sum(s.seen[k][x] for x in Key)", "Python's `sum`", "sum_of(Sort"),
    ("s.version = sum_of(Key, lambda x: s.flag)", "sum_of adds up integers, not truth values", "ite(condition, 1, 0)"),
    ("s.version = sum_of(s.log, lambda x: x)", "sum_of needs a sort or a set, not Log", "fold(q, 0"),
    ("s.version = sum_of(s.issued, lambda x: x.version)", "sum_of needs a sort or a set, not Issued", "set_of(Key"),
    ("s.version = sum_of(Int, lambda x: x)", "sum_of over Int has no end", "class Name(Range"),
    ("sum_of(Key, lambda x: 1)", "sum_of changes nothing by itself", ""),
    ("s.version = pick(Version, lambda v: v)", "the body of pick takes Bool", ""),
    ("s.version = pick(s.log)", "pick needs a sort or a set, not Log", "q.elements()"),
    ("s.version = fold(s.issued, 0, lambda acc, x: acc)", "fold needs a set or a sequence, not Issued", "over the keys"),
    ("s.version = fold(Key, 0, lambda acc, x: acc)", "fold needs a set or a sequence", "fold(s.queue"),
    ("s.version = fold(s.log, 0, lambda acc: acc)", "the function of fold takes 2 values, not 1", ""),
    ("s.version = fold(s.log, 0, 1)", "fold needs a function", "lambda acc, x"),
    ("s.owned = fold(s.log, set(), lambda acc, x: acc)", "fold cannot tell the sort of set()", "set_of(Key"),
    ("s.version = fold(s.log, 0, lambda acc, x: s.flag)", "the body of fold takes Int, not Bool", ""),
    ("s.log = tabulate(Version, 2, lambda i: i)", "tabulate needs a sequence sort", "tabulate(Log"),
    ("s.log = tabulate(Log, s.flag, lambda i: i)", "the last number of tabulate takes Int, not Bool", ""),
    ("s.log = tabulate(Log, 2, lambda i: k)", "the body of tabulate takes Version, not Key", ""),
    ("s.log = s.log + k", "`+` takes Log, not Key", ""),
    ("s.log = s.log + [k]", "append takes Version, not Key", ""),
    ("s.log = [1] + s.log", "`+` takes integers, not Log", "q.append(x)"),
    ("s.log.reverse()", "reverse changes nothing by itself", "s.q = s.q.reverse()"),
    ("s.log = s.log.insert_at(1, k)", "insert_at takes Version, not Key", ""),
    ('guard("a", forall_upto(s.log, lambda i: s.flag))', "the last number of forall_upto takes Int, not Log", ""),
    ('guard("a", forall_in(s.log, lambda x, y: s.flag))', "the function of forall_in takes 1 value, not 2", ""),
    ('s.phase = table(Phase, [1, 2])', "table has 2 values, and Phase has 3", "Idle, Active, Done"),
    ('s.version = table(Key, 3)[k]', "table needs a list of values", "table(Node"),
    ('s.version = table(Key, [1, k])[k]', "a value of table takes Key, not 1", ""),
]


@pytest.mark.parametrize(("snippet", "message", "hint"), MISUSE)
def test_misuse_is_refused_at_its_line(snippet: str, message: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        build(in_action(snippet), tmp_path)
    assert message in str(raised.value)
    assert hint in (raised.value.hint or "")
    assert raised.value.position is not None
    assert raised.value.position.line == line_of(in_action(snippet), snippet)


REFUSED = {
    "s.version = pick(Version, lambda v: v == s.version)": "pick is not supported",
    "s.version = fold(s.owned, 0, lambda acc, x: acc)": "fold is not supported",
    "s.version = table(Key, [1, 2])[k]": "table is not supported",
}


@pytest.mark.parametrize("snippet", REFUSED)
def test_what_has_no_meaning_at_unbounded_scope_is_named_with_a_way_out(snippet: str, tmp_path: Path) -> None:
    source = in_action(snippet).replace("    log: Log = var(empty)\n", "")
    with pytest.raises(ModelError) as raised:
        unbounded(build(source, tmp_path).model())
    assert f"{REFUSED[snippet]} at unbounded scope: " in str(raised.value)
    assert raised.value.position is not None
    assert raised.value.position.line == line_of(source, snippet)


def test_a_table_has_as_many_values_as_its_sort(tmp_path: Path) -> None:
    model = counting.council().model()
    with pytest.raises(UsageError, match=r"a table has 3 values \(counting.py:\d+\), and Member has 2"):
        explore(Ground(finite_scope(model, {"Members": 2})))


def test_what_would_make_too_large_a_circuit_is_refused(tmp_path: Path) -> None:
    source = in_action("s.version = s.version % (s.version * 5000 + 1)")
    with pytest.raises(UsageError, match="more than 4,096 numbers to look at"):
        explore(Ground(finite_scope(build(source, tmp_path).model())))


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        ("s.version = fold(s.owned, 0, lambda acc, x: acc)", "an order on Set[Key]"),
        ("s.leader = some(pick(Key, lambda x: ~s.owned.contains(x)))", "an order on Key"),
        ("s.version = table(Key, [1, 2])[k]", "an order on [Key -> Int]"),
        ("s.version = sum_of(s.owned, lambda x: s.seen[x][k])", None),
        ("s.version = fold(s.log, 0, lambda acc, x: acc + x)", None),
    ],
)
def test_what_depends_on_the_order_of_names_loses_symmetry(snippet: str, reason: str | None, tmp_path: Path) -> None:
    found = symmetry_of(build(in_action(snippet), tmp_path).model()).reason
    assert (found is None) if reason is None else reason in str(found)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("s.version % 2 + 1", "(version % 2) + 1"),
        ("(s.version + 1) // 2", "(version + 1) \\div 2"),
        ("sum_of(s.owned, lambda x: s.seen[k][x])", "SUM x \\in Key : IF x \\in owned THEN seen[k][x] ELSE 0"),
        ("fold(s.log, 0, lambda acc, x: acc + x)", "FOLD acc \\in Int = 0, x \\in 1..Len(log) : acc + log[x]"),
        ("fold(s.owned, 0, lambda acc, x: acc)", "FOLD acc \\in Int = 0, x \\in owned : acc"),
        ("pick(Version, lambda v: v == 1)", "PICK v \\in Version : v = 1"),
        ("table(Key, [1, 2])[k]", "Table([Key -> Int], 1, 2)[k]"),
        ("(s.log + [1, 2]).length()", "Len(Append(Append(log, 1), 2))"),
        ("s.log.reverse().length()", "Len(Log[i \\in 1..Len(log) |-> log[Len(log) - i + 1]])"),
    ],
)
def test_text(written: str, shown: str, tmp_path: Path) -> None:
    protocol = build(in_action(f"s.version = {written}"), tmp_path)
    (update,) = protocol.actions["Other"].updates
    assert text(update.value, protocol.vocabulary) == shown


ENABLED = """
from __future__ import annotations

from verifier.kernel import (
    Bool, Protocol, Range, Sequence, empty, enabled, exists_upto, fold, forall_upto, guard, pick, sum_of, tabulate, var,
)

p = Protocol("p", "test")


class Num(Range, low=0, high=2):
    pass


class Log(Sequence[Num], capacity=3):
    pass


@p.state
class State:
    log: Log = var(empty)
    n: Num = var(0)


@p.action
def Append(s: State, x: Num) -> None:
    guard("room", s.log.length() < 3)
    s.log = s.log.append(x)
    s.n = x


@p.action
def Partial(s: State) -> None:
    guard("g", GUARD)


@p.invariant()
def CanHappen(s: State) -> Bool:
    return enabled(Partial)
"""

PARTIAL = [
    "fold(s.log, 1, lambda acc, x: acc + 2 // (x - acc)) > 0",
    "6 % (s.log.length() - 1) < s.n + 2",
    "forall_upto(s.log.length(), lambda i: 2 // (s.log.at(i) - 1) < 3)",
    "exists_upto(s.log.length() + s.n, lambda i: s.log.at(i) == 2)",
    "pick(Num, lambda v: s.log.contains(v)) == s.n",
    "tabulate(Log, s.n - 1, lambda i: 2 // (i - s.n)).length() > 0",
    "sum_of(Num, lambda v: 2 // (v + s.n - 4)) < 0",
    "s.log.remove_at(s.n).reverse().front().length() == 1",
]


@pytest.mark.parametrize("condition", PARTIAL)
def test_an_action_is_enabled_where_it_has_a_step(condition: str, tmp_path: Path) -> None:
    model = build(ENABLED.replace("GUARD", condition), tmp_path).model()
    found = search(model)
    asked = next(one for one in model.properties if one.name == "CanHappen")
    answers = {found.machine.holds(asked, state): state for state in found.states}
    assert set(answers) == {True, False}, answers
    for state in found.states:
        assert found.machine.holds(asked, state) == found.machine.attempt(state, "Partial", {}).fired


def test_when_a_fold_over_a_set_has_a_value_is_not_said(tmp_path: Path) -> None:
    condition = "fold(s.log.elements(), 1, lambda acc, x: 2 // (x - acc)) > 0"
    source = ENABLED.replace("GUARD", condition)
    with pytest.raises(ModelError, match="the language cannot state when this fold has a value") as raised:
        build(source, tmp_path).model()
    assert raised.value.position is not None
    assert raised.value.position.line == line_of(source, condition)


TWO_SORTS = """
from __future__ import annotations

from verifier.kernel import Bool, Protocol, Range, Sequence, empty, guard, var

p = Protocol("p", "test")


class Few(Range, low=0, high=1):
    pass


class Many(Range, low=0, high=2):
    pass


class Short(Sequence[Few], capacity=2):
    pass


class Long(Sequence[Many], capacity=3):
    pass


@p.state
class State:
    few: Short = var(empty)
    many: Long = var(empty)


@p.action
def Put(s: State, x: Many) -> None:
    s.many = s.many + [x]


@p.action
def Over(s: State) -> None:
    s.few = s.few + s.many
    s.many = empty


@p.action
def Back(s: State) -> None:
    s.many = s.many + s.few


@p.invariant()
def Fits(s: State) -> Bool:
    return s.few.length() < 3
"""


def test_sequences_of_two_sorts_are_joined(tmp_path: Path) -> None:
    def steps(state: State) -> Iterator[State]:
        few, many = state
        yield from ((few, (*many, x)) for x in range(3))
        yield few + many, ()
        yield few, many + few

    def inside(state: State) -> bool:
        few, many = state
        return len(few) <= 2 and len(many) <= 3 and max(few, default=0) <= 1

    found = explore(Ground(finite_scope(build(TWO_SORTS, tmp_path).model())))
    assert found.distinct == reached(((), ()), steps, inside)
    assert {violation.property.name for violation in found.violations} == {"Range@few", "Range@many", "Fits"}
