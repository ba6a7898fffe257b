"""Compare-and-swap in herd's format: what it gives, writes and orders, against the executions by brute force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lib.enumerator import allows, runs
from tests.lib.test_litmus import execution
from tests.litmus.test_herd import MODELS, decided, outcomes, two
from verifier import api
from verifier.kernel.errors import ModelError, UsageError
from verifier.lib.buffers import machine
from verifier.lib.memory import MEMORIES, forbidding
from verifier.lib.programs import Program, all_equal, cas, read, reg, write
from verifier.litmus.herd import parse
from verifier.litmus.questions import Question

RLX = "memory_order_relaxed"


def swap(
    expected: str = "&r",
    desired: str = "1",
    success: str = "relaxed",
    failure: str = "relaxed",
    *,
    weak: bool = False,
    at: str = "x",
) -> str:
    name = f"atomic_compare_exchange_{'weak' if weak else 'strong'}_explicit"
    return f"{name}({at}, {expected}, {desired}, memory_order_{success}, memory_order_{failure})"


@pytest.mark.parametrize(
    ("first", "second", "condition", "expected"),
    [
        # It gives whether it succeeds; a variable holds what was read, and the new value may be computed with it.
        (f"int r = 0; int ok = {swap()};", "", "exists (0:ok=1 /\\ 0:r=0 /\\ x=1)", True),
        (f"int r = 0; int ok = {swap()};", "", "exists (0:ok=0 \\/ 0:r!=0 \\/ x!=1)", False),
        (f"int r = 4; int ok = {swap()};", "", "exists (0:ok=0 /\\ 0:r=0 /\\ x=0)", True),
        (f"int r = 4; int ok = {swap()};", "", "exists (0:ok=1 \\/ 0:r=4 \\/ x=1)", False),
        (f"int r = 0; {swap('&r', 'r + 7')};", "", "exists (0:r=0 /\\ x=7)", True),
        (f"int r = 0; {swap()}; int q = {swap('&r', 'r + 2')};", "", "exists (0:q=1 \\/ x!=1 \\/ 0:r!=1)", False),
        # A location that holds what is expected is left as it is, or written to.
        (f"int ok = {swap('y')};", "", "exists (0:ok=1 /\\ x=1 /\\ y=0)", True),
        (f"*y = 3; int ok = {swap('&y')};", "", "exists (0:ok=0 /\\ x=0 /\\ y=0)", True),
        (f"*y = 3; int ok = {swap('(y)')};", "", "exists (0:ok=1 \\/ x=1 \\/ y=3)", False),
        # One of two wins, and the other sees it.
        (f"int r = 0; int a = {swap()};", f"int r = 0; int a = {swap(desired='2')};", "exists (0:a=1 /\\ 1:a=0 /\\ 1:r=1)", True),
        (f"int r = 0; int a = {swap()};", f"int r = 0; int a = {swap(desired='2')};", "exists (0:a=1 /\\ 1:a=1)", False),
        (f"int r = 0; int a = {swap()};", f"int r = 0; int a = {swap(desired='2')};", "exists (0:a=0 /\\ 1:a=0)", False),
        # A weak one may fail although it reads what it expects, and succeeds only where it does.
        (f"int r = 0; int a = {swap(weak=True)};", "", "exists (0:a=0 /\\ 0:r=0 /\\ x=0)", True),
        (f"int r = 0; int a = {swap(weak=True)};", "", "exists (0:a=1 /\\ 0:r=0 /\\ x=1)", True),
        (f"int r = 4; int a = {swap(weak=True)};", "", "exists (0:a=1 \\/ x=1 \\/ 0:r!=0)", False),
        # In a condition, under one, and without orders, which is sc.
        (f"int r = 0; int q = 2; if (!{swap('&r', '5')}) q = 3; else q = 4;", "", "exists (0:q=4 /\\ x=5)", True),
        (f"int r = 0; int q = 2; if (q == 3) q = {swap()};", "", "exists (0:q=2 /\\ x=0 /\\ 0:r=0)", True),
        (f"int r = 0; int q = 2; if (q == 3) q = {swap(weak=True)};", "", "exists (0:q!=2 \\/ x!=0)", False),
        ("int r = 0; int a = atomic_compare_exchange_strong(x, &r, 1);", "", "exists (0:a=1 /\\ x=1)", True),
    ],
)
def test_what_it_gives_and_writes(first: str, second: str, condition: str, expected: bool) -> None:
    assert outcomes(two(first, second, condition), "SC")[1] is expected


HANDED = "atomic_store_explicit(y, 1, memory_order_relaxed); int r = 0; int a = {0};"
TAKEN = "int r = 2; int a = {0}; int d = atomic_load_explicit(y, memory_order_relaxed);"
LOADED = "int a = atomic_load_explicit(x, memory_order_acquire); int d = atomic_load_explicit(y, memory_order_relaxed);"
STORED = "atomic_store_explicit(y, 1, memory_order_relaxed); atomic_store_explicit(x, 1, memory_order_release);"
BACK = "int b = atomic_load_explicit(y, memory_order_relaxed); if (b == 1) atomic_store_explicit(x, 3, memory_order_relaxed);"
PLAIN = "int r = atomic_load_explicit(x, memory_order_relaxed); int a = {0};"


@pytest.mark.parametrize(
    ("first", "second", "condition", "allowed"),
    [
        # The order of success is that of the pair: a release hands over, an acquire or a relaxed one does not.
        (HANDED.format(swap(success="release")), LOADED, "exists (1:a=1 /\\ 1:d=0)", ""),
        (HANDED.format(swap(success="acquire")), LOADED, "exists (1:a=1 /\\ 1:d=0)", "RC11 ARMv8"),
        # The order of failure is that of a load.
        (STORED, TAKEN.format(swap(success="acq_rel", failure="acquire")), "exists (1:a=0 /\\ 1:r=1 /\\ 1:d=0)", ""),
        (STORED, TAKEN.format(swap(success="acq_rel")), "exists (1:a=0 /\\ 1:r=1 /\\ 1:d=0)", "RC11 ARMv8"),
        (STORED, TAKEN.format(swap(weak=True, failure="acquire")), "exists (1:a=0 /\\ 1:r=1 /\\ 1:d=0)", ""),
        # What it stores depends on what it compares with: nothing comes of nothing.
        (PLAIN.format(swap("&r", "1", at="y")), BACK, "exists (0:a=1 /\\ 1:b=1)", ""),
        (PLAIN.format(swap("y", "1", weak=True)), "", "exists (0:a=0 /\\ 0:r=0 /\\ x=0)", "RC11 ARMv8"),
    ],
)
def test_its_orders_are_those_of_the_brute_force(first: str, second: str, condition: str, allowed: str, tmp_path: Path) -> None:
    text = two(first, second, condition, "x=0; y=3;" if second == BACK else "x=0; y=0;")
    entries = decided(tmp_path, text, "rc11", "armv8").models
    assert [entry.model for entry in entries if entry.outcome == "allowed"] == allowed.split()
    assert [model for model in MODELS[2:4] if outcomes(text, model)[1]] == allowed.split()


SAME = [
    two(f"int r = 0; int a = {swap(success='release')};", f"int r = 0; int a = {swap('&r', '2', weak=True)};", "exists (1:a=0)"),
    two(f"int a = {swap('y', weak=True)};", "atomic_store_explicit(x, 2, memory_order_release);", "exists (y=2)"),
    two(f"int r = 0; if (*y) r = {swap(weak=True)};", "*y = 1;", "exists (0:r=1)"),
]


@pytest.mark.parametrize("text", SAME)
def test_executions_are_those_of_the_brute_force(text: str) -> None:
    """The states of the protocol are the executions, each of them once, and the library judges each as the enumerator does."""
    test = parse("t", text)
    found = list(runs(test.program))
    condition = test.program.outcome(test.outcome)
    for run in found:
        x = execution(run)
        assert x.holds(condition) is bool(run.number(condition))
        for model in MODELS:
            assert (not forbidding(MEMORIES[model], x)) is allows(model, run)
    for model in ("RC11", "ARMv8"):
        question, counted = Question(test, [model.lower()]), sum(allows(model, run) for run in found)
        assert api.explore(question.protocol, variant=model.lower(), in_process=True).distinct == counted


@pytest.mark.parametrize(("other", "race"), [("*y = 1;", True), ("*x = 1;", True), ("", False)])
def test_what_it_expects_is_accessed_plainly(other: str, race: bool, tmp_path: Path) -> None:
    entry = decided(tmp_path, two(f"int a = {swap('y')};", other, "exists (0:a=1)"), "rc11")["rc11"]
    assert bool(entry.race) is race


def test_what_it_writes_where_it_fails_is_plain(tmp_path: Path) -> None:
    reader = "int d = atomic_load_explicit(y, memory_order_relaxed);"
    entry = decided(tmp_path, two(f"*y = 1; {swap('y')};", reader, "exists (1:d=0)"), "rc11")["rc11"]
    assert entry.race
    kinds = [(e.kind, e.location, e.order) for e in parse("t", two(f"{swap('y')};", "", "exists (true)")).program.events]
    assert kinds[2:] == [("R", "y", "na"), ("R", "x", "rlx"), ("W", "x", "rlx"), ("R", "x", "rlx"), ("W", "y", "na")]


@pytest.mark.parametrize("expected", [0, 4])
@pytest.mark.parametrize("kind", ["sc", "tso", "pso"])
def test_store_buffers_have_what_is_written_where_it_fails(expected: int, kind: Any) -> None:
    program = Program([[cas("x", expected, 1, register="a", missed="y")]], initial={"y": 4})
    ends = {"0:a": 1, "x": 1, "y": 4} if expected == 0 else {"0:a": 0, "x": 0, "y": 0}
    made = machine("cas", program, ~all_equal(ends), kind)
    assert api.prove(made, in_process=True)["Forbidden"].verdict == "proved"


def test_store_buffers_have_no_weak_ones() -> None:
    with pytest.raises(ModelError, match="P0_CASx may fail or not"):
        machine("cas", Program([[cas("x", 0, 1, weak=True)], [write("x", 1)]]), reg("a", 0), "tso")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (f"int r = 0; {swap('r')};", "r is a variable of the thread"),
        (f"{swap('&q')};", "q is neither a location nor a variable"),
        (f"{swap('0')};", "0 where a location should be"),
        (f"int r = 0; {swap('&r', '*x')};", "an access in the value that atomic_compare_exchange_strong_explicit writes"),
        (f"int r = 0; {swap(failure='release')};", "memory_order_release cannot be the order of a compare-and-swap that fails"),
        (f"int r = 0; {swap(failure='acq_rel')};", "memory_order_acq_rel cannot be the order of a compare-and-swap that fails"),
        (f"int r = 0; {swap(success='consume')};", "memory_order_consume is not in RC11"),
        (f"int r = 0; atomic_compare_exchange_strong_explicit(x, &r, 1, {RLX});", ") where , should be"),
        (f"int r = 0; atomic_compare_exchange_strong(x, &r, 1, {RLX}, {RLX});", ", where ) should be"),
        (f"int r = 0; int q = 1 && {swap()};", "an access to the right of && is not read"),
        (f"int r = 0; while (!{swap()}) {{ }}", "while is not read"),
        (f"int r = 0; {swap(at='&r')};", "r is not a location that the thread is given"),
    ],
)
def test_what_is_not_read_is_named_at_its_line(statement: str, message: str) -> None:
    text = f"C t\n{{ x=0; }}\nP0 (atomic_int* x) {{\n  int before = 1;\n  {statement}\n}}\nexists (true)\n"
    with pytest.raises(UsageError) as caught:
        parse("t.litmus", text)
    assert caught.value.message.startswith("t.litmus:5: ")
    assert message in caught.value.message


def test_the_result_depends_on_what_is_read_and_on_what_is_expected() -> None:
    program = Program([[read("x", "r"), cas("z", reg("r"), 1, register="a"), write("y", reg("a"))]])
    assert program.by_name["P0_Wy"].data == {"P0_Rx", "P0_Rz", "P0_Rz_2"}
    assert (program.by_name["P0_Wz"].control, program.by_name["P0_Wy"].control) == ({"P0_Rx"}, frozenset())
