"""What a sort is made of is said once; each function that goes by the classes of sorts covers all of them, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

import verifier
from verifier.kernel import sorts
from verifier.kernel.sorts import (
    BOOL,
    INT,
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    NamedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
    atoms,
    has_integer,
    has_range,
    held_sorts,
    inner_sorts,
    is_endless,
)
from verifier.kernel.terms import integer

HOME = Path(verifier.__file__).parent
COUNT = RangeSort("Count", integer(0), integer(3))
NODE = ScalarSort("Node", "Nodes", 2, "n")
PAIR = RecordSort("Pair", (("node", NODE), ("count", COUNT)))
SAMPLES = [
    BOOL,
    INT,
    COUNT,
    EnumSort("Phase", ("A", "B")),
    NODE,
    QuorumSort("Quorum", NODE),
    FunctionSort(NODE, COUNT),
    SetSort(COUNT),
    PAIR,
    OptionSort(COUNT),
    SequenceSort("Log", COUNT, integer(2)),
    KeyedSort("Table", PAIR, "node"),
]

ATOMS = "Bool Int Range Enum Scalar Quorum"
NAMES = "Enum Scalar Quorum"
REST: dict[str, str] = {
    "catalog/digest.py _Writer._sort": "",
    "evidence/values.py encode": "Int Range",
    "evidence/values.py decode": "Int Range",
    "kernel/fitting.py fits": "Bool Enum Scalar Quorum Record Sequence Keyed",
    "kernel/fitting.py sets_fit": f"{ATOMS} Record Sequence Keyed",
    "kernel/fitting.py _with_sets": f"{ATOMS} Record Sequence Keyed",
    "kernel/fitting.py _element": "Bool Int Enum Scalar Quorum Record Sequence Keyed",
    "kernel/fitting.py _inside": "Bool Int Enum Scalar Quorum Set Keyed",
    "kernel/printing.py _sort_definition": "Bool Int Function Set Option",
    "kernel/refusals.py _sum_hint": f"{ATOMS} Function Record",
    "kernel/refusals.py _order_hint": f"Int Range {NAMES} Function Record Sequence Keyed",
    "kernel/refusals.py _index_hint": f"{ATOMS} Function",
    "kernel/sorts.py comparable": f"{ATOMS} Record Sequence Keyed",
    "kernel/term_text.py sort_text": f"Range {NAMES} Record Sequence Keyed",
    "lib/networks.py _kind": f"{ATOMS} Record Option Keyed",
    "proof/lemmas/candidates.py _inside": "Int Quorum Sequence Keyed",
    "proof/engines/wording.py Wording._value": "Bool Int Quorum Function Set Sequence Keyed",
    "proof/engines/wording.py _without": "Bool Int Enum Quorum Function Set Sequence Keyed",
    "proof/lemmas/affine.py _numbers": "Int Scalar Quorum Function Set Record Option Sequence Keyed",
    "proof/lemmas/shapes.py _parts": "Bool Int Enum Scalar Quorum Option Sequence Keyed",
    "proof/lemmas/vocabulary.py _Words._count": "Bool Int Range Enum Quorum Sequence",
    "proof/lemmas/vocabulary.py _Words._inside": "Bool Int Range Enum Scalar Quorum Set Sequence",
    "proof/lemmas/vocabulary.py _Words._said": "Int Scalar Quorum Function Record Sequence Keyed",
    "proof/strategy/sizes.py _parameters": "Bool Int Enum Quorum Function Set Record Option Keyed",
    "proof/strategy/workbench/extent.py _completed": f"{ATOMS} Set Sequence Keyed",
    "semantics/concrete/order.py ordering": "Bool Int Range",
    "semantics/concrete/order.py size": f"Int {NAMES}",
    "semantics/concrete/order.py in_range": f"Bool Int {NAMES}",
    "semantics/concrete/outside.py outside": f"Bool Int {NAMES}",
    "semantics/concrete/printing.py value_text": "Int Range Enum Scalar",
    "semantics/concrete/samples.py value": f"Bool Int {NAMES}",
    "semantics/ground/facts.py Facts._add": "Int Quorum",
    "semantics/ground/layout.py Layout._build": "Int Quorum",
    "semantics/scope/renamed.py renamed": "Bool Int Range Enum",
    "semantics/export/structure.py _Writer._sort": "Bool Int Function Set Option",
    "proof/engines/seeding.py _placed": f"Bool Int {NAMES} Function Set Sequence Keyed",
    "semantics/ground/orbits.py Permutation._add": "Int Quorum",
    "semantics/ground/shapes.py ScopeShapes._build": "",
    "kernel/definedness.py Needs.within": f"Bool Int {NAMES}",
    "semantics/quantified/definedness.py Definedness._wide": f"Bool Int {NAMES} Function Set Sequence Keyed",
    "semantics/quantified/fragment.py _functions": ATOMS,
    "semantics/quantified/progress.py Progress._endless": "Int Function Set Sequence Keyed",
    "semantics/quantified/values.py Values.kind": "Int Range Function Set Record Option Sequence Keyed",
    "semantics/quantified/values.py Values._declare": "Bool Int Range Function Set Record Option Sequence Keyed",
    "semantics/quantified/values.py Values.domain": f"Bool Int {NAMES} Function Set Sequence Keyed",
    "semantics/quantified/values.py Values._free": ATOMS,
    "semantics/quantified/values.py Values.equal": ATOMS,
    "semantics/concrete/sights.py _labels": "Bool Int Range Scalar Quorum",
    "semantics/tla/sorts.py Sorts._defined": "Bool Int Scalar Function Set Option",
    "semantics/tla/sorts.py Sorts._use": "Bool Int Range Enum Scalar Function Set Option",
    "semantics/tla/sorts.py Sorts.domain": "Range Enum Scalar Quorum Record Sequence Keyed",
    "semantics/tla/sorts.py Sorts.less": "Int Range Quorum Function Set Option Sequence Keyed",
    "semantics/tla/sorts.py Sorts.typed": "Bool Range Enum Scalar Quorum",
    "semantics/tla/sorts.py Sorts.values": "Int Quorum Function Set Record Option Sequence Keyed",
    "semantics/tla/sorts.py type_text": "Int Range",
    "semantics/scope/expressible.py unsupported_sort": f"{ATOMS} Record Option Sequence",
    "semantics/scope/finite.py FiniteScope.size": "Int",
    "semantics/scope/finite.py FiniteScope._enumerate": "Int",
    "semantics/scope/inside.py Inside._made": "Bool Int Enum Scalar Quorum Set",
    "proof/strategy/pinned.py Pinned._is": ATOMS,
    "proof/engines/generalizing.py Generalizing._point": "Bool Int Enum Quorum Function Set Option Sequence Keyed",
}
"""For every function that tells three or more classes of sorts apart: those that it leaves to its last case on purpose.

