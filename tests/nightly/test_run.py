"""Whole runs of small suites: what is reported, what is taken from the store, and what one bad obligation does to the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.nightly.toys import by_id, counter, nightly, suite
from verifier import api
from verifier.documents import Nightly, Obligation
from verifier.jobs.nightly.run import Watch
from verifier.kernel.errors import UsageError

pytestmark = pytest.mark.full

TWO = """
[[obligation]]
protocol = ["one.py", "two.py"]
variant = "*"
"""
PLAIN = f"{TWO}certificates = false\n"
"""The same where no test looks at the certificates, which take most of the time."""

Runner = Callable[..., Nightly]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(tmp_path)
    counter(tmp_path, "one")
    counter(tmp_path, "two")
    suite(tmp_path, PLAIN)
    # Others may be editing the verifier's sources while the tests run.
    monkeypatch.setattr("verifier.jobs.nightly.run.sources_digest", lambda: "sources")
    monkeypatch.setattr("verifier.jobs.nightly.execute.sources_digest", lambda: "sources")

    def call(**options: Any) -> Nightly:
        return api.nightly(**{"suite": "suite.toml", "jobs": 2, "out": "out", **options})

    return call


def from_store(report: Nightly) -> dict[str, bool]:
    return {entry.id: entry.cached for entry in report.obligations}


def test_a_run_and_its_report(run: Runner, tmp_path: Path) -> None:
    suite(tmp_path, TWO)
    report = run()
    assert [entry.id for entry in report.obligations] == [
        f"{name}.py/{variant}/published" for name in ("one", "two") for variant in ("safe", "gap")
    ]
    assert report.met
    assert report.cached == 0
    gap = report.obligations[1]
    assert gap.verdicts["Stops"] == "violated"
    assert gap.expected["Stops"].text == "violated in 4 steps"
    assert gap.result is not None
    assert gap.result["Stops"].steps == 4
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written == report.to_document()
    assert Nightly.from_document(written) == report


@pytest.mark.nightly
def test_only_what_changed_is_run_again(run: Runner, tmp_path: Path) -> None:
    suite(tmp_path, TWO)
    first = run()
    again = run()
    assert all(from_store(again).values())
    assert again.met
    assert again.changes == ()
    assert again.previous == first.started
    assert [entry.result for entry in again.obligations] == [entry.result for entry in first.obligations]
    assert [entry.certificates for entry in again.obligations] == [entry.certificates for entry in first.obligations]

    counter(tmp_path, "one", limit="Max - 1")
    changed = run()
    assert from_store(changed) == {name: name.startswith("two") for name in from_store(changed)}

    path = tmp_path / "two.py"
    path.write_text(path.read_text().replace('"""It counts."""', '"""It counts on."""') + "\n# A remark.\n")
    assert all(from_store(run()).values())
    assert not any(from_store(run(fresh=True)).values())
    assert [len(entry.history) for entry in run().obligations] == [3, 3, 2, 2]


@pytest.mark.nightly
def test_a_gap_that_no_longer_breaks_is_a_failure(run: Runner, tmp_path: Path) -> None:
    run()
    path = tmp_path / "one.py"
    path.write_text(path.read_text().replace('guard("storable", s.at <= Max + 1)', 'guard("storable", s.at < Max)'))
    report = run()
    statuses = {entry.id: entry.status for entry in report.obligations}
    assert statuses.pop("one.py/gap/published") == "contradicted"
    assert set(statuses.values()) == {"met"}
    (difference,) = by_id_of(report)["one.py/gap/published"].differences
    assert (difference.property, difference.expected, difference.found) == ("Stops", "violated in 4 steps", "proved")
    assert ("one.py/gap/published", "Stops", "verdict") in [(c.obligation, c.property, c.kind) for c in report.changes]


def by_id_of(report: Nightly) -> dict[str, Obligation]:
    return {entry.id: entry for entry in report.obligations}


def test_an_expectation_that_changes_needs_no_new_run(run: Runner, tmp_path: Path) -> None:
    text = "[[obligation]]\nprotocol = 'one.py'\nvariant = 'gap'\n"
    suite(tmp_path, text)
    assert run().met
    suite(tmp_path, text + "expected = { Stops = 'violated in 3 steps' }")
    report = run()
    assert report.cached == 1
    assert report.obligations[0].status == "contradicted"


@pytest.mark.nightly
def test_a_model_that_is_ill_formed_fails_alone(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("from verifier.kernel import Protocol\np = Protocol('one', 'x')\nx = 1 / 0\n")
    suite(tmp_path, "[[obligation]]\nprotocol = ['one.py', 'two.py']")
    report = run()
    found = by_id_of(report)
    assert found["one.py/default/published"].status == "failed"
    assert found["one.py/default/published"].failure == "input"
    assert "one.py:3" in str(found["one.py/default/published"].reason)
    assert found["two.py/safe/published"].met


def test_open_expectations_and_what_is_not_stored(run: Runner, tmp_path: Path) -> None:
    suite(tmp_path, "[[obligation]]\nprotocol = 'one.py'\nengine = 'bmc'\nk = 2\nproperties = ['Stops']")
    report = run()
    assert report.obligations[0].status == "open"
    assert report.obligations[0].differences[0].found == "bounded 2"


def test_an_interrupt_leaves_a_report_and_a_store(run: Runner, tmp_path: Path) -> None:
    finished: list[str] = []

    def tick() -> None:
        if finished:
            raise KeyboardInterrupt

    with pytest.raises(api.Interrupted) as caught:
        run(jobs=1, watch=Watch(on_finish=lambda entry: finished.append(entry.id), on_tick=tick))
    report = caught.value.partial
    assert report.ended == "interrupted"
    assert len(report.obligations) == 4
    assert report.count("met") >= 1
    assert report.count("open") >= 1
    assert json.loads((tmp_path / "out" / "report.json").read_text())["ended"] == "interrupted"
    rest = run()
    assert rest.met
    assert rest.cached == report.count("met")
    assert rest.previous is None


@pytest.mark.nightly
def test_the_last_recorded_durations_decide_the_order(run: Runner) -> None:
    run()
    orders: list[list[str]] = []
    report = run(fresh=True, watch=Watch(on_plan=lambda pending, total: orders.append(pending)))
    durations = {entry.id: entry.history[-1].seconds for entry in report.obligations}
    assert orders == [sorted(durations, key=lambda name: -durations[name])]


@pytest.mark.nightly
def test_a_corrupt_store_is_told_of(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "nightly.sqlite").write_bytes(b"noise" * 1000)
    report = run()
    assert report.met
    assert "moved" in report.messages[0]
    assert all(from_store(run()).values())


def test_a_file_given_for_the_folder(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(UsageError, match="--out"):
        run()


def test_the_command(run: Runner, tmp_path: Path) -> None:
    text = "[[obligation]]\nprotocol = 'one.py'\nvariant = 'gap'\nexpected = { Stops = 'proved' }"
    suite(tmp_path, text)
    page = tmp_path / "page.md"
    done = nightly(
        tmp_path, "--suite", "suite.toml", "--json", "r.json", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page)
    )
    assert done.returncode == 1, done.stderr
    assert "title=contradiction%3A one.py/gap/published Stops::expected proved, found violated" in done.stdout
    assert "0 of 1 obligations met, 1 contradicted" in done.stdout
    assert "contradicted" in done.stderr
    assert "Stops" in page.read_text()
    found = by_id(json.loads((tmp_path / "r.json").read_text()))["one.py/gap/published"]
    assert (found["met"], found["verdicts"]["Stops"], found["expected"]["Stops"]["verdict"]) == (
        False,
        "violated",
        "proved",
    )
    (dated,) = [path for path in (tmp_path / "reports").iterdir() if path.is_dir()]
    assert dated.name.endswith("-suite")
    assert {"report.json", "index.html", "junit.xml", "summary.md"} <= {path.name for path in dated.iterdir()}
    assert (dated / "pages" / "one.html").is_file()


@pytest.mark.nightly
def test_json_on_standard_output_is_alone_there(run: Runner, tmp_path: Path) -> None:
    suite(tmp_path, "[[obligation]]\nprotocol = 'one.py'")
    done = nightly(tmp_path, "--suite", "suite.toml", "--json", "-", GITHUB_ACTIONS="true")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == "verify.nightly/1"
