"""What a suite file may say, what it becomes, and that every mistake in one is one line with the file and the key."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.command import run
from tests.nightly.toys import counter, suite
from verifier.documents import Expectation
from verifier.jobs.launch import Worker, start
from verifier.jobs.nightly.execute import Start
from verifier.jobs.nightly.files import default_suite, read_suite
from verifier.jobs.nightly.plan import Planned, references
from verifier.jobs.nightly.run import read_plan
from verifier.kernel.errors import UsageError


def planned(folder: Path, text: str) -> dict[str, Planned]:
    counter(folder)
    return {one.id: one for one in read_plan(suite(folder, text))[1]}


def test_protocols_are_loaded_by_the_workers_that_are_served(tmp_path: Path) -> None:
    counter(tmp_path)
    path = suite(tmp_path, '[[obligation]]\nprotocol = ["counter.py", "hlc"]\n')
    asked: list[str] = []

    def serve(references: Iterable[str]) -> Start:
        asked.extend(references)
        return starting

    def starting(command: str, *hints: str) -> Worker:
        asked.append(command)
        return start(command, *hints)

    _, found, served = read_plan(path, serve=serve)
    assert [one.protocol for one in found] == ["counter", "hlc"]
    assert served is starting
    # The file is loaded in a process of its own.
    assert asked == [str(tmp_path / "counter.py"), "hlc", "survey"]


def test_variants_scopes_and_sizes_are_spelled_out(tmp_path: Path) -> None:
    found = planned(
        tmp_path,
        """
        [defaults]
        k = 5
        timeout = 10

        [[obligation]]
        protocol = "counter.py"
        variant = "*"
        parameters = { Max = "2..3" }

        [[obligation]]
        protocol = "counter.py"
        scope = ["published", "unbounded"]
        properties = ["stops"]
        timeout = 2.5
        """,
    )
    assert list(found) == [
        "counter.py/safe/published/Max=2",
        "counter.py/safe/published/Max=3",
        "counter.py/gap/published/Max=2",
        "counter.py/gap/published/Max=3",
        "counter.py/safe/published/Stops",
        "counter.py/safe/unbounded/Stops",
    ]
    first, last = found["counter.py/safe/published/Max=2"], found["counter.py/safe/unbounded/Stops"]
    assert (first.k, first.timeout, first.settings, first.protocol) == (5, 10, ("Max=2",), "counter")
    assert (last.timeout, last.properties, dict(last.expected)) == (
        2.5,
        ("Stops",),
        {"CounterStops": Expectation(verdict="proved")},
    )


@pytest.mark.parametrize("given", ["Routes-1 (step)", "routes-1 step", "Routes1_Action"])
def test_a_property_is_written_as_published_material_does(tmp_path: Path, given: str) -> None:
    text = f"""
        [[obligation]]
        protocol = "routes"
        properties = ["{given}"]
        expected = {{ "{given}" = "proved" }}
        """
    [one] = planned(tmp_path, text).values()
    assert one.properties == ("Routes-1-step",)
    assert dict(one.expected) == {"Routes1_Action": Expectation(verdict="proved")}


def test_the_models_own_table_is_the_default_with_steps_at_the_published_constants_only(tmp_path: Path) -> None:
    found = planned(
        tmp_path,
        """
        [[obligation]]
        protocol = "counter.py"
        variant = "gap"
        [[obligation]]
        protocol = "counter.py"
        variant = "gap"
        parameters = { Max = 5 }
        [[obligation]]
        protocol = "counter.py"
        variant = "gap"
        parameters = { Max = 6 }
        expected = { CounterStops = "violated in 7 steps", Grows = "bounded 3" }
        """,
    )
    texts = [{name: wanted.text for name, wanted in one.expected.items()} for one in found.values()]
    assert texts[0]["CounterStops"] == "violated in 4 steps"
    assert texts[1]["CounterStops"] == "violated"
    assert texts[2] == {**texts[1], "CounterStops": "violated in 7 steps", "Grows": "bounded 3"}


def test_a_deadlock_is_asked_for_with_what_is_expected_of_it(tmp_path: Path) -> None:
    plain, asked, selected = planned(
        tmp_path,
        """
        [[obligation]]
        protocol = "counter.py"
        [[obligation]]
        protocol = "counter.py"
        deadlock = true
        expected = { Deadlock = "violated in 5 steps" }
        [[obligation]]
        protocol = "counter.py"
        deadlock = true
        properties = ["Grows"]
        """,
    ).values()
    assert "deadlock" not in plain.job()
    assert "Deadlock" not in plain.expected
    assert asked.job()["deadlock"] is True
    assert asked.expected["Deadlock"].text == "violated in 5 steps"
    assert asked.properties == ()
    assert selected.properties == ("Grows", "Deadlock")
    assert selected.expected["Deadlock"].text == "proved"
    assert len({plain.id, asked.id, selected.id}) == 3


def test_every_protocol_but_some(tmp_path: Path) -> None:
    text = '[[obligation]]\nprotocol = "*"\nwithout = ["two"]\n[[obligation]]\nprotocol = ["one", "three"]\n'
    read = read_suite(suite(tmp_path, text))
    assert list(references(read, tmp_path, ["one", "two", "three"])) == ["one", "three"]


@pytest.mark.parametrize(
    ("given", "certified"), [("true", [True, True]), ("'faultless'", [True, False]), ("false", [False, False])]
)
def test_certificates_are_for_all_proofs_or_for_variants_without_a_fault(
    given: str, certified: list[bool], tmp_path: Path
) -> None:
    whole = f"[defaults]\ncertificates = {given}\n[[obligation]]\nprotocol = 'counter.py'\nvariant = '*'\n"
    assert [one.certificates for one in planned(tmp_path, whole).values()] == certified
    own = f"[[obligation]]\nprotocol = 'counter.py'\nvariant = '*'\ncertificates = {given}\n"
    found = planned(tmp_path, own).values()
    assert [one.certificates for one in found] == certified
    assert [one.job()["blame"] for one in found] == certified
    assert [one.job()["thorough"] > 1 for one in found] == certified


def test_the_faults_that_a_suite_expects_itself_count(tmp_path: Path) -> None:
    text = "[[obligation]]\nprotocol = 'counter.py'\ncertificates = 'faultless'\nexpected = {Grows = 'violated'}\n"
    assert [one.certificates for one in planned(tmp_path, text).values()] == [False]


SIZES_ALONE = 'p.variant("small", doc="it is small", bounded="it is an example")\n'


def test_of_all_variants_those_without_a_scope_are_left_out_there(tmp_path: Path) -> None:
    path = counter(tmp_path)
    path.write_text(path.read_text() + SIZES_ALONE)
    text = "[[obligation]]\nprotocol = 'counter.py'\nscope = ['published', 'unbounded']\nvariant = {}\n"
    found = [one.id for one in read_plan(suite(tmp_path, text.format("'*'")))[1]]
    assert found == [
        f"counter.py/{of}"
        for of in ("safe/published", "safe/unbounded", "gap/published", "gap/unbounded", "small/published")
    ]
    named = [one.id for one in read_plan(suite(tmp_path, text.format("'small'")))[1]]
    assert named == ["counter.py/small/published", "counter.py/small/unbounded"]


def test_a_scope_that_no_variant_has_is_a_mistake(tmp_path: Path) -> None:
    text = "[[obligation]]\nprotocol = 'ring-buffered'\nscope = 'unbounded'\nvariant = '*'\n"
    with pytest.raises(UsageError, match=r"obligation\[1\].scope: no variant of ring-buffered has the unbounded scope"):
        read_plan(suite(tmp_path, text))


MISTAKES = [
    ("", "an empty suite", None),
    ("title = 'x'", "obligation: is missing", None),
    ("[[obligation]]", "obligation[1].protocol: is missing", None),
    ("obligation = []", "obligation", None),
    ("[[obligation]\nprotocol = 'counter.py'", "suite.toml:1:", None),
    ("[[obligation]]\nprotocol = 'counter.py'\nprotocol = 'counter.py'", "suite.toml:3:", None),
    ("[[obligation]]\nprotocol = 'counter.py'\nwithout = ['routes']", "obligation[1].without: 'routes'", 'protocol = "*"'),
    ("[[obligation]]\nprotocol = 'counter.py'\nwithout = ['route']", "obligation[1].without: 'route'", "routes?"),
    ("[[obligation]]\nprotocol = 'no-such'", "obligation[1].protocol: unknown protocol no-such", None),
    ("[[obligation]]\nprotocol = 'missing.py'", "obligation[1].protocol: ", None),
    ("[[obligation]]\nprotocol = 'counter.py'\nvariant = 'gpa'", "obligation[1].variant: ", "did you mean gap?"),
    ("[[obligation]]\nprotocol = 'counter.py'\nscope = 'bounded'", "obligation[1].scope: should be 'published'", None),
    ("[[obligation]]\nprotocol = 'counter.py'\nproperties = ['Stop']", "obligation[1]: ", "did you mean Stops?"),
    ("[[obligation]]\nprotocol = 'counter.py'\nengine = 'bcm'", "obligation[1].engine: ", "engines: auto"),
    (
        "[[obligation]]\nprotocol = 'counter.py'\nparameters = { Mx = 3 }",
        "obligation[1].parameters: ",
        "did you mean Max?",
    ),
    (
        "[[obligation]]\nprotocol = 'counter.py'\nparameters = { Max = '4..2' }",
        "obligation[1].parameters.Max: 4..2",
        None,
    ),
    ("[[obligation]]\nprotocol = 'counter.py'\nparameters = { Max = 'many' }", "obligation[1].parameters: ", None),
    ("[[obligation]]\nprotocol = 'counter.py'\nscope = 'unbounded'\nparameters = { Max = 2 }", "gives none", None),
    ("[[obligation]]\nprotocol = 'counter.py'\ntimeuot = 3", "obligation[1].timeuot: there is no such key", "timeout"),
    ("[[obligation]]\nprotocol = 'counter.py'\ntimeout = '3'", "obligation[1].timeout: should be a valid number", None),
    ("[[obligation]]\nprotocol = 'counter.py'\ntimeout = 0", "obligation[1].timeout: ", None),
    ("[[obligation]]\nprotocol = 3", "obligation[1].protocol: should be a valid string or a valid list, not 3", None),
    ("[defaults]\nmemory = 'much'\n[[obligation]]\nprotocol = 'counter.py'", "defaults.memory: ", None),
    ("[[obligation]]\nprotocol = 'counter.py'\nexpected = 'holds'", "obligation[1].expected: 'holds' is no", None),
    (
        "[[obligation]]\nprotocol = 'counter.py'\nexpected = { Stop = 'proved' }",
        "obligation[1]: ",
        "did you mean Stops?",
    ),
    (
        "[[obligation]]\nprotocol = 'counter.py'\nexpected = { Stops = 'proved', CounterStops = 'violated' }",
        "obligation[1].expected.CounterStops: violated contradicts proved",
        None,
    ),
    (
        "[[obligation]]\nprotocol = 'counter.py'\nproperties = ['Stops']\nexpected = { Grows = 'proved' }",
        "obligation[1].expected.Grows: ",
        None,
    ),
    (
        "[[obligation]]\nprotocol = 'counter.py'\nk = 3\nexpected = 'bounded 4'",
        "obligation[1].expected: bounded 4 cannot be met with k = 3",
        "set k = 4",
    ),
    (
        "[[obligation]]\nprotocol = 'counter.py'\n[[obligation]]\nprotocol = 'counter.py'\nexpected = 'violated'",
        "obligation[2].expected: of Stops in counter.py/safe/published it expects violated, but obligation[1] expects proved",
        None,
    ),
    ("[[obligation]]\nprotocol = ['counter.py', 'counter.py']", "is an obligation of obligation[1] already", None),
]


@pytest.mark.parametrize(("text", "names", "hint"), MISTAKES)
def test_a_mistake_is_one_line_with_the_key(
    text: str,
    names: str,
    hint: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counter(tmp_path)
    suite(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    assert run(["nightly", "--suite", "suite.toml"]) == 2
    written = capsys.readouterr().err
    lines = written.splitlines()
    assert lines[0].startswith("verify: suite.toml:"), written
    assert names in lines[0]
    assert len(lines) <= 2
    assert hint is None or hint in written
    assert sorted(os.listdir(tmp_path)) in (["counter.py", "suite.toml"], ["__pycache__", "counter.py", "suite.toml"])


@pytest.mark.parametrize(
    "noise", [os.urandom(1000), b"\xff" * 1000, b"[" * 100_000, os.urandom(10 << 20), b"a = 1\n" * (2 << 20)]
)
def test_noise_is_refused(noise: bytes, tmp_path: Path) -> None:
    path = tmp_path / "noise.toml"
    path.write_bytes(noise)
    with pytest.raises(UsageError) as caught:
        read_suite(path)
    assert str(path) in caught.value.message
    assert len(caught.value.message) < len(str(path)) + 300


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_suite_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_suite(tmp_path / name)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--jobs", "0"],
        ["--keep", "0"],
        ["--out", "suite.toml"],
        pytest.param(["--scheduler", "nowhere:1"], marks=pytest.mark.nightly),
    ],
)
def test_options_are_checked(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counter(tmp_path)
    suite(tmp_path, "[[obligation]]\nprotocol = 'counter.py'")
    monkeypatch.chdir(tmp_path)
    assert run(["nightly", "--suite", "suite.toml", *arguments]) == 2
    assert arguments[0] in capsys.readouterr().err


# What the shipped suite leaves out, and why.
LEFT_OUT = {
    ("mpmc", "two", "unbounded"),  # they take half a minute each; tests of the model prove them
    ("mpmc", "slot-wait-two", "unbounded"),
    ("multi-paxos", "unfair", "published"),  # a difference in fairness, which no safety property depends on
    ("multi-paxos", "unfair", "unbounded"),
    ("votor-chain", "sn-no-parent", "published"),  # four million states; the suite asks for its broken chain alone
}


@pytest.mark.nightly
def test_the_shipped_suite_covers_every_protocol_variant_and_scope() -> None:
    from verifier.catalog import load
    from verifier.catalog.builtins import names
    from verifier.semantics.scope.unbounded import has_unbounded_scope

    whole = [one for one in read_plan(default_suite())[1] if not one.properties and not one.parameters]
    found = {(one.reference, one.variant, one.scope) for one in whole}
    for name in names():
        protocol = load(name)
        for variant in protocol.variants:
            model = protocol.model(variant)
            scopes = {"published", "unbounded"} if has_unbounded_scope(model) else {"published"}
            if name == "votor-ledger" and variant != next(iter(protocol.variants)):
                scopes = {"published"}  # its variants are other numbers
            assert {(name, variant, scope) for scope in scopes} - found <= LEFT_OUT


@pytest.mark.nightly
def test_the_shipped_suite_sweeps_over_sizes() -> None:
    assert len([one for one in read_plan(default_suite())[1] if one.parameters]) >= 10
