"""Laws of lattices: what is proved and refuted of the built-in ones is what going through all values says, at both scopes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from verifier import api
from verifier.catalog import load
from verifier.kernel import Bool, Fn, Protocol, Range, Record, Scalarset, Set, violated
from verifier.kernel.errors import ModelError
from verifier.lib.lattices import fieldwise, lattice, pointwise, union

FALSE = {
    "LWWCommutative",
    "LWWByTimeCommutative",
    "LWWByTimeUniqueCommutative",
    "UpDownGrows",
    "SetForgettingCommutative",
    "RemovedStaysRemovedForgetting",
    "AddWinsByElement",
}


@pytest.mark.parametrize("scope", ["published", pytest.param("unbounded", marks=pytest.mark.nightly)])
def test_the_laws_of_crdts(scope: Any) -> None:
    result = api.prove("crdts", scope=scope, in_process=True)
    assert {found.name for found in result.properties if found.verdict == "violated"} == FALSE
    assert {found.verdict for found in result.properties if found.name not in FALSE} == {"proved"}
    assert {p.name for p in load("crdts").model().laws if p.expectation("safe").verdict == "violated"} == FALSE


Merge = Callable[[Any, Any], Any]

REGISTERS = list(itertools.product((0, 1, 2), itertools.product((0, 1, 2), (1, 2)), (False, True)))


def by_stamp(x: Any, y: Any) -> Any:
    return y if x[1] < y[1] else x


def by_time(x: Any, y: Any) -> Any:
    return y if x[1][0] < y[1][0] else x


def unique(*values: Any) -> bool:
    return all(x == y or x[1] != y[1] for x, y in itertools.combinations(values, 2))


def laws(merge: Merge, values: Iterable[Any], given: Callable[..., bool]) -> list[bool]:
    """Whether a merge is idempotent, commutative, associative."""
    values = list(values)
    return [
        all(merge(x, x) == x for x in values),
        all(merge(x, y) == merge(y, x) for x, y in itertools.product(values, repeat=2) if given(x, y)),
        all(
            merge(x, merge(y, z)) == merge(merge(x, y), z)
            for x, y, z in itertools.product(values, repeat=3)
            if given(x, y, z)
        ),
    ]


@pytest.mark.parametrize(("merge", "name"), [(by_stamp, "LWW"), (by_time, "LWWByTime")])
@pytest.mark.parametrize("assumed", [False, True])
def test_registers_by_going_through_all_of_them(merge: Merge, name: str, assumed: bool) -> None:
    given = unique if assumed else lambda *values: True
    called = [f"{name}{'Unique' * assumed}{law}" for law in ("Idempotent", "Commutative", "Associative")]
    assert laws(merge, REGISTERS, given) == [one not in FALSE for one in called]


def votes() -> tuple[Protocol, Any]:
    p = Protocol("votes", "what a lattice is made of")

    class Voter(Scalarset, parameter="Voters", size=2, prefix="v"):
        """A voter."""

    class Number(Range, low=0, high=2):
        """A number."""

    class Tally(Record):
        """Who has voted, and how often."""

        who: Set[Voter]
        often: Fn[Voter, Number]

    return p, Tally


def verdicts(p: Protocol) -> dict[str, str]:
    return {found.name: found.verdict for found in api.prove(p, in_process=True).properties}


def test_a_lattice_of_ones_own() -> None:
    p, tally = votes()
    lattice(p, tally, lambda x, y: fieldwise(x, y, who=union, often=pointwise), name="Tally")
    assert verdicts(p) == dict.fromkeys(
        ("TallyIdempotent", "TallyCommutative", "TallyAssociative", "TallyMonotone"), "proved"
    )


@pytest.mark.parametrize(
    ("law", "merge"),
    [
        ("Idempotent", lambda x, y: x.replace(who=x.who - y.who)),
        ("Commutative", lambda x, y: x),
        ("Associative", lambda x, y: x.replace(who=x.who - y.who)),
        ("Monotone", lambda x, y: fieldwise(x, y, who=lambda a, b: a & b, often=pointwise)),
    ],
)
def test_each_law_refutes_a_merge(law: str, merge: Merge) -> None:
    p, tally = votes()

    def at_most(x: Any, y: Any) -> Bool:
        return x.who <= y.who

    lattice(p, tally, merge, at_most=at_most, expected={law: {"safe": violated(0)}})
    assert verdicts(p)[law] == "violated"


@pytest.mark.parametrize(
    ("merge", "message"),
    [
        (lambda x, y: fieldwise(x, y, who=union), "does not merge the field often"),
        (lambda x, y: fieldwise(x, y, whom=union, who=union, often=union), "no field whom"),
        (union, "union merges sets, not"),
        (pointwise, "pointwise merges functions, not"),
    ],
)
def test_what_cannot_be_merged_is_refused_at_the_models_line(merge: Merge, message: str) -> None:
    p, tally = votes()
    with pytest.raises(ModelError, match=message) as refused:
        lattice(p, tally, merge)
    assert refused.value.position is not None
    assert refused.value.position.file.endswith("test_lattices.py")


def test_expectations_are_of_laws_that_there_are() -> None:
    p, tally = votes()
    with pytest.raises(ModelError, match="Commutativ is not a law of a lattice"):
        lattice(p, tally, lambda x, y: x, expected={"Commutativ": {}})
