"""What properties can be called, and how their names may be written where they are read."""

from __future__ import annotations

import pytest

from verifier.catalog import builtins, load
from verifier.kernel import Bool, Protocol, var
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.spelling import is_called, is_short_name


def named(short: str) -> Protocol:
    p = Protocol("named", "one property")

    @p.state
    class State:
        x: Bool = var(False)

    @p.action
    def Flip(s: State) -> None:
        s.x = ~s.x

    @p.invariant(short=short)
    def Holds(s: State) -> Bool:
        return s.x | ~s.x

    return p


@pytest.mark.parametrize("short", ["Composed-3-step", "P", "a.b_c", "MVCC-4@n1"])
def test_a_short_name_has_letters_digits_and_a_few_marks(short: str) -> None:
    assert named(short).model().find_property(short.upper()).short == short


@pytest.mark.parametrize(
    "short",
    ["", "Composed-3 (step)", "a b", "1a", "-a", "a/b", "../a", "a\nb", "a\x1b[2J", "a::b", "\N{GREEK SMALL LETTER BETA}", "a|b"],
)
def test_another_short_name_is_refused(short: str) -> None:
    with pytest.raises(ModelError, match=r"a property cannot be called .*as in Lock-3-step"):
        named(short)


def test_the_published_type_invariant_has_a_name_too() -> None:
    p = Protocol("named", "one property")

    @p.state
    class State:
        x: Bool = var(False)

    with pytest.raises(ModelError, match="a property cannot be called"):
        p.type_ok("Type\x1b[2JOK", variables=["x"])


@pytest.mark.parametrize(
    "given", ["Composed-3-step", "composed-3-STEP", "Composed-3 (step)", "Composed-3 step", " Composed-3  step "]
)
def test_published_spellings_are_read(given: str) -> None:
    found = load("composed").model().find_property(given)
    assert found.name == "Composed3_TsAction"


@pytest.mark.parametrize("given", ["Composed-3step", "Composed-3_step", "Composed3 step", "Composed-3"])
def test_another_spelling_is_another_name(given: str) -> None:
    assert not is_called(given, "Composed-3-step")


def test_two_names_that_are_written_alike_are_one() -> None:
    p = named("Composed-3-step")
    with pytest.raises(ModelError, match="defined twice"):

        @p.invariant(short="composed-3-STEP")
        def Other(s: object) -> bool:
            return True

    with pytest.raises(UsageError, match="has no property"):
        p.model().find_property("Composed-3-steps")


@pytest.mark.parametrize("name", builtins.names())
def test_built_in_properties_have_such_names(name: str) -> None:
    assert all(found.short is None or is_short_name(found.short) for found in load(name).properties.values())


def test_members_of_a_scalarset_have_a_printable_prefix() -> None:
    from verifier.kernel import Scalarset

    with pytest.raises(ModelError, match="members of a scalarset cannot be called"):

        class Node(Scalarset, parameter="Nodes", size=2, prefix="n\x1b"):
            pass
