"""The store between runs: what it keeps, and that nothing that is wrong with it stops a run."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from verifier.jobs.nightly import folder
from verifier.jobs.nightly.store import Store

CONTENT = {"document": {"properties": []}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "nightly.sqlite"


def filled(path: Path) -> None:
    store = Store(path)
    store.keep("k", "o", "2026-01-01", CONTENT)
    store.lasted("o", "2026-01-01", 1.5)
    store.lasted("o", "2026-01-02", 2.5)
    store.finished("s", "2026-01-01", {"o": {}})
    store.close()


def test_what_was_kept_is_found_by_a_later_run(path: Path) -> None:
    filled(path)
    store = Store(path)
    assert store.verdict("k") == {**CONTENT, "key": "k"}
    assert store.verdict("other") is None
    assert store.durations("o") == [("2026-01-01", 1.5), ("2026-01-02", 2.5)]
    assert store.durations("o", 1) == [("2026-01-02", 2.5)]
    assert store.last_run("s") == ("2026-01-01", {"o": {}})
    assert store.last_run("t") is None
    assert store.messages == []


def test_what_is_kept_is_there_at_once(path: Path) -> None:
    writer = Store(path)
    writer.keep("k", "o", "2026-01-01", CONTENT)
    assert Store(path).verdict("k") is not None
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    "content",
    [b"not a database at all, but long enough to be looked at" * 100, b"SQLite format 3\0" + b"\xff" * 5000, b"x"],
)
def test_a_corrupt_store_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    store = Store(path)
    assert len(store.messages) == 1
    assert "corrupt" in store.messages[0]
    (aside,) = path.parent.glob("*.aside-*")
    assert aside.read_bytes() == content
    store.keep("k", "o", "2026-01-01", CONTENT)
    store.close()
    assert Store(path).verdict("k") is not None


def test_a_store_with_a_torn_middle_is_set_aside_or_misses(path: Path) -> None:
    filled(path)
    content = bytearray(path.read_bytes())
    for start in range(100, len(content), 700):
        content[start : start + 60] = b"\xa5" * 60
    path.write_bytes(content)
    store = Store(path)
    assert store.verdict("k") is None
    store.keep("k", "o", "2026-01-01", CONTENT)
    assert store.verdict("k") is not None


@pytest.mark.parametrize(
    ("statement", "told"), [("PRAGMA user_version = 99", "format"), ("PRAGMA application_id = 7", "another")]
)
def test_a_foreign_store_is_set_aside(path: Path, statement: str, told: str) -> None:
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    store = Store(path)
    assert told in store.messages[0]
    assert store.verdict("k") is None


def test_an_entry_that_was_changed_is_a_miss(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE verdicts SET content = zeroblob(20)")
    connection.execute("UPDATE runs SET outcomes = '{'")
    connection.commit()
    store = Store(path)
    assert store.verdict("k") is None
    assert store.last_run("s") is None


def test_an_entry_of_another_key_is_a_miss(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE verdicts SET key = 'l'")
    connection.commit()
    assert Store(path).verdict("l") is None


def test_a_store_that_fails_later_is_told_once_and_left(path: Path) -> None:
    store = Store(path)
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE verdicts; DROP TABLE durations;")
    store.keep("k", "o", "2026-01-01", CONTENT)
    store.lasted("o", "2026-01-01", 1.0)
    assert store.durations("o") == [("2026-01-01", 1.0)]
    assert len(store.messages) == 1
    assert "not kept" in store.messages[0]


def test_a_store_that_cannot_be_opened_is_done_without(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "file").touch()
    store = Store(path)
    store.keep("k", "o", "2026-01-01", CONTENT)
    assert store.messages
    assert (path / "file").exists() or list(path.parent.glob("*.aside-*"))


def test_several_runs_write_to_one_store(path: Path) -> None:
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            store = Store(path)
            for turn in range(20):
                store.keep(f"{number}-{turn}", "o", "2026-01-01", CONTENT)
                store.keep("shared", "o", "2026-01-01", CONTENT)
            assert store.messages == []
            store.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    store = Store(path)
    assert all(store.verdict(f"{number}-{turn}") for number in range(4) for turn in range(20))
    assert store.verdict("shared")


def test_what_was_stored_before_under_another_key(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    assert store.earlier("o", "b") is None
    for day, key in enumerate(("a", "b", "c"), 1):
        store.keep(key, "o", f"2026-01-0{day}T00:00:00+00:00", {"started": key})
    store.keep("d", "other", "2026-01-09T00:00:00+00:00", {})
    assert [(store.earlier("o", key) or {}).get("started") for key in "abcd"] == ["c", "c", "b", "c"]


def test_only_dated_folders_with_a_report_are_removed(tmp_path: Path) -> None:
    for name in ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "keepsakes", "2025-12-31"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text("{}")
    (tmp_path / "2025-12-31" / "report.json").unlink()
    folder.retain(tmp_path / "2026-01-03", 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2025-12-31", "2026-01-03", "2026-01-04", "keepsakes"]


def test_reports_of_other_suites_are_not_counted(tmp_path: Path) -> None:
    for name in ("2026-01-01", "2026-01-02-ours", "2026-01-03-ours", "2026-01-03", "2026-01-04-theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text("{}")
    folder.retain(tmp_path / "2026-01-03-ours", 1)
    left = ["2026-01-01", "2026-01-03", "2026-01-03-ours", "2026-01-04-theirs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == left


def test_suites_of_one_day_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given: list[Path] = []
    for suite in (None, "suite.toml", "elsewhere/suite.toml", "a suite.toml", "ä suite.toml"):
        given.append(folder.default_folder("2026-01-01", suite))
        given[-1].mkdir(parents=True)
        (given[-1] / "report.json").write_text(json.dumps({"suite": suite or "default"}))
        assert folder.default_folder("2026-01-01", suite) == given[-1]
    assert [path.as_posix() for path in given[:3]] == [
        f"reports/2026-01-01{tail}" for tail in ("", "-suite", "-suite-2")
    ]
    assert len(set(given)) == 5
    (given[1] / "report.json").write_text("no report")
    assert folder.default_folder("2026-01-01", "suite.toml") == given[1]


def test_certificates_of_different_obligations_have_different_paths() -> None:
    names = [
        "a/b/published",
        "a/b_published",
        "../a.py/safe/published",
        "a.py/safe/published",
        "a/b/published/Keys={x,y}",
        "ü/b",
        "ö/b",
    ]
    paths = {folder.certificate_path(name, "x.cert.json") for name in names}
    assert len(paths) == len(names)
    assert all(path.count("/") == 2 and ".." not in path for path in paths)
