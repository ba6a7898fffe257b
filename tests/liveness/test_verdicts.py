"""Verdicts on liveness by unrolling, liveness to safety and k-liveness, with their certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier import check, prove
from verifier.catalog import load
from verifier.kernel import Bool, Protocol, Range, Temporal, always, eventually, guard, var, weak
from verifier.proof.engines.engine import Budget, Decided, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.pdr import Pdr
from verifier.proof.engines.reduced import KLiveness
from verifier.proof.strategy import live_stages
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.stages import Stage
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.saving import Saving
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.proof import Checker
from verifier.semantics.scope import finite_scope


def climb() -> Protocol:
    """Somebody climbs, while a light may be switched."""
    p = Protocol("climb", "climbs to the top")

    class Height(Range, low=0, high=3):
        pass

    @p.state
    class State:
        height: Height = var(0, doc="height")
        light: Bool = var(False, doc="a light")

    @p.action
    def Climb(s: State) -> None:
        guard("below", s.height < 3)
        s.height += 1

    @p.action
    def Switch(s: State) -> None:
        s.light = ~s.light

    p.fairness(weak(Climb))

    @p.liveness()
    def Top(s: State) -> Temporal:
        return eventually(always(s.height == 3))

    @p.liveness()
    def Lit(s: State) -> Temporal:
        return always(eventually(s.light))

    @p.liveness(under=[])
    def Unfair(s: State) -> Temporal:
        return eventually(s.height == 3)

    return p


def _verdicts(p: Protocol, **options: Any) -> dict[str, tuple[Any, ...]]:
    result = prove(p, liveness=True, in_process=True, **options)
    return {
        entry.published_name or entry.name: (entry.verdict, entry.steps, entry.loop, entry.shortest)
        for entry in result.properties
        if entry.name in ("Top", "Lit", "Unfair")
    }


def test_unrolling_finds_lassos_and_says_how_far_it_looked() -> None:
    assert _verdicts(climb(), engine="bmc", k=4) == {
        "Top": ("bounded", None, None, None),
        "Lit": ("violated", 3, 0, False),
        "Unfair": ("violated", 0, 0, True),
    }
    assert _verdicts(climb(), engine="bmc", k=2)["Lit"] == ("bounded", None, None, None)


def test_what_is_proved_of_a_reduction_has_a_certificate_that_is_derived_again(tmp_path: Path) -> None:
    result = prove(climb(), properties=["Top"], engine="kinduction", certificates=str(tmp_path), in_process=True)
    [entry] = [entry for entry in result.properties if entry.name == "Top"]
    assert (entry.verdict, entry.method) == ("proved", "lemmas")
    assert entry.lemmas == ("saved height <= height",)
    [path] = tmp_path.glob("*Top*.json")
    document = json.loads(path.read_text())
    assert document["reduction"] == {"name": "liveness to safety", "rounds": None}
    assert document["fairness"] == ["WF(Climb)"]
    assert document["fair_run"]["loop"] is not None
    assert {"Defined", "Range@height"} <= set(document["rests_on"])
    everything = [str(each) for each in tmp_path.glob("*.json")]
    assert all(one.valid for one in check(everything, protocol=climb(), rederive=True, in_process=True).certificates)


def test_lemmas_of_a_reduction_are_found_again_from_their_clauses(tmp_path: Path) -> None:
    prove(climb(), properties=["Top"], engine="pdr", certificates=str(tmp_path), in_process=True)
    everything = [str(each) for each in tmp_path.glob("*.json")]
    assert all(one.valid for one in check(everything, protocol=climb(), rederive=True, in_process=True).certificates)


def test_the_certificate_of_a_proof_by_rounds_is_derived_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    counting = Stage("rounds", "are they bounded?", KLiveness(Pdr(), 5), lambda request: Budget())
    monkeypatch.setattr(live_stages, "LIVENESS", [counting])
    prove(climb(), properties=["Top"], certificates=str(tmp_path), in_process=True)
    [path] = tmp_path.glob("*Top*.json")
    assert json.loads(path.read_text())["reduction"] == {"name": "k-liveness", "rounds": 3}
    everything = [str(each) for each in tmp_path.glob("*.json")]
    assert all(one.valid for one in check(everything, protocol=climb(), rederive=True, in_process=True).certificates)


def test_a_range_that_is_left_keeps_a_proof_back() -> None:
    class Count(Range, low=0, high=1):
        pass

    q = Protocol("leaving", "a count leaves its range")

    @q.state
    class State:
        count: Count = var(0, doc="a count")
        done: Bool = var(False, doc="whether it is done")

    @q.action
    def Count_(s: State) -> None:
        s.count += 1

    @q.action
    def Finish(s: State) -> None:
        guard("open", ~s.done)
        s.done = Bool(True)

    q.fairness(weak(Finish))

    @q.liveness()
    def Done(s: State) -> Temporal:
        return eventually(s.done)

    for engine in ("pdr", "kinduction", "auto"):
        result = prove(q, liveness=True, engine=engine, in_process=True)
        verdicts = {entry.name: entry.verdict for entry in result.properties}
        assert verdicts["Range@count"] == "violated"
        assert verdicts["Done"] == "bounded"


def test_a_certificate_of_another_reduction_is_not_derived_again(tmp_path: Path) -> None:
    from verifier.evidence.certificate import seal

    prove(climb(), properties=["Top"], engine="kinduction", certificates=str(tmp_path), in_process=True)
    [path] = tmp_path.glob("*Top*.json")
    document = json.loads(path.read_text())
    harmless = [
        {**entry, "smtlib": entry["smtlib"].partition(") Bool ")[0] + ") Bool false)"} if entry["name"] == "Bad" else entry
        for entry in document["definitions"]
    ]
    for changed in (
        {**document, "reduction": {"name": "k-liveness", "rounds": 1}},
        {**document, "definitions": harmless},
        {**document, "fairness": ["WF(Climb)", "WF(Switch)"]},
        {**document, "fair_run": {**document["fair_run"], "loop": 0, "states": document["fair_run"]["states"][:1]}},
    ):
        path.write_text(json.dumps(seal(changed)))
        [one] = check([str(path)], protocol=climb(), rederive=True, in_process=True).certificates
        assert not one.valid


def test_k_liveness_counts_rounds() -> None:
    ground = Ground(finite_scope(climb().model()))
    [top] = [prop for prop in ground.scope.model.liveness if prop.name == "Top"]
    waiting = {"Top": top}
    found = None
    for event in KLiveness(Pdr(), 5).run(FiniteTask(ground, waiting, lambda: waiting), Budget()):
        if isinstance(event, Decided) and isinstance(event.outcome, Proved):
            found = event.outcome.evidence
            waiting.clear()
    assert found is not None
    assert found.reduction is not None
    # Each step up may end a round, and no more than three lead to the top.
    assert found.reduction.rounds == 3
    assert Checker(Encoding(found.reduction)).check(found) is None


def test_what_is_proved_by_clauses_is_re_checked() -> None:
    result = prove(climb(), liveness=True, engine="pdr", in_process=True)
    found = {entry.name: (entry.verdict, entry.method) for entry in result.properties}
    assert (found["Top"], found["Lit"][0], found["Unfair"][0]) == (("proved", "pdr"), "violated", "violated")


@pytest.mark.parametrize("name", ["Lit", "Unfair"])
def test_a_proof_that_a_lasso_contradicts_is_an_internal_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(Saving, "bad", property(lambda self: self.circuit.false))
    with pytest.raises(Inconsistency, match="is contradicted by a lasso of stem"):
        prove(climb(), properties=[name], engine="pdr", in_process=True)


# -- the sequence lock -------------------------------------------------------------------------------------------------

PUBLISHED = {
    ("ReaderProgressC", "None"): ((3, 0), (3, 0)),
    ("ReaderProgressC", "Next"): ((8, 2), (7, 2)),
    ("ReaderProgressC", "Readers"): ((8, 2), (9, 4)),
    ("ReaderProgressC", "Writer"): ((9, 0), (9, 0)),
    ("ReaderProgressC", "ReadersMid"): (None, None),
    ("ReaderProgressC", "All"): (None, None),
    ("Drain", "None"): ((0, 0), (0, 0)),
    ("Drain", "Next"): ((0, 2), (0, 2)),
    ("Drain", "Readers"): ((0, 2), (0, 4)),
    ("Drain", "Writer"): ((9, 0), (9, 0)),
    ("Drain", "ReadersMid"): ((0, 2), (0, 4)),
    ("Drain", "All"): (None, None),
}
"""Stem and loop of the shortest lasso with one reader, and with two; two slots and three messages. None: it holds."""


def _lassos(readers: int, engine: str, last: int = 2, **options: Any) -> dict[tuple[str, str], tuple[Any, ...] | None]:
    settings = {"NumReaders": readers, "MaxSeq": last}
    asked = ["_".join(row) for row in PUBLISHED]
    assert {prop.name for prop in load("seqlock").model("live").liveness} == {"ReaderProgress", *asked}
    result = prove("seqlock:live", properties=asked, settings=settings, engine=engine, in_process=True, **options)
    found = {entry.name: entry for entry in result.properties}
    return {
        row: (found[name].steps, found[name].loop) if found[name].verdict == "violated" else None
        for row, name in zip(PUBLISHED, asked, strict=True)
    }


@pytest.mark.parametrize("readers", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_the_sequence_lock_by_searching_all_states(readers: int) -> None:
    assert _lassos(readers, "explicit") == {row: figures[readers - 1] for row, figures in PUBLISHED.items()}


@pytest.mark.nightly
@pytest.mark.parametrize("readers", [1, 2])
def test_the_sequence_lock_by_unrolling(readers: int) -> None:
    assert _lassos(readers, "bmc", k=9 + 2 * readers) == {row: figures[readers - 1] for row, figures in PUBLISHED.items()}


@pytest.mark.full
@pytest.mark.parametrize("last", [1, 3, 4])
def test_the_sequence_lock_with_fewer_and_more_messages(last: int) -> None:
    """Readers alone make progress only where no message is overwritten; the writer alone ends when everything is published."""
    end = (3 * (last + 1), 0)
    starved = None if last < 2 else (8, 2)
    rows = {row: figures[0] for row, figures in PUBLISHED.items()}
    rows |= {("ReaderProgressC", "Next"): starved, ("ReaderProgressC", "Readers"): starved}
    rows |= {("ReaderProgressC", "Writer"): end, ("Drain", "Writer"): end}
    assert _lassos(1, "explicit", last=last) == rows
