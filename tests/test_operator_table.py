"""The table of operators: every operator has what it needs everywhere, and one that lacks something is noticed by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.differential import mutants as ground_mutants
from tests.docs import language
from tests.fuzz.coverage import wanted
from tests.operator_entries import missing
from tests.quantified import mutants as quantified_mutants
from verifier.kernel.definedness import NEEDS
from verifier.kernel.operators import OPERATORS, Operator, UnknownOperator
from verifier.kernel.sorts import INT
from verifier.kernel.term_text import text
from verifier.kernel.terms import Term, integer, may_be_undefined, variable
from verifier.semantics.concrete.evaluate import Evaluator
from verifier.semantics.concrete.operations import OPERATIONS
from verifier.semantics.ground.ground import HANDLERS
from verifier.semantics.ground.lowering import Lowering
from verifier.semantics.quantified import lowering, meanings
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.quantified.ordering import Classes
from verifier.semantics.scope import finite
from verifier.semantics.scope.expressible import unsupported
from verifier.semantics.scope.widening import Widening

TWICE = Operator("twice(x)", "twice an even number", 1, undefined="{0} is odd", numbers=True, parametric=True, call="Twice")
ENTRIES: dict[str, Any] = {
    "the concrete semantics": OPERATIONS,
    "the ground semantics": HANDLERS,
    "a wrong lowering of the ground semantics": ground_mutants.VALUES,
    "the quantified semantics": meanings.MEANINGS,
    "a wrong lowering of the quantified semantics": quantified_mutants.VALUES,
    "what definedness needs": NEEDS,
    "what parameters compute": finite.COMPUTED,
}


@pytest.fixture
def twice(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Term]:
    """Adds the operator `twice` everywhere but in one place, and gives a term of it."""

    def add(but: str = "", **changes: Any) -> Term:
        monkeypatch.setitem(OPERATORS, "twice", replace(TWICE, **changes))
        for place, entries in ENTRIES.items():
            if place != but:
                monkeypatch.setitem(entries, "twice", lambda *given: None)
        return Term("twice", (variable("n", INT),), INT)

    return add


def test_every_operator_has_what_it_needs() -> None:
    assert missing() == []


def test_an_operator_with_all_entries_is_complete(twice: Callable[..., Term]) -> None:
    assert may_be_undefined(twice())
    assert missing() == []


@pytest.mark.parametrize("place", ENTRIES)
def test_an_entry_that_is_missing_is_named(place: str, twice: Callable[..., Term]) -> None:
    twice(but=place)
    assert missing() == [f"twice: {place}"]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("the printed language", {"call": ""}),
        ("the classes of integers", {"numbers": False}),
        ("the rules for longer ranges", {"binder": OPERATORS["forall"].binder}),
        ("the symbols of solvers", {"witnessed": True}),
    ],
)
def test_what_the_table_does_not_say_is_named(place: str, change: dict[str, Any], twice: Callable[..., Term]) -> None:
    twice(**change)
    assert missing() == [f"twice: {place}"]


def test_a_reason_stands_for_a_meaning_at_unbounded_scope(twice: Callable[..., Term]) -> None:
    twice(but="the quantified semantics", refused="twice is not supported at unbounded scope")
    assert missing() == []
    assert unsupported(Term("twice", (variable("n", INT),), INT)) == "twice is not supported at unbounded scope"


def test_the_fuzzer_and_the_matrix_of_constructs_have_it(twice: Callable[..., Term]) -> None:
    before = language.page()
    assert "twice" not in wanted()
    twice()
    assert "twice" in wanted()
    assert "`twice(x)`" in language.page()
    assert "`twice(x)`" not in before


# -- every dispatch says which operator it does not know -----------------------------------------------------------------


def _evaluated(term: Term) -> None:
    Evaluator(None).compile(term)  # type: ignore[arg-type]


def _grounded(term: Term) -> None:
    blank = object.__new__(Lowering)
    blank._handlers, blank._free, blank._reads, blank._memo = HANDLERS, {}, {}, {}
    blank.lower(term, dict.fromkeys(term.args, True))


def _lowered(term: Term) -> None:
    blank = object.__new__(lowering.Lowering)
    blank.values = None  # type: ignore[assignment]
    blank._operation(term, [])


def _needed(term: Term) -> None:
    object.__new__(Definedness)._own(term)


def _related(term: Term) -> None:
    blank = object.__new__(Classes)
    blank._parent, blank._ranges = {}, {}
    blank._visit(term)


@pytest.mark.parametrize(
    ("place", "change", "use"),
    [
        ("the concrete semantics", {}, _evaluated),
        ("the ground semantics", {}, _grounded),
        ("the quantified semantics", {}, _lowered),
        ("what definedness needs", {}, _needed),
        ("the printed language", {"call": ""}, text),
        ("the classes of integers", {"numbers": False}, _related),
        (
            "the rules for longer ranges",
            {"binder": OPERATORS["forall"].binder},
            lambda term: Widening(frozenset()).wrong(replace(term, data=()), "neither"),
        ),
    ],
)
def test_a_dispatch_names_the_operator_that_it_does_not_know(
    place: str, change: dict[str, Any], use: Callable[[Term], Any], twice: Callable[..., Term]
) -> None:
    term = twice(but=place, **change)
    with pytest.raises(UnknownOperator, match=f"'twice' has no entry in {place}"):
        use(term)


def test_an_operator_that_is_not_in_the_table_makes_no_term() -> None:
    with pytest.raises(UnknownOperator, match="'twice' has no entry in the table of operators"):
        Term("twice", (integer(2),), INT)


def test_a_term_has_as_many_arguments_as_its_operator_takes() -> None:
    with pytest.raises(ValueError, match="sub takes 2 arguments, not 1"):
        Term("sub", (integer(2),), INT)
    with pytest.raises(ValueError, match="and takes 2 arguments, not 1"):
        Term("and", (integer(2),), INT)
