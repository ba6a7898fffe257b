"""The store of verdicts between runs: one SQLite file in WAL mode, which several runs may use at once.

No fault of the file stops a run. A store that is corrupt or belongs to another program is moved aside with a message. One that
is locked, read-only, unreadable or on a full disk may be healthy: it stays where it is, and the run uses as much of it as it
can. A malformed entry counts as missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from verifier.jobs.nightly import database
from verifier.jobs.nightly.database import Unusable

T = TypeVar("T")

PATIENCE = 30.0  # seconds to wait for another run that writes
_LARGEST = 1 << 28  # bytes of one entry, packed or not
_KEPT = 400  # durations of an obligation
_LONGEST = 100.0 * 86400  # seconds of processor time that a run may have taken


class Store:
    """The verdicts of earlier runs, their durations, and the outcomes of the last run of each suite."""

    def __init__(
        self, path: Path | None, *, say: Callable[[str], None] = lambda message: None, patience: float = PATIENCE
    ) -> None:
        """Opens the store, or makes it; None keeps everything in memory for one run.

        Args:
            path: of the file.
            say: called with a line when the store has to wait for something.
            patience: seconds to wait for another run.

        Raises:
            UsageError: the folder of the store cannot be made.
        """
        self.path = path
        self.messages: list[str] = []
        self._say = say
        self._patience = patience
        self._writable = True
        self._connection = database.memory() if path is None else self._open(path)

    def close(self) -> None:
        """Closes the file. The store cannot be used afterwards."""
        try:
            self._connection.close()
        except sqlite3.Error:
            return

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def verdict(self, key: str) -> dict[str, object] | None:
        """The outcome stored under a key; None if there is none, or if there is any doubt about it."""
        row = self._read(
            "SELECT digest, content FROM verdicts WHERE key = ? AND typeof(content) = 'blob' AND length(content) <= ?",
            (key, _LARGEST),
        )
        if not row:
            return None
        try:
            digest, content = row[0]
            if _digest(key, content) != digest:
                return None
            unpacking = zlib.decompressobj()
            stored = json.loads(unpacking.decompress(content, _LARGEST))
        except (TypeError, ValueError, RecursionError, zlib.error):
            return None
        return stored if unpacking.eof and isinstance(stored, dict) and stored.get("key") == key else None

    def earlier(self, obligation: str, key: str) -> dict[str, object] | None:
        """The last outcome of an obligation under another key; None if there is none, or if there is any doubt about it."""
        rows = self._read(
            "SELECT key FROM verdicts WHERE obligation = ? AND key != ? AND typeof(key) = 'text' ORDER BY recorded DESC LIMIT 1",
            (obligation, key),
        )
        return self.verdict(rows[0][0]) if rows else None

    def keep(self, key: str, obligation: str, recorded: str, content: Mapping[str, object]) -> None:
        """Stores the verdicts of one obligation, at once and durably."""
        # Certificates repeat themselves, and shrink at the quickest level too.
        packed = zlib.compress(json.dumps({**content, "key": key}).encode(), 1)
        row = (key, obligation, recorded, _digest(key, packed), packed)
        self._write("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)", row)

    # -- durations ---------------------------------------------------------------------------------------------------

    def durations(self, obligation: str, limit: int = 60) -> list[tuple[str, float]]:
        """The start of each actual run of an obligation, and its processor time in seconds; oldest first."""
        rows = self._read(
            "SELECT started, seconds FROM durations WHERE obligation = ? AND typeof(started) = 'text' AND "
            "length(started) <= 64 AND typeof(seconds) IN ('real', 'integer') AND seconds BETWEEN 0 AND ? "
            "ORDER BY started DESC LIMIT ?",
            (obligation, _LONGEST, limit),
        )
        return [(started, float(seconds)) for started, seconds in reversed(rows) if database.is_moment(started)]

    def lasted(self, obligation: str, started: str, seconds: float) -> None:
        """Remembers the processor time that a run of an obligation took."""
        self._write("INSERT OR REPLACE INTO durations VALUES (?, ?, ?)", (obligation, started, seconds))
        self._write(
            "DELETE FROM durations WHERE obligation = ?1 AND started NOT IN "
            "(SELECT started FROM durations WHERE obligation = ?1 ORDER BY started DESC LIMIT ?2)",
            (obligation, _KEPT),
        )

    # -- runs --------------------------------------------------------------------------------------------------------

    def last_run(self, suite: str) -> tuple[str, dict[str, object]] | None:
        """The start of the last complete run of a suite, and its outcomes; None if there was none, or if they are malformed."""
        rows = self._read(
            "SELECT started, outcomes FROM runs WHERE suite = ? AND typeof(started) = 'text' AND length(started) <= 64 "
            "AND typeof(outcomes) = 'text' AND length(outcomes) <= ? ORDER BY started DESC LIMIT 1",
            (suite, _LARGEST),
        )
        for started, text in rows:
            try:
                outcomes = json.loads(text)
            except (ValueError, RecursionError):
                return None
            if isinstance(outcomes, dict) and database.is_moment(started):
                return started, outcomes
        return None

    def finished(self, suite: str, started: str, outcomes: Mapping[str, object]) -> None:
        """Remembers the outcomes of a complete run of a suite, in place of its earlier runs."""
        row = (suite, started, os.getpid(), json.dumps(outcomes))
        self._write("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", row)
        self._write("DELETE FROM runs WHERE suite = ? AND started < ?", (suite, started))

    # -- the file ----------------------------------------------------------------------------------------------------

    def _read(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        return self._do(lambda connection: connection.execute(statement, values).fetchall()) or []

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        if self._writable:
            self._do(lambda connection: connection.execute(statement, values).fetchone())

    def _do(self, action: Callable[[sqlite3.Connection], T]) -> T | None:
        """Use the file; if that fails, report it once and go on without the file, or without writing to it."""
        try:
            return self._patiently(lambda: action(self._connection))
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            if self.path is None:
                return None
            if database.is_full_or_read_only(error):
                self._writable = False
                self.messages.append(f"the store {self.path} cannot be written to ({error}); new verdicts are not kept")
                return None
            self.messages.append(f"the store {self.path} cannot be used any more ({error}); verdicts are not kept")
            self._forget()
            return None

    def _patiently(self, action: Callable[[], T]) -> T:
        """Retry something that another process may block, until the patience runs out."""
        known, deadline = False, time.monotonic() + self._patience
        while True:
            try:
                return action()
            except (sqlite3.OperationalError, BlockingIOError) as error:
                if not database.is_busy(error) or time.monotonic() >= deadline:
                    raise
            if not known:
                self._say(f"waiting for the store {self.path}, which another process has locked")
                known = True
            time.sleep(0.1)

    def _forget(self) -> None:
        self.close()
        self.path = None
        self._connection = database.memory()

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            database.prepare(path)
            real = path.resolve()
            with database.alone(real, self._patiently):
                return self._opened(real)
        except BlockingIOError:
            fault = f"is being opened by another process, for more than {self._patience:g} s"
        except Unusable as error:
            fault = str(error)
        except (OSError, sqlite3.Error) as error:
            fault = f"cannot be used ({error.strerror if isinstance(error, OSError) else error})"
        self.messages.append(f"the store {path} {fault}; verdicts are not kept")
        self.path = None
        return database.memory()

    def _opened(self, path: Path) -> sqlite3.Connection:
        try:
            return self._patiently(lambda: database.opened(path))
        except Unusable as fault:
            aside = database.move_aside(path)
            self.messages.append(f"the store {self.path} {fault}; it was moved to {aside}, and a new one begun")
            return self._patiently(lambda: database.opened(path))


def _digest(key: str, content: bytes) -> str:
    return hashlib.sha256(key.encode() + content).hexdigest()