A new one gets a line here, with the classes for which it has no case and needs none.
"""


def concrete() -> Iterator[str]:
    """The names of the classes of sorts that have values, as the table abbreviates them."""
    for name, cls in vars(sorts).items():
        if isinstance(cls, type) and issubclass(cls, Sort) and cls not in (Sort, NamedSort):
            yield name.removesuffix("Sort")


def matches() -> dict[str, set[str]]:
    """Each function with a match over three or more classes of sorts, with these classes."""
    known = set(concrete())
    found: dict[str, set[str]] = {}

    def visit(node: ast.AST, path: str, inside: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                visit(child, path, (*inside, child.name))
                continue
            if isinstance(child, ast.MatchClass):
                name = ast.unparse(child.cls).removesuffix("Sort")
                if name in known and ast.unparse(child.cls).endswith("Sort"):
                    found.setdefault(f"{path} {'.'.join(inside)}", set()).add(name)
            visit(child, path, inside)

    for path in sorted(HOME.rglob("*.py")):
        visit(ast.parse(path.read_text()), str(path.relative_to(HOME)), ())
    return {where: names for where, names in found.items() if len(names) > 2}


def forgotten(known: set[str]) -> dict[str, set[str]]:
    """The functions that say nothing of some class of sorts, neither in a case nor that it is left to the last one."""
    cases = matches()
    said = {where: cases.get(where, set()) | set(REST.get(where, "").split()) for where in {*cases, *REST}}
    return {where: known - names for where, names in said.items() if known - names}


def test_every_function_that_goes_by_sorts_covers_all_of_them() -> None:
    assert set(matches()) == set(REST), "a function tells sorts apart and is not listed, or the other way round"
    assert forgotten(set(concrete())) == {}
    both = {where: names & set(REST[where].split()) for where, names in matches().items()}
    assert {where: names for where, names in both.items() if names} == {}, "a case for what is said to be left to the last one"


@pytest.mark.nightly
def test_a_new_sort_is_missed_by_name() -> None:
    """A class that nothing knows yet is named by every function that would have to say something of it."""
    assert set(forgotten({*concrete(), "Bag"})) == set(REST)
    assert all(names == {"Bag"} for names in forgotten({*concrete(), "Bag"}).values())


def test_there_is_a_sample_of_every_sort() -> None:
    assert {type(sort).__name__.removesuffix("Sort") for sort in SAMPLES} == set(concrete())


def made_of(value: Any) -> Iterator[Sort]:
    if isinstance(value, Sort):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from made_of(item)


@pytest.mark.parametrize("sort", SAMPLES, ids=lambda sort: type(sort).__name__)
def test_the_parts_of_a_sort_are_those_of_its_fields(sort: Sort) -> None:
    """A sort that keeps a part to itself would be passed over by every fold."""
    inside = [part for field in fields(sort) for part in made_of(getattr(sort, field.name))]
    assert list(sort.parts) == inside
    assert set(sort.held) <= set(sort.parts)
    assert list(inner_sorts(sort))[-1] is sort
    assert next(iter(held_sorts(sort))) is sort
    assert sort.is_atomic or set(atoms(sort)) <= {BOOL, COUNT, NODE}


def test_folds_look_everywhere() -> None:
    entry = RecordSort("Entry", (("key", NODE), ("value", OptionSort(SetSort(INT)))))
    for endless in (
        INT,
        OptionSort(INT),
        FunctionSort(INT, BOOL),
        FunctionSort(NODE, FunctionSort(NODE, INT)),
        SequenceSort("Q", SetSort(INT), integer(1)),
        KeyedSort("T", entry, "key"),
    ):
        assert is_endless(endless)
        assert has_integer(endless)
        assert has_range(endless) == isinstance(endless, SequenceSort)
    assert has_range(FunctionSort(NODE, OptionSort(COUNT)))
    assert not has_range(FunctionSort(COUNT, BOOL)), "the index of a function is not stored"
    assert has_integer(FunctionSort(COUNT, BOOL))
    assert [str(atom) for atom in atoms(FunctionSort(NODE, PAIR))] == ["Node", "Node", "Count"]
    assert [str(atom) for atom in atoms(QuorumSort("Q", NODE))] == ["Q"]
    assert isinstance(next(atoms(BOOL)), BoolSort)


def test_sorts_that_are_declared_apart_are_two() -> None:
    @dataclass(frozen=True)
    class Pair:
        one: NamedSort
        other: NamedSort

    twins = Pair(ScalarSort("Node", "Nodes", 2, "n"), ScalarSort("Node", "Nodes", 2, "n"))
    assert twins.one == twins.other
    assert not sorts.same_declaration(twins.one, twins.other)
    assert sorts.same_declaration(twins.one, twins.one)
    assert not RangeSort("A..B", integer(0), integer(1), declaration=0).is_declared
