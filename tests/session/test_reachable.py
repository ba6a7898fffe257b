"""`@p.reachable`: a witness, or the proof that there is none; ranges, constraints, and uses without a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.command import run as command
from verifier.documents import Property, Result
from verifier.kernel.errors import ModelError
from verifier.kernel.protocol import Protocol

GOALS = Path(__file__).with_name("goals.py")


@pytest.fixture(scope="module")
def goals() -> Protocol:
    return verifier.load(GOALS)


def decided(protocol: Protocol, **options: Any) -> dict[str, Property]:
    """The entries of a result, by published name."""
    result = verifier.prove(protocol, in_process=True, **options)
    assert isinstance(result, Result)
    return {str(entry.published_name): entry for entry in result.properties}


@pytest.fixture(scope="module")
def safe(goals: Protocol) -> dict[str, Property]:
    return decided(goals)


@pytest.mark.parametrize(("name", "steps"), [("AtOnce", 0), ("SomeDone", 2), ("Outside", 3)])
def test_a_witness_is_a_run_that_replays(goals: Protocol, safe: dict[str, Property], name: str, steps: int) -> None:
    entry = safe[name]
    assert (entry.kind, entry.verdict, entry.method) == ("reachable", "proved", "witness")
    assert (entry.steps, entry.shortest) == (steps, True)
    assert (entry.vacuous, entry.k) == (None, None)
    assert entry.trace is not None
    assert (entry.trace.meta.verdict, entry.trace.meta.property, entry.trace.steps) == ("proved", name, steps)
    replayed = verifier.replay(entry.trace, protocol=goals, in_process=True)
    assert (replayed.confirmed, replayed.verdict) == (True, "proved")
    assert entry.explanation == replayed.explanation != ()


def test_what_is_proved_to_be_unreachable_is_violated_without_a_trace(safe: dict[str, Property]) -> None:
    for name in ("AllDone", "Beyond"):
        entry = safe[name]
        assert (entry.verdict, entry.trace, entry.steps) == ("violated", None, None)
        assert entry.method in ("k-induction", "lemmas", "trivial", "exhaustive")
        assert str(entry.reason).startswith("no run comes to such a state")


def test_the_expectations_of_the_model_are_met(goals: Protocol, safe: dict[str, Property]) -> None:
    for name, prop in goals.properties.items():
        assert safe[name].verdict == prop.expectation("safe").verdict, name


def test_a_drop_makes_it_reachable(goals: Protocol) -> None:
    entry = decided(goals, drop=["Finish.first"], properties=["AllDone"])["AllDone"]
    assert (entry.verdict, entry.steps) == ("proved", 3)


@pytest.mark.parametrize("engine", ["explicit", "bmc", "kinduction", "pdr"])
def test_each_engine_says_the_same_as_far_as_it_goes(goals: Protocol, engine: str) -> None:
    entries = decided(goals, engine=engine, properties=["SomeDone", "AllDone", "Outside"])
    assert [entries[name].verdict for name in ("SomeDone", "Outside")] == ["proved", "proved"]
    assert entries["AllDone"].verdict == "violated"


def test_a_state_that_has_left_its_range_is_not_reached(goals: Protocol) -> None:
    entries = decided(goals, variant="leaping", properties=["Beyond", "Outside", "Range@count"])
    assert entries["Range@count"].verdict == "violated"
    beyond = entries["Beyond"]
    assert (beyond.verdict, beyond.k, beyond.trace) == ("bounded", entries["Range@count"].steps, None)
    assert "Range@count" in str(beyond.reason)
    assert entries["Outside"].verdict == "proved"  # a witness needs nothing else to be proved


def test_the_selection_changes_nothing(goals: Protocol, safe: dict[str, Property]) -> None:
    for name in ("AtOnce", "AllDone", "Fine"):
        alone = decided(goals, properties=[name])
        assert list(alone) == [name]
        assert (alone[name].verdict, alone[name].method, alone[name].k) == (safe[name].verdict, safe[name].method, safe[name].k)
    assert decided(goals, properties=["r-0"])["AtOnce"].steps == 0


def test_without_a_value_nothing_is_reached_there() -> None:
    from verifier.kernel import Bool, Range, var

    p = Protocol("partial", "a quotient")

    class Few(Range, low=0, high=2):
        """A number."""

    @p.state
    class State:
        n: Few = var(0)

    @p.action
    def Down(s: State) -> None:
        s.n = Few(0)

    @p.reachable()
    def Quotient(s: State) -> Bool:
        return 2 // s.n == 1

    entries = decided(p)
    assert entries["Quotient"].verdict == "unknown"
    assert "Defined@Quotient" in str(entries["Quotient"].reason)
    assert entries["Defined@Quotient"].verdict == "violated"


@pytest.mark.nightly
def test_at_any_size_a_witness_names_its_sizes_and_a_proof_is_for_all(goals: Protocol) -> None:
    entries = decided(goals, scope="unbounded")
    some = entries["SomeDone"]
    assert (some.verdict, some.method, some.shortest) == ("proved", "witness", False)
    assert str(some.reason).startswith("at Nodes=")
    assert str(some.reason).endswith("nothing is said about other sizes")
    assert entries["Beyond"].verdict == "violated"
    assert entries["AllDone"].verdict == "proved"  # of one node alone


def test_it_is_no_invariant_to_anybody_else(goals: Protocol) -> None:
    explored = verifier.explore(goals, in_process=True)
    assert explored.violations == ()
    assert verifier.run(goals, runs=5, in_process=True).violations == ()
    with verifier.walk(goals, in_process=True) as walk:
        assert walk.find("AtOnce").state.violated == ()
        assert walk.find("SomeDone").state.number == 2
    named = {lemma.name for lemma in verifier.lemmas(goals, in_process=True).lemmas}
    assert named == {"Fine"}
    broken = {found.property for drop in verifier.gaps(goals, in_process=True).drops for found in drop.breaks}
    assert "SomeDone" not in broken


def test_listings_and_texts_name_the_kind(goals: Protocol) -> None:
    (listed,) = verifier.list_protocols(goals, in_process=True).protocols
    entry = next(prop for prop in listed.properties if prop.name == "AllDone")
    assert (entry.kind, entry.expected["safe"]) == ("reachable", "violated")
    assert "REACHABLE AllDone ==" in verifier.show(goals, in_process=True)


def test_a_witness_that_was_changed_is_refused(goals: Protocol, safe: dict[str, Property]) -> None:
    assert safe["SomeDone"].trace is not None
    document = safe["SomeDone"].trace.to_document()
    document["states"] = document["states"][:-1]
    short = verifier.replay(document, protocol=goals, in_process=True)
    assert (short.valid, short.confirmed) == (True, False)
    assert "not one that SomeDone asks for" in str(short.failure)


@pytest.mark.nightly
def test_certificates_exit_codes_and_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, goals = str(tmp_path), str(GOALS)
    assert command(["prove", goals, "--property", "AllDone", "--certificates", folder]) == 1
    assert "AllDone is UNREACHABLE" in capfd.readouterr().out
    certificates = sorted(str(path) for path in tmp_path.glob("*.cert.json"))
    assert any(path.endswith("goals.safe.AllDone.cert.json") for path in certificates)
    assert json.loads((tmp_path / "goals.safe.AllDone.cert.json").read_text())["property_kind"] == "reachable"
    assert command(["check", *certificates, "--rederive", "--protocol", goals]) == 0
    assert command(["prove", goals, "--property", "SomeDone", "--traces", folder]) == 0
    assert "SomeDone is reached in 2 steps" in capfd.readouterr().out
    assert command(["replay", f"{folder}/goals.safe.SomeDone.itf.json", "--protocol", goals]) == 0
    assert "SomeDone is reached as claimed" in capfd.readouterr().out


@pytest.mark.nightly
def test_a_night_expects_it(tmp_path: Path) -> None:
    suite = tmp_path / "suite.toml"
    suite.write_text(f'[[obligation]]\nprotocol = "{GOALS}"\nvariant = ["safe", "free"]\n')
    report = verifier.nightly(suite=suite, out=tmp_path / "out", store=tmp_path / "store.sqlite", jobs=1)
    assert [(one.variant, one.status, one.reason) for one in report.obligations] == [("safe", "met", None), ("free", "met", None)]
    assert report.obligations[0].expected["AllDone"].verdict == "violated"


def test_a_proof_at_any_size_is_turned_round_too(goals: Protocol) -> None:
    entry = decided(goals, scope="unbounded", properties=["Beyond"])["Beyond"]
    assert (entry.verdict, entry.trace) == ("violated", None)


def test_a_misplaced_function_is_refused() -> None:
    p = Protocol("wrong", "nothing")
    with pytest.raises(ModelError, match="comes before the state"):

        @p.reachable()
        def Early(s: object) -> bool:
            return True
