"""`verify litmus`: herd's format, C dialect, is read as it is meant, refused by its line elsewhere, and decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.command import verify
from tests.lib.enumerator import outcome_allowed, runs
from tests.models.litmus import MODELS, PUBLISHED
from verifier import api
from verifier.kernel.errors import UsageError
from verifier.litmus.herd import parse
from verifier.report.litmus import litmus_text
from verifier.report.text import render

ORDERS = {"rlx": "relaxed", "acq": "acquire", "rel": "release", "ar": "acq_rel", "sc": "seq_cst"}
MP = """C MP+rel+acq
"message passing"
{{ x=0; y=0; }}

P0 (atomic_int* x, atomic_int* y) {{
  atomic_store_explicit(x, 1, memory_order_relaxed);  // data
  atomic_store_explicit(y, 1, memory_order_{0});
}}

P1 (atomic_int* x, atomic_int* y) {{
  int r0 = atomic_load_explicit(y, memory_order_acquire);
  int r1 = atomic_load_explicit(x, memory_order_relaxed);
}}

{1} (1:r0=1 /\\ 1:r1=0)
"""


def decided(folder: Path, text: str, *models: str) -> Any:
    path = folder / "test.litmus"
    path.write_text(text)
    [test] = api.litmus(path, models=models, in_process=True).tests
    return test


def two(first: str, second: str, condition: str, initial: str = "x=0; y=0;") -> str:
    return f"""C two
{{ {initial} }}
P0 (atomic_int* x, atomic_int* y) {{ {first} }}
P1 (atomic_int* x, atomic_int* y) {{ {second} }}
{condition}
"""


def outcomes(text: str, model: str = "RC11") -> tuple[int, bool]:
    """How many executions a model allows, by brute force, and whether one has the outcome."""
    test = parse("t", text)
    return outcome_allowed(model, test.program, test.outcome)


# -- verdicts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "quantifier", "code", "rc11"),
    [
        ("release", "~exists", 0, "forbidden"),
        pytest.param("release", "exists", 1, "forbidden", marks=pytest.mark.nightly),
        pytest.param("relaxed", "exists", 0, "allowed", marks=pytest.mark.nightly),
        ("relaxed", "~exists", 1, "allowed"),
    ],
)
def test_the_exit_code_is_as_the_file_expects_of_c(order: str, quantifier: str, code: int, rc11: str, tmp_path: Path) -> None:
    path = tmp_path / "mp.litmus"
    path.write_text(MP.format(order, quantifier))
    ran = verify("litmus", str(path), "--no-color")
    assert ran.returncode == code, ran.stderr
    assert f"RC11   {rc11}" in ran.stdout


def test_a_document_has_verdicts_axioms_and_the_execution(tmp_path: Path) -> None:
    test = decided(tmp_path, MP.format("relaxed", "exists"))
    assert [(m.model, m.outcome, m.expected) for m in test.models] == [
        ("SC", "forbidden", None),
        ("TSO", "forbidden", None),
        ("RC11", "allowed", "allowed"),
        ("ARMv8", "allowed", None),
    ]
    assert (test["tso"].axioms, test["rc11"].axioms, test["rc11"].met, test["rc11"].holds) == (("ghb",), (), True, True)
    execution = test["rc11"].execution
    assert {(e.source, e.relation, e.target) for e in execution.edges if e.relation == "rf"} == {
        ("P0_Wy", "rf", "P1_Ry"),
        ("init_x", "rf", "P1_Rx"),
    }
    way = [("P0_Wx", "po", True), ("P0_Wy", "rf", False), ("P1_Ry", "po", True), ("P1_Rx", "fr", False)]
    assert [(s.source, s.relation, s.kept) for s in execution.cycle] == way
    lost = [(s.source, s.target) for s in test["armv8"].execution.cycle if not s.kept]
    # The load is an acquire, so that what is missing is on the side of the stores.
    assert lost == [("P0_Wx", "P0_Wy")]
    assert [(e.name, e.text) for e in execution.events if e.thread == 1] == [("P1_Ry", "R y=1 acq"), ("P1_Rx", "R x=0")]


def test_what_forbids_is_shown_with_the_synchronisation(tmp_path: Path) -> None:
    test = decided(tmp_path, MP.format("release", "~exists"), "rc11", "ARMv8")
    steps = [(s.source, s.relation, s.target) for s in test["rc11"].execution.cycle]
    assert steps == [
        ("P0_Wx", "po", "P0_Wy"),
        ("P0_Wy", "sw", "P1_Ry"),
        ("P1_Ry", "po", "P1_Rx"),
        ("P1_Rx", "fr", "P0_Wx"),
    ]
    assert [m.model for m in test.models] == ["RC11", "ARMv8"]
    assert all(m.expected == "forbidden" and m.met for m in test.models)


def test_the_picture_is_text(tmp_path: Path) -> None:
    path = tmp_path / "mp.litmus"
    path.write_text(MP.format("relaxed", "exists"))
    text = render(litmus_text(api.litmus(path, in_process=True)))
    assert "ARMv8 allows it: P0_Wx -po-> P0_Wy -rf-> P1_Ry -po-> P1_Rx -fr-> P0_Wx" in text
    assert "P0_Wx -po-> P0_Wy is not kept in order" in text
    assert "P0_Wy -rf-> P1_Ry does not synchronise" in text
    assert text.count("initially") == 1


def test_a_header_says_what_is_expected_of_each_model(tmp_path: Path) -> None:
    text = MP.format("relaxed", "exists").replace('"message passing"', "Allowed=RC11 ARMv8\nForbidden=SC, TSO")
    assert {m.model: (m.expected, m.met) for m in decided(tmp_path, text).models} == {
        "SC": ("forbidden", True),
        "TSO": ("forbidden", True),
        "RC11": ("allowed", True),
        "ARMv8": ("allowed", True),
    }
    wrong = decided(tmp_path, text.replace("Forbidden=SC, TSO", "Forbidden=SC\nAllowed=TSO"))
    assert wrong["tso"].met is False
    assert wrong["sc"].met is True


def written(row: Any) -> str:
    """A row of the table as a file."""
    places = sorted({e.location for e in row.program.events if e.location})
    parameters = ", ".join(f"atomic_int* {place}" for place in places)
    threads = []
    for number, thread in enumerate(row.program.threads):
        lines = []
        for i in thread:
            order = f"memory_order_{ORDERS[i.order]}"
            match i.access:
                case "read":
                    lines.append(f"int {i.register} = atomic_load_explicit({i.location}, {order});")
                case "write":
                    lines.append(f"atomic_store_explicit({i.location}, {i.value.data}, {order});")
                case "fence":
                    lines.append(f"atomic_thread_fence({order});")
                case "rmw":
                    lines.append(f"int {i.register} = atomic_exchange_explicit({i.location}, {i.value.data}, {order});")
        threads.append(f"P{number} ({parameters}) {{\n  " + "\n  ".join(lines) + "\n}\n")
    return f"C {row.name}\n{{ }}\n{''.join(threads)}exists ({_condition(row.outcome)})\n"


def _condition(outcome: Any) -> str:
    if outcome.head == "&&":
        return " /\\ ".join(_condition(part) for part in outcome.parts if part.head != "constant")
    left, right = outcome.parts
    return f"{left.data if left.head == 'register' else f'[{left.data}]'}={right.data}"


@pytest.mark.parametrize("row", [row for row in PUBLISHED if row.name != "LB+datas"], ids=lambda row: row.name)
def test_a_file_says_the_same_as_the_notation(row: Any) -> None:
    text = written(row)
    test = parse("t", text)
    assert test.name == row.name
    assert [(e.kind, e.location, e.order) for e in test.program.events] == [
        (e.kind, e.location, e.order) for e in row.program.events
    ]
    for model in MODELS:
        assert outcome_allowed(model, test.program, test.outcome) == outcome_allowed(model, row.program, row.outcome)


def test_forall_asks_for_the_negation(tmp_path: Path) -> None:
    text = two("atomic_store(x, 1);", "int r = atomic_load(x);", "forall (1:r=0 \\/ 1:r=1)")
    entry = decided(tmp_path, text)["rc11"]
    assert (entry.outcome, entry.holds, entry.met) == ("forbidden", True, True)
    narrow = decided(tmp_path, text.replace("\\/ 1:r=1", "\\/ [x]=0"))["rc11"]
    assert (narrow.outcome, narrow.holds, narrow.met) == ("allowed", False, False)


PLAIN = """C plain
{{ }}
P0 (int* x, atomic_int* y) {{
  *x = 1;
  atomic_store_explicit(y, 1, memory_order_release);
}}
P1 (int* x, atomic_int* y) {{
  int r1 = 7;
  int r0 = atomic_load_explicit(y, memory_order_acquire);
  {guard}
}}
~exists (1:r0=1 /\\ 1:r1=0)
"""


@pytest.mark.parametrize(
    ("guard", "race", "met"), [("if (r0 == 1) { r1 = *x; }", (), True), ("r1 = *x;", ("P0_Wx", "P1_Rx"), False)]
)
def test_beside_a_race_nothing_is_forbidden(guard: str, race: tuple[str, ...], met: bool, tmp_path: Path) -> None:
    entry = decided(tmp_path, PLAIN.format(guard=guard), "rc11")["rc11"]
    assert (entry.outcome, entry.race, entry.holds, entry.met) == ("forbidden", race, met, met)


def test_where_races_are_not_known_nothing_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.jobs import litmus

    real = litmus._prove

    def unsure(question: Any, variant: str, name: str) -> Any:
        found = real(question, variant, name)
        return {**found, "verdict": "unknown", "trace": None, "reason": "it gave up"} if name == "NoRace" else found

    monkeypatch.setattr(litmus, "_prove", unsure)
    entry = decided(tmp_path, PLAIN.format(guard="if (r0 == 1) { r1 = *x; }"), "rc11")["rc11"]
    assert (entry.outcome, entry.holds, entry.met) == (None, None, None)
    assert entry.reason == "whether accesses race is not known: it gave up"


# -- reading ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "condition", "expected"),
    [
        # What a branch does not execute is not there; registers are what was assigned last.
        ("atomic_store(x, 1);", "int r = atomic_load(x); if (r) r = r + 4; else r = 9;", "exists (1:r=5)", True),
        ("atomic_store(x, 1);", "int r = atomic_load(x); if (r) r = r + 4; else r = 9;", "exists (1:r=1)", False),
        ("atomic_store(x, 2);", "int r = atomic_load(x); if (r == 2 && !(r != 2)) { if (1) { r = 3; } }", "exists (1:r=3)", True),
        # Precedence is that of C.
        ("int r = 1 + 2 * 3 - 4;", "", "exists (0:r=3)", True),
        ("int r = 1 | 2 ^ 3 & 1;", "", "exists (0:r=3)", True),
        ("int r = 1 + 1 == 2 && 3 > 2;", "", "exists (0:r=1)", True),
        ("int r = -1 - -2, q = r;", "", "exists (0:q=1)", True),
        ("int r = 0x10 + 010;", "", "exists (0:r=24)", True),
        # In a condition, /\\ binds more than \\/, and ~ most.
        ("int r = 1;", "", "exists (0:r=1 \\/ 0:r=2 /\\ 0:r=3)", True),
        ("int r = 1;", "", "exists (~(0:r=1) \\/ not 0:r=1)", False),
        ("int r = 1;", "", "exists (~0:r=2 /\\ P0:r=1 /\\ true)", True),
        # Read-modify-writes give what was there before.
        ("int r = atomic_fetch_add(x, 2);", "int q = atomic_exchange(x, 5);", "exists (0:r=5 /\\ x=7)", True),
        ("int r = atomic_fetch_add(x, 2);", "int q = atomic_exchange(x, 5);", "exists (0:r=0 /\\ 1:q=0)", False),
        ("atomic_fetch_sub(x, 1);", "atomic_fetch_or(y, 6); atomic_fetch_and(y, 3);", "exists (x=-1 /\\ y=2)", True),
        ("atomic_fetch_xor(x, 6);", "atomic_fetch_xor(x, 3);", "exists (x=5)", True),
        ("int r = atomic_load(x) + atomic_load(x);", "atomic_store(x, 1);", "exists (0:r=1)", True),
        ("*x = *y + 1;", "", "exists ([x]=1)", True),
        ("(*x) = 1; int r = (*x);", "", "exists (0:r=1)", True),
        ("/* a */ int r = 1; (* herd's own *) // last", "", "locations [x; 0:r;] exists (0:r=1)", True),
    ],
)
def test_c_is_read_as_it_is_meant(first: str, second: str, condition: str, expected: bool) -> None:
    text = two(f"{first}\n", second, condition)
    assert outcomes(text, "SC")[1] is expected


def test_initial_values_and_declarations() -> None:
    initial = "int x=3; [y]=0x2; atomic_int z = -1; w;"
    text = two("int r = atomic_load(x);", "int q = atomic_load(y);", "exists (0:r=3 /\\ 1:q=2 /\\ [z]=-1 /\\ w=0)", initial)
    assert outcomes(text) == (1, True)


def test_lines_end_as_they_do_elsewhere() -> None:
    assert outcomes(MP.format("relaxed", "exists").replace("\n", "\r\n")) == (4, True)


def test_dependencies_are_seen(tmp_path: Path) -> None:
    """Load buffering: a value, or a branch, keeps the store after the load on ARMv8."""
    plain = two(
        "int a = atomic_load_explicit(x, memory_order_relaxed); atomic_store_explicit(y, {0}, memory_order_relaxed);",
        "int b = atomic_load_explicit(y, memory_order_relaxed); {1}",
        "exists (0:a=1 /\\ 1:b=1)",
    )
    store = "atomic_store_explicit(x, 1, memory_order_relaxed);"
    found = [
        decided(tmp_path, plain.replace("{0}", value).replace("{1}", second), "armv8")["armv8"].outcome
        for value, second in [("1", store), ("1 + (a ^ a)", store), ("1 + (a ^ a)", f"if (b) {{ {store} }}")]
    ]
    assert found == ["allowed", "allowed", "forbidden"]


REFUSED = [
    ("AArch64 MP\n{ }\n", 1, "the dialect is AArch64; only C is read"),
    ("\n\nX86_64 SB\n", 3, "the dialect is X86_64"),
    ("LISA t\n", 1, "the dialect is LISA"),
    ("riscv t\n", 1, "the dialect is RISCV"),
    ("", 1, "this is not a dialect of herd"),
    ("\x00\x01", 1, "this is not a dialect of herd"),
    ("C\n{}\n", 1, "the first line has the dialect and the name"),
    ("C t\n", 1, "there are no initial values"),
    ("C t\nAllowed=SC\nForbidden=SC\n{}\n", 3, "SC is said to allow the outcome and to forbid it"),
    ("C t\n{ 0:r0=1; }\n", 2, "initial values of registers are not read"),
    ("C t\n{ x=&y; }\n", 2, "pointers are not read"),
    ("C t\n{ int* x; }\n", 2, "pointers are not read"),
    ("C t\n{ int x[2]; }\n", 2, "arrays are not read"),
    ("C t\n{ }\nexists (x=1)\n", 3, "exists where the thread P0 should be"),
    ("C t\n{ }\nP1 () { }\n", 3, "P1 where P0 should be"),
    ("C t\n{ }\nP0 (int x) { }\n", 3, "a parameter is a pointer to a location"),
    ("C t\n{ }\nP0 () { }\nfilter (true)\nexists (true)", 4, "filter is not read"),
    ("C t\n{ }\nP0 () { }\nsome (true)", 4, "some where exists, ~exists or forall should be"),
    ("C t\n{ }\nP0 () { int r; }\nexists (0:r=1) x", 4, "x after the condition"),
    ("C t\n{ }\nP0 () { int r; }\nexists (0:q=1)", 4, "P0 has no register q"),
    ("C t\n{ }\nP0 () { int r; }\nexists (1:r=1)", 4, "there is no thread P1"),
    ("C t\n{ }\nP0 () { int r; }\nexists (z=1)", 4, "z is not a location of the test"),
    ("C t\n{ }\nP0 () { int r; }\nexists (0:r)", 4, "0:r is not compared"),
    ("C t\n{ }\nP0 () { int r; }\nexists (0:r=1", 4, "the end of the file where ) should be"),
    ("C t\n{ }\nP0 () { int r; }\nexists (0:r=99999999999999)", 4, "too large"),
    ("C t\n{ }\nP0 () { int r = 09; }\nexists (true)", 3, "too large, or not one"),
    ("C t\n{ }\nP0 () { int r; }\nexists " + "(" * 2000, 4, "levels of nesting"),
    ("C t\n{ }\nP0 () { int r = " + "(" * 2000, 3, "levels of nesting"),
    ("C t\n{ }\nP0 () { " + "{" * 2000, 3, "levels of nesting"),
    ("C t\n{ }\nP0 () { @ }", 3, "'@' cannot stand here"),
]
STATEMENTS = [
    ("while (1) { }", "while is not read"),
    ("for (;;) { }", "for is not read"),
    ("return;", "return is not read"),
    ("int r = READ_ONCE(*x);", "READ_ONCE is of the Linux kernel's dialect"),
    ("smp_mb();", "smp_mb is of the Linux kernel's dialect"),
    ("atomic_flag_clear(x);", "atomic_flag_clear is not read"),
    ("int r = atomic_load_explicit(x, memory_order_consume);", "memory_order_consume is not in RC11"),
    ("int r = atomic_load_explicit(x, memory_order_release);", "memory_order_release cannot be the order of a read"),
    ("atomic_store_explicit(x, 1, memory_order_acquire);", "memory_order_acquire cannot be the order of a write"),
    ("atomic_thread_fence(memory_order_relaxed);", "memory_order_relaxed cannot be the order of a fence"),
    ("atomic_store_explicit(x, 1, relaxed);", "relaxed is not a memory order"),
    ("atomic_store_explicit(z, 1, memory_order_relaxed);", "z is not a location that the thread is given"),
    ("int r = atomic_store(x, 1);", "atomic_store has no value"),
    ("int r = x;", "x is a pointer to a location"),
    ("x = 1;", "x is a pointer to a location"),
    ("int x = 1;", "x is a location of the test and a variable of the thread"),
    ("int r = q;", "q has no value"),
    ("int r = 1 ? 2 : 3;", "? is not read"),
    ("int r = 6 / 2;", "/ is not read"),
    ("int r = 1; r++;", "r cannot begin a statement"),
    ("int* r;", "pointers are not read"),
    ("int r = (int) 1;", "casts are not read"),
    ("int r = 0 && atomic_load(x);", "an access to the right of && is not read"),
    ("int r = 1", "} where ; should be"),
    ("1;", "1 cannot begin a statement"),
]


@pytest.mark.parametrize(("text", "line", "message"), REFUSED)
def test_what_is_not_read_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse("t.litmus", text)
    assert caught.value.message.startswith(f"t.litmus:{line}: ")
    assert message in caught.value.message


@pytest.mark.parametrize(("statement", "message"), STATEMENTS)
def test_a_construct_that_is_not_read_is_named(statement: str, message: str) -> None:
    text = f"C t\n{{ x=0; }}\nP0 (atomic_int* x) {{\n  int before = 1;\n  {statement}\n}}\nexists (true)\n"
    with pytest.raises(UsageError) as caught:
        parse("t.litmus", text)
    assert message in caught.value.message
    assert caught.value.message.startswith("t.litmus:5: ") or message == "} where ; should be"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{folder}/none.litmus"], "none.litmus cannot be read"),
        (["{folder}"], "is a folder"),
        (["{folder}/mp.litmus", "--model", "power"], "there is no memory model power"),
        (["{folder}/arm.litmus"], "arm.litmus:1: the dialect is AArch64"),
        ([], "missing argument"),
    ],
)
def test_bad_usage_ends_with_2(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "mp.litmus").write_text(MP.format("relaxed", "exists"))
    (tmp_path / "arm.litmus").write_text("AArch64 MP\n{ }\n")
    ran = verify("litmus", *[argument.replace("{folder}", str(tmp_path)) for argument in arguments])
    assert ran.returncode == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_names_that_only_look_alike_are_told_apart(tmp_path: Path) -> None:
    """Names of locations are the user's: of any case, a word of Python, and like those of events."""
    text = """C +++
{ x=0; X=0; class=0; nothing=0; }
P0 (int* x, int* X, int* class, int* nothing) { *x = 1; *X = 2; *x = 3; *class = 4; *nothing = 5; }
P1 (atomic_int* x_2, int* class) { int sort = *class; atomic_store(x_2, 1); atomic_store(x_2, 2); }
exists (x=3 /\\ X=2 /\\ class=4 /\\ nothing=5 /\\ 1:sort=4)
"""
    entry = decided(tmp_path, text, "sc")["sc"]
    assert entry.outcome == "allowed"
    assert len({event.name for event in entry.execution.events}) == len(entry.execution.events)


def test_runs_of_a_file_are_those_of_the_notation() -> None:
    assert len(list(runs(parse("t", MP.format("release", "exists")).program))) == 4
