"""The file of the store: opened if it is ours and healthy, created if missing, and distinguished from one that is in use."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from verifier.files.writing import reason
from verifier.jobs.arguments import usage

_APPLICATION = 0x76726679  # "vrfy", in the header of the file
_FORMAT = 1
_HEADER = b"SQLite format 3\0"

_TABLES = """
CREATE TABLE verdicts (key TEXT PRIMARY KEY, obligation TEXT NOT NULL, recorded TEXT NOT NULL, digest TEXT NOT NULL,
    content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE durations (obligation TEXT NOT NULL, started TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (obligation, started)) WITHOUT ROWID;
CREATE TABLE runs (suite TEXT NOT NULL, started TEXT NOT NULL, process INTEGER NOT NULL, outcomes TEXT NOT NULL,
    PRIMARY KEY (suite, started, process)) WITHOUT ROWID;
"""

_BRIEFLY = 0.5  # seconds that SQLite itself waits; the store says so before it goes on waiting

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NOT_WRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}

Patiently = Callable[[Callable[[], Any]], Any]


class Unusable(Exception):
    """The file is not a store of this version, and waiting would not help."""


def prepare(path: Path) -> None:
    """Make the folder of the file.

    Raises:
        UsageError: it cannot be made.
        Unusable: the path does not lead to a regular file; the target is left alone.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise usage(f"the store {path} cannot be made: {reason(error)}") from None
    try:
        is_regular = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unusable(f"cannot be used ({reason(error)})") from None
    if not is_regular:
        raise Unusable("cannot be used (it is not a regular file)")


def opened(path: Path) -> sqlite3.Connection:
    """The open store; an empty file becomes one.

    Raises:
        Unusable: it is corrupt, or of another program.
        sqlite3.OperationalError: it is in use, or cannot be read or written.
    """
    if not _may_be_database(path):
        raise Unusable("is corrupt (it is not a database)")
    connection = sqlite3.connect(path, timeout=_BRIEFLY, isolation_level=None)
    connection.text_factory = _text
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if not empty and application != _APPLICATION:
            raise Unusable("is a database of another program")
        if not empty and version != _FORMAT:
            raise Unusable(f"has format {version}, where this version has {_FORMAT}")
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise Unusable("is corrupt")
        _set_up(connection, empty)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error) and _is_corruption(error):
            raise Unusable(f"is corrupt ({error})") from None
        raise
    return connection


def memory() -> sqlite3.Connection:
    """A store that lasts as long as the process."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _set_up(connection, True)
    return connection


def is_busy(error: Exception) -> bool:
    """Whether another process is using the file, so a later attempt may succeed."""
    return isinstance(error, BlockingIOError) or _code(error) in _BUSY


def is_full_or_read_only(error: Exception) -> bool:
    """Whether nothing can be written while existing data can still be read."""
    return _code(error) in _NOT_WRITABLE


def is_moment(value: str) -> bool:
    """Whether a text is a moment in ISO 8601."""
    try:
        return bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _text(value: bytes) -> str:
    # Text that is not UTF-8 spoils one row, not the whole store.
    return value.decode("utf-8", "replace")


def _is_corruption(error: sqlite3.Error) -> bool:
    # The tables of a store are missing, or have other columns.
    schema = isinstance(error, sqlite3.OperationalError) and _code(error) == sqlite3.SQLITE_ERROR
    return schema or _code(error) in _CORRUPT


def _code(error: Exception) -> int:
    """The primary result code of SQLite."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _may_be_database(path: Path) -> bool:
    """Whether the file is missing, empty, or begins as a database does; SQLite would overwrite other short files."""
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
    connection.execute("SELECT key, obligation, recorded, digest, content FROM verdicts LIMIT 1").fetchone()
    connection.execute("SELECT obligation, started, seconds FROM durations LIMIT 1").fetchone()
    connection.execute("SELECT suite, started, process, outcomes FROM runs LIMIT 1").fetchone()


@contextmanager
def alone(path: Path, patiently: Patiently) -> Iterator[None]:
    """Keep other runs from opening, and so from moving aside, the store at the same time.

    Raises:
        BlockingIOError: another process holds the lock for too long.
        OSError: there is no room for the lock.
    """
    import fcntl

    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    lock = os.open(path.with_name(f"{path.name}.lock"), flags, 0o666)
    try:
        patiently(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB))
        yield
    finally:
        os.close(lock)


def move_aside(path: Path) -> Path:
    """Renames the file and SQLite's auxiliary files; nothing is deleted."""
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
