"""The digest: the same for what means the same, another for what does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, in_action, in_module
from tests.models.constructs import ALL
from tests.source import ROOT
from verifier.catalog import canonical, digest, load, names

MODEL = HEAD + REST


def of(source: str, folder: Path) -> str:
    return digest(build(source, folder))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n@p.action", "\n# A comment, and lines.\n\n\n@p.action"),
        ("Does nothing of interest.", "Does nothing at all."),
        ("Versions are natural numbers.", "Another docstring."),
        ('Protocol("p", "test")', 'Protocol("p", "another title", source="somewhere")'),
        ("@p.invariant()", '@p.invariant(short="P-1")'),
        ("@p.invariant()", '@p.invariant(expected={"safe": violated(3)})'),
        ("@p.invariant()", '@p.lemma("a hint")\ndef Hint(s): return s.version >= 0\n\n@p.invariant()'),
        ('guard("ready", s.flag', 'flag = s.flag\n    guard("ready", flag'),
        ('p.search_bound("Max", 3)', 'p.search_bound("Max", 3, "meaning")'),
    ],
)
def test_it_does_not_see_what_has_no_meaning(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODEL
    assert of(MODEL.replace(old, new), tmp_path) == of(MODEL, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('Protocol("p"', 'Protocol("q"'),
        ('"Max", 3', '"Max", 4'),
        ("p.search_bound", "p.parameter"),
        ("size=2", "size=3"),
        ('prefix="k"', 'prefix="key"'),
        ("Idle, Active, Done", "Idle, Active, Finished"),
        ("low=0, high=Max", "low=0, high=Max + 1"),
        ("capacity=3", "capacity=4"),
        ("Record, ordered=True", "Record"),
        ("version: Version = var(0)", "version: Version = var(1)"),
        ("version: Version = var(0)", "version: Version = var(anything)"),
        ("s.flag, other", "~s.flag, other"),
        ('guard("ready"', 'guard("steady"'),
        ('guard("ready", s.flag, other=~s.flag)', 'guard("ready", s.flag, other=s.flag)'),
        ('guard("ready", s.flag, other=~s.flag)', 'budget("ready", s.flag)'),
        ("s.flag = ~s.flag", "s.flag = s.flag | (s.version == 0)"),
        ("def Step(s: State, k: Key)", "def Step(s: State)"),
        ("def Step(", "def Steps("),
        ("def Inv(", "def Invariant("),
        ("s.version >= 0", "s.version >= 1"),
        ("@p.invariant()", 'p.variant("b", drops=["Step.ready"])\n\n@p.invariant()'),
        ("@p.invariant()", 'p.assume("a", Max >= 1)\n\n@p.invariant()'),
        ("@p.invariant()", "@p.constraint\ndef C(s): return s.flag\n\n@p.invariant()"),
        ("@p.invariant()", "@p.initially\ndef C(s): return s.flag\n\n@p.invariant()"),
        ("@p.invariant()", 'p.type_ok(variables=["version"])\n\n@p.invariant()'),
    ],
)
def test_it_changes_with_the_meaning(tmp_path: Path, old: str, new: str) -> None:
    assert old in MODEL
    assert of(MODEL.replace(old, new, 1), tmp_path) != of(MODEL, tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("forall(Key, lambda x: s.owned.contains(x))", "forall(Key, lambda y: s.owned.contains(y))"),
        (
            "forall(Key, lambda x: exists(Key, lambda y: x == y))",
            "forall(Key, lambda y: exists(Key, lambda x: y == x))",
        ),
    ],
)
def test_names_of_bound_variables_do_not_count(tmp_path: Path, one: str, other: str) -> None:
    first, second = (of(in_action(f'guard("a", {formula})'), tmp_path) for formula in (one, other))
    assert first == second


def test_which_variable_is_meant_counts(tmp_path: Path) -> None:
    found = {
        of(in_action(f'guard("a", forall(Key, lambda x: exists(Key, lambda y: {body})))'), tmp_path)
        for body in ("x == y", "y == x", "x == x", "y == y", "x == k", "k == y")
    }
    assert len(found) == 6


def test_sharing_of_terms_does_not_count(tmp_path: Path) -> None:
    shared = """
        inside = forall(Key, lambda x: s.owned.contains(x))
        guard("a", inside | (s.flag & inside))
        guard("b", exists(Key, lambda y: inside))
        """
    inside = "forall(Key, lambda x: s.owned.contains(x))"
    apart = f"""
        guard("a", {inside} | (s.flag & {inside}))
        guard("b", exists(Key, lambda y: {inside}))
        """
    assert of(in_action(shared), tmp_path) == of(in_action(apart), tmp_path)


def test_variants_with_the_same_drops_in_another_order_are_the_same(tmp_path: Path) -> None:
    one, other = (
        of(in_module(f'p.variant("b", without={left_out})'), tmp_path)
        for left_out in (["issued", "seen"], ["seen", "issued"])
    )
    assert one == other


@pytest.mark.parametrize("name", ALL)
def test_every_construct_has_a_canonical_form(name: str) -> None:
    protocol = ALL[name]() if callable(ALL[name]) else ALL[name]
    canon = canonical(protocol)
    assert json.loads(json.dumps(canon)) is not None
    assert len(digest(protocol)) == 64
    # Every entry of the tables refers to earlier ones only.
    for number, (_, _, _, *args) in enumerate(canon["terms"]):
        assert all(arg < number for arg in args)


def test_it_does_not_depend_on_the_order_of_hashes() -> None:
    program = "from verifier.catalog import *; print(*(digest(load(name)) for name in names()))"
    printed = set()
    for seed in ("0", "1", "42"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        printed.add(run.stdout.strip())
    assert printed == {" ".join(digest(load(name)) for name in names())}
