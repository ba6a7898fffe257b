"""The store of verdicts between runs: one SQLite file in WAL mode, which several runs may use at once.

Whatever is wrong with the file, a run goes on: a store that is corrupt or of another program is moved aside with a message, an
entry that does not fit is taken for missing, and when writing fails the run goes on without the store.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from verifier.jobs.arguments import usage

Event = dict[str, Any]
T = TypeVar("T")

_APPLICATION = 0x76726679  # "vrfy", in the header of the file
_FORMAT = 1
_HEADER = b"SQLite format 3\0"
_PATIENCE = 30.0  # seconds to wait for another run that writes
_KEPT = 400  # durations of an obligation

_TABLES = """
CREATE TABLE verdicts (key TEXT PRIMARY KEY, obligation TEXT NOT NULL, recorded TEXT NOT NULL, digest TEXT NOT NULL,
    content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE durations (obligation TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (obligation, started)) WITHOUT ROWID;
CREATE TABLE runs (suite TEXT NOT NULL, started TEXT NOT NULL, process INTEGER NOT NULL, outcomes TEXT NOT NULL,
    PRIMARY KEY (suite, started, process)) WITHOUT ROWID;
"""


class Store:
    """The verdicts of earlier runs, their durations, and what the last run of each suite found."""

    def __init__(self, path: Path | None) -> None:
        """Opens the store, or makes it; None keeps everything in memory for one run.

        Raises:
            UsageError: the folder of the store cannot be made.
        """
        self.path = path
        self.messages: list[str] = []
        self._connection = self._memory() if path is None else self._open(path)

    def close(self) -> None:
        """Closes the file. The store cannot be used any more."""
        try:
            self._connection.close()
        except sqlite3.Error:
            return

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def verdict(self, key: str) -> Event | None:
        """What was stored under a key; None if nothing was, or if there is any doubt about it."""
        row = self._try(lambda c: c.execute("SELECT digest, content FROM verdicts WHERE key = ?", (key,)).fetchone())
        if row is None:
            return None
        try:
            content = bytes(row[1])
            if _digest(key, content) != row[0]:
                return None
            stored = json.loads(zlib.decompress(content))
        except (TypeError, ValueError, zlib.error):
            return None
        return stored if isinstance(stored, dict) and stored.get("key") == key else None

    def keep(self, key: str, obligation: str, recorded: str, content: Event) -> None:
        """Stores the verdicts of one obligation, at once and durably."""
        packed = zlib.compress(json.dumps({**content, "key": key}).encode())
        row = (key, obligation, recorded, _digest(key, packed), packed)
        self._try(lambda c: c.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)", row).fetchone())

    # -- durations ---------------------------------------------------------------------------------------------------

    def durations(self, obligation: str, limit: int = 60) -> list[tuple[str, float]]:
        """When an obligation was really run, and the seconds it took; oldest first."""
        statement = "SELECT started, seconds FROM durations WHERE obligation = ? ORDER BY started DESC LIMIT ?"
        rows = self._try(lambda c: c.execute(statement, (obligation, limit)).fetchall())
        return [(str(started), float(seconds)) for started, seconds in reversed(rows or [])]

    def took(self, obligation: str, started: str, seconds: float) -> None:
        """Remembers the duration of a run of an obligation."""
        statement = "INSERT OR REPLACE INTO durations VALUES (?, ?, ?)"
        self._try(lambda c: c.execute(statement, (obligation, started, seconds)).fetchone())
        old = (
            "DELETE FROM durations WHERE obligation = ?1 AND started NOT IN "
            "(SELECT started FROM durations WHERE obligation = ?1 ORDER BY started DESC LIMIT ?2)"
        )
        self._try(lambda c: c.execute(old, (obligation, _KEPT)).fetchone())

    # -- runs --------------------------------------------------------------------------------------------------------

    def last_run(self, suite: str) -> tuple[str, Event] | None:
        """When the last complete run of a suite began, and what it found; None if there was none."""
        statement = "SELECT started, outcomes FROM runs WHERE suite = ? ORDER BY started DESC LIMIT 1"
        row = self._try(lambda c: c.execute(statement, (suite,)).fetchone())
        try:
            outcomes = json.loads(row[1]) if row is not None else None
        except (TypeError, ValueError):
            return None
        return (str(row[0]), outcomes) if row is not None and isinstance(outcomes, dict) else None

    def finished(self, suite: str, started: str, outcomes: Event) -> None:
        """Remembers what a complete run of a suite found, in place of its earlier runs."""
        row = (suite, started, os.getpid(), json.dumps(outcomes))
        self._try(lambda c: c.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", row).fetchone())
        self._try(lambda c: c.execute("DELETE FROM runs WHERE suite = ? AND started < ?", (suite, started)).fetchone())

    # -- the file ----------------------------------------------------------------------------------------------------

    def _try(self, action: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do something with the file; when that fails, say so once and go on in memory."""
        try:
            return action(self._connection)
        except sqlite3.Error as error:
            if self.path is not None:
                self.messages.append(f"the store {self.path} cannot be used any more ({error}); verdicts are not kept")
                self.close()
                self.path = None
                self._connection = self._memory()
            return None

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise usage(f"the store {path} cannot be made: {error.strerror}") from None
        try:
            with _alone(path):
                connection, fault = self._attempt(path)
                if connection is None:
                    self.messages.append(
                        f"the store {path} {fault}; it was moved to {_move_aside(path)}, and a new one begun"
                    )
                    connection, fault = self._attempt(path)
        except OSError as error:
            connection, fault = None, f"cannot be used: {error.strerror}"
        if connection is None:
            self.messages.append(f"the store {path} {fault}; verdicts are not kept")
            self.path = None
            return self._memory()
        return connection

    def _attempt(self, path: Path) -> tuple[sqlite3.Connection | None, str]:
        """The open store, or what is wrong with the file."""
        if not _is_database(path):
            return None, "is corrupt (it is no database)"
        connection = None
        try:
            connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
            fault = ""
            if not empty and application != _APPLICATION:
                fault = "is a database of another program"
            elif not empty and version != _FORMAT:
                fault = f"has format {version}, where this version has {_FORMAT}"
            elif connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                fault = "is corrupt"
            if not fault:
                _set_up(connection, empty)
                return connection, ""
        except sqlite3.DatabaseError as error:
            fault = f"is corrupt ({error})"
        if connection is not None:
            connection.close()
        return None, fault

    @staticmethod
    def _memory() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        _set_up(connection, True)
        return connection


def _is_database(path: Path) -> bool:
    """Whether the file is not there yet, empty, or begins as a database does; SQLite would overwrite other short files."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) in (b"", _HEADER)
    except FileNotFoundError:
        return True


def _set_up(connection: sqlite3.Connection, empty: bool) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if empty:
        pragmas = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_FORMAT};"
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} {pragmas} COMMIT;")
    for table in ("verdicts", "durations", "runs"):
        connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()


def _digest(key: str, content: bytes) -> str:
    return hashlib.sha256(key.encode() + content).hexdigest()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other runs from opening, and so from moving aside, the store at the same time."""
    import fcntl

    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _move_aside(path: Path) -> Path:
    """Renames the file and what SQLite keeps beside it; nothing is deleted."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        aside = path.with_name(f"{path.name}.aside-{stamp}" + (f"-{number}" if number else ""))
        if not aside.exists():
            break
    else:
        raise FileExistsError(17, "there are too many stores moved aside", str(path))
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    return aside
