"""The page of protocols is up to date: with the models, with the record of verdicts, with what the models expect."""

from __future__ import annotations

import shlex

import pytest

from tests import command
from tests.docs import protocols
from verifier.catalog import builtins, load
from verifier.documents import Listing
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.kernel.describing import describe
from verifier.kernel.errors import ModelError
from verifier.report.protocols import (
    Record,
    RecordedDrop,
    RecordedGaps,
    RecordedProtocol,
    RecordedRun,
    RecordedVerdict,
    page,
)

WRITE_IT_ANEW = "run `make protocols` and commit what it writes"
FINDINGS = [
    pytest.param(name, finding, marks=pytest.mark.full if name == "composed" else pytest.mark.nightly)
    for name in builtins.names()
    for finding in load(name).findings
]


def test_the_verdicts_are_about_the_models_as_they_are() -> None:
    assert protocols.stale(protocols.read_record()) == [], WRITE_IT_ANEW


def test_the_page_is_what_would_be_written_now() -> None:
    written = page(protocols.listing(), protocols.read_record())
    assert protocols.PAGE.read_text(encoding="utf-8") == written, WRITE_IT_ANEW


@pytest.mark.parametrize("name", builtins.names())
def test_the_verdicts_are_the_expected_ones(name: str) -> None:
    protocol = load(name)
    for run in protocols.read_record().protocols[name].runs:
        stated = protocol.model(run.variant).stated
        expected = {found.short or found.name: found.expectation(run.variant) for found in stated}
        # Without bounds fair steps stay enabled: of progress at any size nothing is announced, as it says nothing of an instance.
        progress = {found.short or found.name for found in stated if found.kind == "liveness"}
        for prop, found in run.verdicts.items():
            announced = found.verdict in ("proved", "violated") and prop not in progress
            if run.scope == "published" or announced:
                assert found.verdict == expected[prop].verdict, (run.variant, run.scope, prop)
            if run.scope == "published" and found.verdict == "violated":
                assert found.steps == expected[prop].steps, (run.variant, prop)


@pytest.mark.nightly
@pytest.mark.parametrize("name", builtins.names())
def test_proving_again_gives_the_same_record(name: str) -> None:
    assert protocols.prove_anew(name) == protocols.read_record().protocols[name]


@pytest.mark.parametrize(("name", "finding"), FINDINGS, ids=lambda item: getattr(item, "title", item))
def test_the_command_of_a_finding_runs(name: str, finding: object, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(getattr(finding, "command"))  # noqa: B009 - parametrize hides the type
    assert words[0] == "verify"
    code, printed = command.run(words[1:]), capsys.readouterr()
    assert code in (0, 1, 3), printed.err
    assert printed.out


# -- the page itself -------------------------------------------------------------------------------------------------------


def bell() -> Protocol:
    p = Protocol("bell", "a bell", source="nowhere")

    class Count(Range, low=0, high=2):
        pass

    @p.state
    class State:
        rung: Count = var(0)

    @p.action
    def Ring(s: State) -> None:
        """Rings | once."""
        guard("below", s.rung < 2)
        s.rung += 1

    @p.invariant(short="B-1", vacuous="so says the type")
    def Natural(s: State) -> Bool:
        """Not negative."""
        return s.rung >= 0

    p.finding("It stops", "After two rings.", command="verify explore bell")
    return p


def written(found: RecordedProtocol | None = None) -> str:
    listing = Listing.from_document({"protocols": [describe(bell())]})
    return page(listing, Record(protocols={} if found is None else {"bell": found}))


def test_a_protocol_without_verdicts_still_has_its_entry() -> None:
    text = written()
    assert "- [bell](#bell): a bell" in text
    assert "A bell. Source: nowhere." in text
    assert "| `Ring()` | Rings \\| once. |" in text
    assert "| `B-1` | `Natural` | state | Not negative. | so says the type |" in text
    assert "- **It stops.** After two rings. `verify explore bell`" in text


def test_verdicts_and_gaps_have_their_words() -> None:
    runs = (
        RecordedRun(
            variant="safe",
            scope="published",
            verdicts={"B-1": RecordedVerdict(verdict="proved", vacuous="well-typed")},
        ),
        RecordedRun(variant="gap", scope="published", verdicts={"B-1": RecordedVerdict(verdict="violated", steps=1)}),
        RecordedRun(variant="safe", scope="unbounded", not_stated={"B-1": "it reads Limit, which is dropped"}),
    )
    drops = {"Ring.below": RecordedDrop(breaks={"TypeOK": 3}, inert=False)}
    text = written(RecordedProtocol(digest="", runs=runs, gaps=RecordedGaps(settings=("Most=2",), drops=drops)))
    assert "| `B-1` | proved | **violated**, 1 step |" in text
    assert "| `B-1` | not stated |" in text
    assert "- `B-1` is not stated at this scope: it reads Limit, which is dropped." in text
    assert "well-typed: so says the type" in text
    assert "(`verify gaps bell --set Most=2`)" in text
    assert "| `Ring.below` | guard | **TypeOK** in 3 steps |" in text


@pytest.mark.parametrize(
    ("drop", "words"),
    [
        (RecordedDrop(inert=True, same_states=False), "nothing breaks"),
        (RecordedDrop(inert=True, same_states=True), "nothing breaks, and the same states are reachable"),
        (RecordedDrop(depth=8), "nothing breaks within 8 steps"),
        (RecordedDrop(), "not decided"),
    ],
)
def test_what_is_not_known_of_a_guard_is_not_said(drop: RecordedDrop, words: str) -> None:
    text = written(RecordedProtocol(digest="", gaps=RecordedGaps(drops={"Ring.below": drop})))
    assert f"| `Ring.below` | guard | {words} |" in text


@pytest.mark.parametrize(
    ("title", "text", "command"),
    [("", "t", "verify list"), ("t", " ", "verify list"), ("t", "t", "explore"), ("It stops", "t", "verify list")],
)
def test_a_finding_needs_all_its_parts(title: str, text: str, command: str) -> None:
    with pytest.raises(ModelError) as caught:
        bell().finding(title, text, command=command)
    assert caught.value.position is not None
