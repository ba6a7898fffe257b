"""Each example has the published numbers of states, the verdicts that it expects, and is no longer than what it is after."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from tests.examples.gallery import FOLDER, GALLERY, Count, Example, length
from tests.explicit.naive import naive_search
from verifier import explore, prove
from verifier.catalog import load
from verifier.semantics.scope import finite_scope

TIERS = {"fast": (), "full": (pytest.mark.full,), "nightly": (pytest.mark.nightly,)}


def case(example: Example, *values: Any, tier: str) -> Any:
    return pytest.param(example, *values, marks=TIERS[tier], id="-".join([example.name, *map(str, values)]))


def counts() -> Iterator[Any]:
    for example in GALLERY:
        for count in example.counts:
            at = ",".join(f"{name}={value}" for name, value in count.settings.items())
            name = "-".join(filter(None, (example.name, count.variant, at)))
            yield pytest.param(example, count, marks=TIERS[count.tier], id=name)


@pytest.mark.parametrize(("example", "count"), list(counts()))
def test_the_states_are_counted_as_tlc_counts_them(example: Example, count: Count) -> None:
    searched = explore(str(example.path), variant=count.variant, settings=count.settings, in_process=True)
    assert (searched.complete, searched.distinct, searched.diameter) == (True, count.distinct, count.levels)


@pytest.mark.parametrize("example", [case(example, tier=example.tier) for example in GALLERY])
def test_what_is_published_has_the_expected_verdicts(example: Example) -> None:
    default = load(str(example.path)).default_variant
    expected = {p.short or p.name: p.expectation(default) for p in load(str(example.path)).properties.values()}
    result = prove(str(example.path), liveness=True, in_process=True)
    assert {entry.name for entry in result.properties} >= set(expected)
    for entry in result.properties:
        if entry.name in expected:
            wanted = expected[entry.name]
            assert (entry.verdict, entry.steps, entry.loop) == (wanted.verdict, wanted.steps, wanted.loop), entry.name
        else:
            assert entry.verdict == "proved", entry.name


@pytest.mark.full
@pytest.mark.parametrize("example", [case(e, tier="full") for e in GALLERY if e.counts[0].tier == "fast"])
def test_an_example_stops_only_where_it_is_meant_to(example: Example) -> None:
    searched = explore(str(example.path), deadlock=True, in_process=True)
    assert searched.complete
    assert "Deadlock" not in {violation.property for violation in searched.violations}


# Of the others TLC's figures are known; where an order is one of many constants, this takes too long.
@pytest.mark.full
@pytest.mark.parametrize(
    "name", ["lockserv", "toy_consensus", "sharded_kv", pytest.param("raft_election", marks=pytest.mark.nightly)]
)
def test_the_concrete_semantics_counts_the_same_states(name: str) -> None:
    (example,) = (one for one in GALLERY if one.name == name)
    naive = naive_search(finite_scope(load(str(example.path)).model(), {}))
    assert (len(naive.states), naive.diameter) == (example.counts[0].distinct, example.counts[0].levels)
    assert naive.steps == {}


def broken() -> Iterator[Any]:
    for example in GALLERY:
        protocol = load(str(example.path))
        for variant in protocol.variants:
            if variant != protocol.default_variant:
                yield case(example, variant, tier=example.tier)


BROKEN = list(broken())


@pytest.mark.parametrize(("example", "variant"), BROKEN)
def test_a_variant_fails_where_it_is_expected_to(example: Example, variant: str) -> None:
    safety = [p for p in load(str(example.path)).properties.values() if p.kind != "liveness"]
    expected = {p.short or p.name: p.expectation(variant) for p in safety}
    fails = sorted(name for name, one in expected.items() if one.verdict == "violated")
    for entry in prove(str(example.path), variant=variant, properties=fails, in_process=True).properties:
        if entry.name in fails:
            assert (entry.verdict, entry.steps, entry.shortest) == ("violated", expected[entry.name].steps, True)
        else:
            assert entry.verdict != "violated", entry.name


@pytest.mark.nightly
@pytest.mark.parametrize(("example", "variant"), BROKEN)
def test_a_variant_gets_nowhere_where_it_is_expected_to(example: Example, variant: str) -> None:
    live = [p for p in load(str(example.path)).properties.values() if p.kind == "liveness"]
    expected = {p.short or p.name: p.expectation(variant) for p in live}
    fails = sorted(name for name, one in expected.items() if one.verdict == "violated")
    for entry in prove(str(example.path), variant=variant, properties=fails, in_process=True).properties if fails else ():
        if entry.name in fails:
            wanted = expected[entry.name]
            assert (entry.verdict, entry.steps, entry.loop) == ("violated", wanted.steps, wanted.loop)


@pytest.mark.parametrize("example", [case(e, tier=e.proofs) for e in GALLERY if e.unbounded])
def test_what_is_proved_for_every_size(example: Example) -> None:
    result = prove(str(example.path), scope="unbounded", properties=example.unbounded, in_process=True)
    assert {entry.name for entry in result.properties} >= set(example.unbounded)
    assert {entry.verdict for entry in result.properties} == {"proved"}


def test_every_example_is_in_the_gallery() -> None:
    assert sorted(example.path for example in GALLERY) == sorted(FOLDER.glob("*.py"))


@pytest.mark.parametrize("example", [case(example, tier="fast") for example in GALLERY])
def test_an_example_has_a_variant_that_breaks_it(example: Example) -> None:
    protocol = load(str(example.path))
    fails = {name for p in protocol.properties.values() for name, e in p.expected.items() if e.verdict == "violated"}
    assert fails - {protocol.default_variant}


# At most ten lines more, of imports and sorts, which TLA+ does not have.
@pytest.mark.parametrize("example", [case(example, tier="fast") for example in GALLERY if example.tla_lines])
def test_an_example_is_no_longer_than_its_module(example: Example) -> None:
    assert example.tla_lines is not None
    assert length(example.path.read_text(encoding="utf-8")) <= example.tla_lines + 10


def test_lines_are_counted_without_blank_ones_and_what_is_for_readers() -> None:
    source = '''
        """A module,
        with two lines."""

        # A comment.
        class Node(Scalarset):
            """A node."""


        x = 1  # one

        def f():
            """A function."""
            return """
        text
        """
    '''
    assert length(textwrap.dedent(source)) == 6
