"""Whatever a command prints fits the terminal: nothing is cut, no name is broken, and no line is wider than it has to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.report import nights
from tests.scenario.test_wrapper import LATE
from verifier import api
from verifier.documents.certificate import Check
from verifier.documents.litmus import Litmus
from verifier.documents.threshold import Thresholds
from verifier.report import text
from verifier.report.check import check_text
from verifier.report.gaps import gaps_text
from verifier.report.layout import Item
from verifier.report.lemmas import lemmas_text
from verifier.report.listing import listing_text
from verifier.report.litmus import litmus_text
from verifier.report.model import ModelText
from verifier.report.nightly import nightly_text
from verifier.report.run import run_text
from verifier.report.scenario import scenario_text
from verifier.report.text import render
from verifier.report.thresholds import thresholds_text

MODEL = str(Path(__file__).with_name("names.py"))
WIDTHS = (40, 80, 100, 120)
CUT = ("…", "...")

LITMUS = """C message-passing-with-a-very-long-name
{ x=0; y=0; }
P0 (atomic_int* x, atomic_int* y) {
  atomic_store_explicit(x, 1, memory_order_relaxed);
  atomic_store_explicit(y, 1, memory_order_relaxed);
}
P1 (atomic_int* x, atomic_int* y) {
  int r0 = atomic_load_explicit(y, memory_order_relaxed);
  int r1 = atomic_load_explicit(x, memory_order_relaxed);
}
exists (1:r0=1 /\\ 1:r1=0)
"""


def proved() -> Iterator[Item]:
    result = api.prove(MODEL, explain=True, show_cti=True, in_process=True)
    return text.result_text(result, explain=True, show_cti=True)


def explored() -> Iterator[Item]:
    return text.exploration_text(api.explore(MODEL, symmetry=True, in_process=True))


def ran() -> Iterator[Item]:
    return run_text(api.run(MODEL, runs=20, depth=4, in_process=True))


def gapped() -> Iterator[Item]:
    return gaps_text(api.gaps(MODEL, in_process=True))


def checked_lemmas() -> Iterator[Item]:
    return lemmas_text(api.lemmas(MODEL, preserved=True, in_process=True))


def listed() -> Iterator[Item]:
    return listing_text(api.list_protocols(MODEL, in_process=True), details=True)


def listed_briefly() -> Iterator[Item]:
    return listing_text(api.list_protocols(MODEL, in_process=True), details=False)


def ran_at_night() -> Iterator[Item]:
    return nightly_text(nights.eventful(), "reports/2026-03-14")


def litmus() -> Iterator[Item]:
    source = Path("message-passing.litmus").resolve()
    source.write_text(LITMUS, encoding="utf-8")
    return litmus_text(Litmus.model_validate(api.litmus(source, in_process=True)))


def checked() -> Iterator[Item]:
    entry = {
        "certificate": "certificates/a-protocol-of-long-names.cert.json",
        "protocol": "a-protocol-of-long-names",
        "variant": "does-not-look-before-it-announces",
        "scope": "published",
        "parameters": {"NumberOfParticipants": ["alpha", "beta", "参加者"]},
        "property": "Never-Before",
        "published_name": "NobodyHandsOverBesideOneWhoHasGivenUp",
        "method": "k-induction",
        "k": 3,
        "valid": False,
        "missing": ["TheLastHasSentSomething", "WhoeverHandedOverHasSentThat"],
        "checks": [{"name": "consecution-of-the-property", "kind": "consecution", "passed": False, "expected": "unsat"}],
        "warnings": ["the model at hand is not the one that was proved — 別のモデル"],
    }
    return check_text(Check.from_document({"solvers": ["z3", "cvc5"], "certificates": [entry]}))


def thresholds() -> Iterator[Item]:
    entry = {
        "property": "NoTwoConflictingBlocksAreEverFinal",
        "published_name": "NoTwoConflictingBlocksAreEverFinal",
        "fraction": "1/5",
        "witness": {"stakeOfTheByzantine": 1, "stakeOfEverybodyElse": 4, "stakeThatIsOffline": 0},
        "steps": 7,
        "command": "verify prove a-protocol-of-long-names --set 'Stakes={a b, c}' --property NoTwoConflictingBlocksAreEverFinal",
    }
    document = {"protocol": "a-protocol-of-long-names", "part": "byzantine", "whole": "everybody", "thresholds": [entry]}
    return thresholds_text(Thresholds.from_document(document))


def replayed() -> Iterator[Item]:
    result = api.prove(MODEL, properties=["Never-Before"], in_process=True)
    Path("trace.itf.json").write_text(result["Never-Before"].trace.to_json(), encoding="utf-8")
    return text.replay_text(api.replay("trace.itf.json", protocol=MODEL, in_process=True))


def shown() -> Iterator[Item]:
    return iter([ModelText(api.show(MODEL, in_process=True))])


def played() -> Iterator[Item]:
    return scenario_text(LATE)


COMMANDS: list[Callable[[], Iterator[Item]]] = [
    proved,
    explored,
    ran,
    gapped,
    checked_lemmas,
    listed,
    listed_briefly,
    ran_at_night,
    litmus,
    checked,
    thresholds,
    replayed,
    shown,
    played,
]


@pytest.mark.full
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_nothing_is_cut_and_no_name_is_broken(
    command: Callable[[], Iterator[Item]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    items = list(command())
    piped = render(items)
    words = set(piped.split())
    assert not any(sign in piped for sign in CUT)
    # Nobody has published a model of one's own; the obligations of a suite have names, which say what they have always said.
    assert "published" not in piped.replace("@published", "")
    for width in WIDTHS:
        shown = render(items, width=width)
        assert set(shown.split()) - {"\\"} <= words, f"at {width} columns a word is broken"
        for line in shown.splitlines():
            assert cell_len(line) <= width or len(line.split()) == 1, f"at {width} columns: {line}"
