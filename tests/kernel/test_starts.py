"""Variants with initial states of their own, at both scopes."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import pytest

from tests.command import verify
from verifier import api, catalog
from verifier.kernel.describing import describe
from verifier.kernel.errors import ModelError, UsageError
from verifier.kernel.printing import show
from verifier.kernel.terms import negation
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

MODEL = '''
from __future__ import annotations
from verifier.kernel import *

p = Protocol("ring", "a token, and how often each node has had it")

class Node(Scalarset, parameter="Nodes", size=2):
    """."""

class Count(Range, low=0, high=2):
    """."""

@p.state
class State:
    token: Option[Node] = var(none)
    had: Fn[Node, Count] = var(0)
    done: Bool = var(False)

@p.initially
def Fresh(s: State) -> Bool:
    return ~s.done

@p.initially(chosen=True)
def Halfway(s: State) -> Bool:
    return s.token.is_some & (s.had[s.token.value] == 1)

@p.initially(name="Late", chosen=True)
def late(s: State) -> Bool:
    return s.done & (s.token.value != s.token.value)

@p.action
def Pass(s: State, n: Node) -> None:
    guard("fewer", s.had[n] < 2)
    guard("open", ~s.done)
    s.token = some(n)
    s.had[n] += 1

@p.action
def Stop(s: State) -> None:
    guard("somebody", s.token.is_some)
    s.done = Bool(True)

@p.lemma("who has the token has had it")
def HolderHadIt(s: State) -> Bool:
    return implies(s.token.is_some, s.had[s.token.value] > 0)

@p.invariant()
def DoneHasHolder(s: State) -> Bool:
    return implies(s.done, s.token.is_some)

@p.invariant(expected={"anywhere": violated(0), "halfway": violated(1)})
def NeverDone(s: State) -> Bool:
    """Fails after two steps."""
    return ~s.done

@p.action_property()
def CountsUp(s: State, after: State) -> Bool:
    return forall(Node, lambda n: after.had[n] >= s.had[n])

p.variant("from-inv", initially=["HolderHadIt", "DoneHasHolder"])
p.variant("halfway", initially=["Halfway", "Fresh"])
p.variant("anywhere", initially=[])
p.variant("late", initially=["Late"])
p.variant("no-token", without=["token", "Stop", "Pass"])
'''


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "ring.py"
    path.write_text(MODEL)
    return path


def brute(keep: object) -> int:
    """How many states satisfy a predicate of the token, the counts and whether all is done."""
    assert callable(keep)
    rows = itertools.product((None, 0, 1), itertools.product(range(3), repeat=2), (False, True))
    return sum(bool(keep(*row)) for row in rows)


STARTS = {
    "from-inv": lambda t, had, done: (t is None or had[t] > 0) and (not done or t is not None),
    "halfway": lambda t, had, done: t is not None and had[t] == 1 and not done,
    "anywhere": lambda t, had, done: True,
    "safe": lambda t, had, done: t is None and had == (0, 0) and not done,
}


@pytest.mark.parametrize("variant", STARTS)
def test_initial_states_are_those_that_satisfy_what_is_named(variant: str, model: Path) -> None:
    scope = finite_scope(catalog.load(str(model)).model(variant))
    machine, ground = Machine(scope), Ground(scope)
    starts = list(machine.initial_states())
    assert len(starts) == len(set(starts)) == brute(STARTS[variant])
    report = api.explore(str(model), variant=variant)
    assert report.distinct is not None
    if variant in ("from-inv", "anywhere"):
        assert (report.distinct, report.diameter) == (len(starts), 1)
    assert ground.initial is not ground.circuit.false


def test_what_is_inductive_is_proved_from_it_at_depth_one(model: Path) -> None:
    for scope in ("published", "unbounded"):
        result = api.prove(str(model), variant="from-inv", scope=scope)
        verdicts = {entry.published_name or entry.name: entry for entry in result.properties}
        assert verdicts["DoneHasHolder"].verdict == "proved"
        assert verdicts["CountsUp"].verdict == "proved"
        assert (verdicts["NeverDone"].verdict, verdicts["NeverDone"].steps) == ("violated", 0)


def test_verdicts_and_traces_are_those_of_the_variant(model: Path, tmp_path: Path) -> None:
    proved = verify("prove", f"{model}:halfway", "--property", "NeverDone", "--traces", str(tmp_path / "t"), "--json", "-")
    entries = {entry["name"]: entry for entry in json.loads(proved.stdout)["properties"]}
    assert (entries["NeverDone"]["verdict"], entries["NeverDone"]["steps"]) == ("violated", 1)
    (trace,) = (tmp_path / "t").glob("*.itf.json")
    assert verify("replay", str(trace), "--protocol", str(model)).returncode == 0
    document = json.loads(trace.read_text())
    assert document["states"][0]["had"]


@pytest.mark.nightly
def test_certificates_name_the_variant_and_check(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    arguments = ("--property", "DoneHasHolder", "--certificates", str(folder))
    assert verify("prove", f"{model}:from-inv", *arguments).returncode == 0
    certificates = [str(path) for path in sorted(folder.glob("*.json"))]
    assert verify("check", *certificates, "--protocol", str(model)).returncode == 0
    # What starts elsewhere under the same name is another claim.
    model.write_text(MODEL.replace('["HolderHadIt", "DoneHasHolder"]', '["HolderHadIt"]'))
    again = verify("check", "--rederive", *certificates, "--protocol", str(model))
    assert again.returncode != 0
    assert "the digests differ" in again.stderr


def test_a_predicate_without_a_value_is_a_violation_of_defined(model: Path) -> None:
    result = api.prove(str(model), variant="late")
    found = {entry.name: entry for entry in result.properties}
    assert (found["Defined"].verdict, found["Defined"].steps) == ("violated", 0)
    assert not [entry for entry in result.properties if entry.verdict == "proved"]


def test_a_variant_without_variables_keeps_what_does_not_read_them(model: Path) -> None:
    p = catalog.load(str(model))
    assert [named.name for named in p.model("no-token").initial] == ["Fresh"]
    assert p.model().variables[0].initial is not None
    assert p.model("from-inv").variables[0].initial is None


def test_documents_and_printing_name_the_start(model: Path) -> None:
    p = catalog.load(str(model))
    entries = {entry["name"]: entry["initially"] for entry in describe(p)["variant_details"]}
    assert entries["from-inv"] == ["HolderHadIt", "DoneHasHolder"]
    assert entries["anywhere"] == []
    assert entries["safe"] is None
    printed = show(p)
    assert "initially HolderHadIt and DoneHasHolder" in printed
    assert "initially any state" in printed
    listed = verify("list", str(model)).stdout
    assert "initially HolderHadIt, DoneHasHolder" in listed


def test_the_start_is_part_of_the_digest(model: Path) -> None:
    p = catalog.load(str(model))
    p.sealed = False
    before = catalog.digest(p)
    p.variants["halfway"] = dataclasses.replace(p.variants["halfway"], initially=("Fresh", "Halfway"))
    after = catalog.digest(p)
    p.initial[1] = dataclasses.replace(p.initial[1], chosen=False)
    chosen = catalog.digest(p)
    lemma = p.lemmas["HolderHadIt"]
    p.lemmas["HolderHadIt"] = dataclasses.replace(lemma, formula=negation(lemma.formula))
    assert len({before, after, chosen, catalog.digest(p)}) == 4


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('p.variant("v", initially=["HolderHasIt"])', "no initial predicate, invariant or lemma HolderHasIt", "HolderHadIt"),
        ('p.variant("v", initially=["CountsUp"])', "no initial predicate, invariant or lemma CountsUp", ""),
        ('p.variant("v", initially="Fresh")', "initially takes a list of names", 'initially=["Fresh"]'),
        ('p.variant("v", initially=["Halfway"], without=["token", "Pass", "Stop"])', "Halfway reads token", "leave it out"),
        ("@p.initially\ndef Fresh(s: State) -> Bool:\n    return s.done", "initial predicate Fresh is defined twice", ""),
    ],
)
def test_what_is_written_wrongly_is_refused(line: str, message: str, hint: str, model: Path) -> None:
    model.write_text(f"{MODEL}\n{line}\n")
    with pytest.raises((ModelError, UsageError)) as caught:
        catalog.load(str(model))
    assert message in str(caught.value)
    assert hint in (caught.value.hint or "")
