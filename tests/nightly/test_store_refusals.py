"""A store that is only in use, read-only or full is healthy, and stays where it is; and no row of it can end a night."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.nightly.toys import counter, suite
from verifier import api
from verifier.documents import Nightly
from verifier.jobs.nightly.changes import changes
from verifier.jobs.nightly.outcome import remembered, returned
from verifier.jobs.nightly.plan import Planned
from verifier.jobs.nightly.planning import read_plan
from verifier.jobs.nightly.store import Store, _digest
from verifier.kernel.errors import UsageError

LARGEST = 1 << 22
"""Bytes of the largest entry, here: what is larger is quickly made."""

CONTENT = {"document": {"properties": []}}
HUGE = 10**400


@pytest.fixture(autouse=True)
def _largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.jobs.nightly.store._LARGEST", LARGEST)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "nightly.sqlite"
    store = Store(path)
    store.keep("k", "o", "2026-01-01", CONTENT)
    store.lasted("o", "2026-01-01", 1.5)
    store.finished("s", "2026-01-01", {"o": {}})
    store.close()
    return path


def untouched(path: Path) -> bool:
    """Whether the store is where it was, and holds what it held."""
    store = Store(path)
    return not list(path.parent.glob("*.aside-*")) and store.messages == [] and store.verdict("k") is not None


def test_a_locked_store_is_waited_for_and_then_done_without(path: Path) -> None:
    said: list[str] = []
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    store = Store(path, say=said.append, patience=1.0)
    assert time.monotonic() - began < 20
    assert said == [f"waiting for the store {path}, which another process has locked"]
    assert store.messages == [f"the store {path} cannot be used (database is locked); verdicts are not kept"]
    store.keep("l", "o", "2026-01-01", CONTENT)
    assert store.verdict("l") is not None  # for the rest of the run
    other.execute("ROLLBACK")
    other.close()
    assert untouched(path)


def test_a_store_that_is_locked_during_a_run_is_waited_for(path: Path) -> None:
    said: list[str] = []
    store = Store(path, say=said.append, patience=1.0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.keep("l", "o", "2026-01-01", CONTENT)
    assert len(said) == 1
    assert len(store.messages) == 1
    assert "cannot be used any more (database is locked)" in store.messages[0]
    other.execute("ROLLBACK")
    other.close()
    assert untouched(path)


def test_a_lock_that_is_released_in_time_is_no_message(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    store = Store(path, say=lambda line: bool(other.execute("ROLLBACK")), patience=60)
    other.execute("BEGIN IMMEDIATE")
    store.keep("l", "o", "2026-01-01", CONTENT)
    assert store.messages == []
    assert Store(path).verdict("l") is not None


def test_a_run_that_opens_the_store_without_end_is_not_waited_for_without_end(path: Path) -> None:
    said: list[str] = []
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        store = Store(path, say=said.append, patience=1.0)
    assert len(said) == 1
    assert "is being opened by another process" in store.messages[0]
    assert untouched(path)


def test_a_store_that_cannot_be_written_is_still_read(path: Path) -> None:
    store = Store(path)
    store._connection.execute("PRAGMA query_only = 1")
    store.keep("l", "o", "2026-01-01", CONTENT)
    store.lasted("o", "2026-01-02", 1.0)
    store.finished("s", "2026-01-02", {})
    assert len(store.messages) == 1
    assert "cannot be written to (attempt to write a readonly database); new verdicts are not kept" in store.messages[0]
    assert store.verdict("k") is not None
    assert untouched(path)


def test_a_store_on_a_full_disk_is_still_read(path: Path) -> None:
    store = Store(path)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    store.keep("l", "o", "2026-01-01", {"filler": os.urandom(100_000).hex()})
    assert len(store.messages) == 1
    assert "cannot be written to (database or disk is full)" in store.messages[0]
    assert store.verdict("k") is not None
    assert untouched(path)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (sqlite3.SQLITE_IOERR_READ, "disk I/O error"),
        (sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "attempt to write a readonly database"),
        (sqlite3.SQLITE_FULL, "database or disk is full"),
        (sqlite3.SQLITE_PERM, "access permission denied"),
    ],
)
def test_what_the_system_refuses_is_not_corruption(
    code: int, name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> sqlite3.Connection:
        error = sqlite3.OperationalError(name)
        error.sqlite_errorcode = code
        raise error

    with monkeypatch.context() as patched:
        connect = sqlite3.connect
        patched.setattr(
            sqlite3, "connect", lambda name, **options: connect(name, **options) if name == ":memory:" else refused()
        )
        store = Store(path)
        assert store.messages == [f"the store {path} cannot be used ({name}); verdicts are not kept"]
    assert untouched(path)


@pytest.mark.parametrize("name", ["fifo", "folder", "socket"])
def test_what_is_not_a_regular_file_is_left_alone(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    given = tmp_path / name
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
    before = os.stat(given)
    store = Store(given)
    assert "is not a regular file" in store.messages[0]
    assert os.stat(given).st_ino == before.st_ino
    assert not list(given.parent.glob(f"{given.name}.*"))


def test_a_link_is_followed_and_moved_aside_with_nothing_else(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    assert Store(link).verdict("k") is not None
    path.write_bytes(b"no database at all")
    assert "corrupt" in Store(link).messages[0]
    assert link.is_symlink()
    assert Store(link).messages == []


def test_a_planted_lock_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "nightly.sqlite.lock").symlink_to(victim)
    store = Store(tmp_path / "nightly.sqlite")
    assert "cannot be used" in store.messages[0]
    assert not victim.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        Store(tmp_path / "file" / "x" / "nightly.sqlite")


ROWS = [
    "UPDATE durations SET seconds = 'many'",
    "UPDATE durations SET seconds = x'00'",
    "UPDATE durations SET seconds = -1.0",
    "UPDATE durations SET seconds = 9e999",
    "UPDATE durations SET seconds = 1e300",
    "UPDATE durations SET started = x'ff'",
    "UPDATE durations SET started = CAST(x'ff' AS TEXT)",
    "UPDATE durations SET started = 'never'",
    "UPDATE durations SET started = char(0)",
    "UPDATE durations SET started = hex(zeroblob(100000))",
    "UPDATE durations SET started = 17",
    "UPDATE runs SET outcomes = x'ff'",
    "UPDATE runs SET outcomes = CAST(x'ff' AS TEXT)",
    "UPDATE runs SET outcomes = 3",
    "UPDATE runs SET outcomes = '[]'",
    "UPDATE runs SET outcomes = replace(hex(zeroblob(100000)), '0', '[')",
    "UPDATE runs SET started = x'ff'",
    "UPDATE runs SET started = 'never'",
    "UPDATE verdicts SET content = 'text'",
    "UPDATE verdicts SET content = 3",
    "UPDATE verdicts SET content = x''",
    f"UPDATE verdicts SET content = zeroblob({2 * LARGEST})",
    "UPDATE verdicts SET digest = x'ff'",
    "UPDATE verdicts SET digest = 3",
    "UPDATE verdicts SET recorded = x'ff', obligation = x'ff'",
]


@pytest.mark.parametrize("statement", ROWS)
def test_a_row_that_makes_no_sense_is_taken_for_missing(statement: str, path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    store = Store(path)
    assert store.durations("o") in ([], [("2026-01-01", 1.5)])
    assert store.last_run("s") in (None, ("2026-01-01", {"o": {}}))
    assert store.verdict("k") in (None, {**CONTENT, "key": "k"})
    assert store.messages == []
    store.keep("l", "o", "2026-01-01", CONTENT)
    assert store.verdict("l") is not None


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(b" " * LARGEST + b'{"key": "k"}'),  # a bomb
        zlib.compress(b"[" * 100_000),
        zlib.compress(b'{"key": "k"'),
        zlib.compress(b'["k"]'),
        zlib.compress(b'{"key": "k"}')[:-3],
        b"",
    ],
    ids=["bomb", "deep", "torn", "list", "cut", "empty"],
)
def test_content_that_makes_no_sense_is_taken_for_missing(packed: bytes, path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE verdicts SET content = ?, digest = ?", (packed, _digest("k", packed)))
    connection.commit()
    connection.close()
    assert Store(path).verdict("k") is None


@pytest.mark.parametrize(
    "outcome",
    [None, 3, [], {}, {"status": 3}, {"status": "met"}, {"status": "met", "properties": []},
     {"status": "met", "properties": {"P": None}}, {"status": "met", "properties": {"P": []}},
     {"status": "met", "properties": {"P": [1, 2, 3]}}],
)  # fmt: skip
def test_an_outcome_that_makes_no_sense_is_taken_for_new(outcome: Any) -> None:
    after = {"o": {"status": "met", "properties": {"P": ["proved", "proved", "lemmas", "P"]}}}
    assert [change.kind for change in changes({"o": outcome}, after)] == ["new"]


SOUND: dict[str, Any] = {
    "started": "2026-01-01T00:00:00+00:00",
    "seconds": 1.5,
    "processor": None,
    "stopped": None,
    "document": {
        "schema": "verify.result/1",
        "protocol": "counter",
        "properties": [
            {"name": "Stops", "verdict": "proved", "method": "k-induction", "k": 1},
            {"name": "Grows", "verdict": "proved", "method": "k-induction", "k": 1},
        ],
    },
    "failure": None,
    "certificates": {"a.cert.json": "{}"},
    "checks": [{"property": "Stops", "file": "a.cert.json", "outcome": "agreed"}],
    "sources": "sources",
    "versions": {"z3": "5", "cvc5": None},
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    folder = tmp_path_factory.mktemp("suite")
    counter(folder)
    return read_plan(suite(folder, "[[obligation]]\nprotocol = 'counter.py'\n"))[1][0]


def test_a_sound_outcome_stands_for_a_run(planned: Planned) -> None:
    known = remembered(planned, SOUND, [])
    assert known is not None
    assert known[0].cached
    assert known[0].verdicts["Stops"] == "proved"
    assert returned(planned, SOUND, [])[1] == SOUND


@pytest.mark.parametrize(
    "fields",
    [
        {"document": []},
        {"document": {}},
        {"document": {"properties": 3}},
        {"document": {"properties": []}},
        {"document": {"properties": [{"verdict": "proved"}]}},
        {"document": {"properties": [{"name": "Stops", "verdict": "proved"}]}},
        {"document": {"properties": [3]}},
        {"seconds": "many"},
        {"seconds": -1},
        {"seconds": float("inf")},
        {"seconds": float("nan")},
        {"seconds": HUGE},
        {"started": None},
        {"checks": {}},
        {"checks": [{}]},
        {"checks": [{"outcome": "agreed", "file": 3}]},
        {"checks": [{"outcome": [], "file": "x"}]},
        {"certificates": []},
        {"certificates": {"x": 3}},
        {"failure": 3},
        {"failure": {"kind": "x", "message": ""}},
        {"versions": 3},
        {"sources": None},
    ],
)
def test_an_outcome_without_sense_ends_no_night(fields: Any, planned: Planned) -> None:
    outcome = {**SOUND, **fields}
    assert remembered(planned, outcome, []) is None
    assert returned(planned, outcome, [])[0].status in ("failed", "open")
    for whole in (None, 3, [], {}, "x"):
        assert remembered(planned, whole, []) is None
        assert returned(planned, whole, [])[0].failure == "internal"


@pytest.mark.nightly
def test_a_night_whose_rows_make_no_sense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    counter(tmp_path)
    suite(tmp_path, "[[obligation]]\nprotocol = 'counter.py'\ncertificates = false\n")

    def run() -> Nightly:
        return api.nightly(suite="suite.toml", out="out", jobs=1, store="s.sqlite")

    assert run().met
    for statements in (ROWS[::3], ROWS[1::3], ROWS[2::3]):
        connection = sqlite3.connect("s.sqlite")
        for statement in statements:
            connection.execute(statement.replace("UPDATE", "UPDATE OR IGNORE"))
        connection.commit()
        connection.close()
        assert run().met
    assert not list(tmp_path.glob("*.aside-*"))
