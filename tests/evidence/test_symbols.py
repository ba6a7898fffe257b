"""Names of a model are never words of a solver: any word may name anything, in certificates that both solvers accept."""

from __future__ import annotations

import keyword
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier import check, prove
from verifier.evidence.grammar import Printed, Script
from verifier.evidence.solvers import SOLVERS, Asker
from verifier.semantics.answers import Answer
from verifier.semantics.quantified.smt import Smt
from verifier.semantics.symbols import Origin, Part, Step, escaped, numbered, symbol

WORDS = Path(__file__).with_name("reserved_words.txt").read_text(encoding="ascii").split()
"""What SMT-LIB, z3 5 and cvc5 1.4 reserve or predefine: words of the language, commands, sorts, constants, functions."""

NAMES = [word for word in WORDS if word.isidentifier() and not keyword.iskeyword(word) and not word.startswith("_")]


# -- symbols -------------------------------------------------------------------------------------------------------------

parts = st.one_of(st.text(max_size=4), st.integers(-3, 30), st.sampled_from(Step))


@given(st.lists(parts, max_size=3), st.lists(parts, max_size=3))
def test_different_parts_are_different_symbols(left: list[Part], right: list[Part]) -> None:
    assert (symbol("state", *left) == symbol("state", *right)) == (left == right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("a.b",), ("a", "b")),
        (("a", 1), ("a", "1")),
        (("?some",), (Step.IS_SOME,)),
        (("",), ()),
        (("é",), ("%e9%",)),
        (("a%",), ("a%25%",)),
    ],
)
def test_a_name_cannot_imitate_a_structure(left: tuple[Part, ...], right: tuple[Part, ...]) -> None:
    assert symbol("state", *left) != symbol("state", *right)


def test_readable_names_stay_as_they_are() -> None:
    assert symbol("argument", "Commit", "n") == "argument.Commit.n"
    assert escaped("catalog_version2") == "catalog_version2"


def test_a_numbered_name_is_printable_and_its_number_makes_it_different() -> None:
    assert numbered(3, "at[n1].é|'\n") == "3:at[n1].____"
    assert len({numbered(number, "true") for number in range(12)}) == 12


def test_a_symbol_is_declared_once() -> None:
    smt = Smt()
    smt.constant("state.x", smt.bool_sort)
    with pytest.raises(ValueError, match=r"state\.x is declared twice"):
        smt.function("state.x", [smt.bool_sort], smt.int_sort)
    with pytest.raises(ValueError, match=r"state\.x is declared twice"):
        smt.constant("state.x", smt.bool_sort)
    with pytest.raises(ValueError, match=r"state\.x is declared twice"):
        smt.sort("state.x")


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_word_is_a_symbol_for_either_solver(solver: str) -> None:
    lines = []
    for number, word in enumerate(WORDS):
        sort, bound = symbol("sort", word), symbol("bound", word, number)
        lines.append(f"(declare-sort {sort} 0)")
        for origin in get_args(Origin):
            lines.append(f"(declare-fun {symbol(origin, word)} () {sort})")
        lines.append(f"(declare-fun |{numbered(number, word)}| () Bool)")
        lines.append(
            f"(assert (=> |{numbered(number, word)}| (forall (({bound} {sort})) (= {symbol('state', word)} {bound}))))"
        )
    assert Asker().ask(solver, Script((), (Printed("\n".join([*lines, "(assert false)"])),))).answer is Answer.UNSAT


# -- certificates --------------------------------------------------------------------------------------------------------


def protocol(names: list[str], each: int) -> str:
    """A protocol in which names stand for variables, sorts, labels, fields, actions, arguments and parameters."""
    roles = [names[start : start + each] for start in range(0, 7 * each, each)]
    variables, sorts, labels, fields, actions, arguments, parameters = roles
    lines = [
        "from __future__ import annotations",
        "import verifier.kernel as _k",
        "_p = _k.Protocol('reserved', 'words')",
    ]
    lines += [f"_least{number} = _p.parameter({name!r}, 1)" for number, name in enumerate(parameters)]
    lines += [f"class {name}(_k.Scalarset, parameter='_size_{name}', size=1): pass" for name in sorts]
    lines += ["class _Label(_k.Enumeration):", f"    {', '.join(labels)}, = _k.labels({len(labels)})"]
    lines += ["class _Record(_k.Record):", *(f"    {field}: {sort}" for field, sort in zip(fields, sorts, strict=True))]
    lines += ["@_p.state", "class _State:", "    record_: _Record = _k.var(_k.anything)"]
    for name, sort in zip(variables, sorts, strict=True):
        lines.append(f"    {name}: _k.Fn[{sort}, _Label] = _k.var(_Label.{labels[0]})")
    holds = []
    for number, action in enumerate(actions):
        sort, argument, variable = sorts[number], arguments[number], variables[number]
        lines += [
            "@_p.action",
            f"def {action}(_s: _State, {argument}: {sort}) -> None:",
            f"    _k.guard('own', {argument} == _s.record_.{fields[number]})",
            f"    _k.guard('room', _least{number} <= 1)",
            f"    _s.{variable}[{argument}] = _Label.{labels[number]}",
        ]
        one_of = f"(_s.{variable}[_x] == _Label.{labels[0]}) | (_s.{variable}[_x] == _Label.{labels[number]})"
        holds.append(f"_k.forall({sort}, lambda _x: {one_of})")
    lines += ["@_p.invariant()", "def _Holds(_s: _State) -> _k.Bool:", f"    return {' & '.join(holds)}"]
    return "\n".join(lines) + "\n"


def refusals(folder: Path, names: list[str], each: int, scope: str) -> list[str]:
    """What is wrong with the certificates of such a protocol."""
    path = folder / "reserved.py"
    path.write_text(protocol(names, each), encoding="utf-8")
    result = prove(str(path), scope=scope, certificates=folder, in_process=True)
    assert result.proved, result
    found = check(list(folder.glob("*.cert.json")), solver="both", in_process=True)
    assert len(found.certificates) == 2
    return [f"{entry.name}: {entry.reason}" for certificate in found.certificates for entry in certificate.failures]


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_a_few_words_are_names(tmp_path: Path, scope: str) -> None:
    names = [
        "true",
        "div",
        "match",
        "exists",
        "to_int",
        "Table",
        "Real",
        "select",
        "bvadd",
        "ite",
        "Int",
        "let",
        "distinct",
        "store",
    ]
    assert refusals(tmp_path, names, 2, scope) == []


TURNS = [(turn, part) for part in range(4) for turn in range(7)]


@pytest.mark.full
@pytest.mark.parametrize("scope", ["published", "unbounded"])
@pytest.mark.parametrize(
    ("turn", "part"), [TURNS[0], *(pytest.param(*turn, marks=pytest.mark.nightly) for turn in TURNS[1:])]
)
def test_every_word_names_anything(tmp_path: Path, scope: str, turn: int, part: int) -> None:
    # The sorts of the language keep their names to themselves.
    words = [word for word in NAMES if word not in ("Bool", "Int")][part::4]
    each = len(words) // 7 + 1
    around = [*words, *(f"more{number}" for number in range(7 * each - len(words)))]
    assert refusals(tmp_path, [*around[turn * each :], *around[: turn * each]], each, scope) == []
