"""The one writer for every output: a file is replaced as a whole, a link is followed, a device or FIFO is written in place.

A failure is one UsageError with the path and the reason, and leaves an existing file unchanged.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from verifier.kernel.characters import escaped

_LONGEST = 200  # bytes of a file name; file systems take 255
_CHOWN = ("st_uid", "st_gid")


def write(path: str | Path, content: str | bytes) -> None:
    """Write a file, text in UTF-8, so that a reader sees the old content or the new, never a part.

    A link is followed, and its target is replaced. A path that is not a regular file (a terminal, /dev/null, a FIFO) is written
    in place, and so is the file that standard output or standard error goes to.

    Raises:
        UsageError: the file cannot be written. An existing regular file is then unchanged.
    """
    # Only lone surrogates have no UTF-8; in JSON this spells them as JSON does.
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    try:
        before = _stat(path)
        target = _target(path, before)
        if target is None:
            _in_place(path, data)
        else:
            _replace(target, data, before)
    except (OSError, ValueError) as error:
        raise _fault(f"{path} cannot be written: {reason(error)}") from None


def check_writable(name: str, option: str) -> None:
    """Reject the file of an option that could not be written at the end, before any work is done.

    Raises:
        UsageError: its directory does not exist or cannot be written to, or it is a directory itself.
    """
    if not name:
        raise _fault(f"{option}: the name of a file is missing", "or give - for standard output")
    try:
        before = _stat(name)
        target = _target(name, before)
    except (OSError, ValueError) as error:
        raise _fault(f"{option} {name}: {reason(error)}", "nothing was done") from None
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise _fault(f"{option} {name}: is a directory", "give the name of a file, or - for standard output")
    if before is not None and not os.access(name, os.W_OK):
        raise _fault(f"{option} {name}: cannot be written to")
    if target is None:
        return
    folder = Path(target).parent
    if not folder.is_dir():
        shown = Path(name).parent if os.path.realpath(Path(name).parent) == str(folder) else folder
        raise _fault(f"{option} {name}: there is no directory {shown}", "create it first; nothing was done")
    if not os.access(folder, os.W_OK):
        raise _fault(f"{option} {name}: the directory {folder} cannot be written to")


def prepare_folder(name: str | Path, option: str, *, parents: bool = False) -> Path:
    """The directory of an option, created if only its last part is missing (with `parents`, whatever is missing).

    Raises:
        UsageError: it cannot be created or written to, or is something else.
    """
    path = Path(name)
    try:
        path.mkdir(exist_ok=True, parents=parents)
        if not os.access(path, os.W_OK):
            raise _fault(f"{option} {path}: cannot be written to")
    except FileExistsError:
        raise _fault(f"{option} {path}: is not a directory") from None
    except FileNotFoundError:
        raise _fault(f"{option} {path}: there is no directory {path.parent}", "create it first") from None
    except (OSError, ValueError) as error:
        raise _fault(f"{option} {path}: {reason(error)}") from None
    return path


def file_name(*parts: str, suffix: str) -> str:
    """The name of a file made from names: those of letters, digits and `._@+=,~()-` stand as they are, joined by dots.

    In any other name the rest is replaced, a long one is shortened, and a digest of the original keeps different names apart.
    """
    import hashlib
    import re

    spelled = ".".join(parts)
    plain = re.sub(r"[^A-Za-z0-9._@+=,~()-]+", "_", spelled)
    plain = plain if plain[:1] not in (".", "-") else f"_{plain[1:]}"
    if plain == spelled and len(plain) + len(suffix) <= _LONGEST:
        return plain + suffix
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: _LONGEST - len(suffix) - len(digest) - 1]}-{digest}{suffix}"


def withdraw(path: Path, ours: Callable[[dict[str, Any]], bool]) -> None:
    """Remove a document of an earlier run that a new verdict contradicts; any other file of that name stays."""
    try:
        if not path.is_symlink() and path.is_file():
            document = json.loads(path.read_bytes())
            if isinstance(document, dict) and ours(document):
                path.unlink()
    except (OSError, ValueError, RecursionError):
        return


def to_json(value: object, *, ascii_only: bool = False) -> str:
    """JSON text as the documents are written: two spaces of indentation, a newline at the end, the same bytes every time."""
    return escaped(json.dumps(value, indent=2, ensure_ascii=ascii_only)) + "\n"


def reason(error: OSError | ValueError) -> str:
    """The system's message about a file, for people."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _stat(path: str | Path) -> os.stat_result | None:
    """The status of the target of the path; None if nothing exists yet."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _target(path: str | Path, before: os.stat_result | None) -> str | None:
    """The regular file to be made or replaced; None for a target that has to be written in place."""
    real = os.path.realpath(path)
    if before is None:
        return real
    if not stat.S_ISREG(before.st_mode) or any(_is_open(before, descriptor) for descriptor in (1, 2)):
        return None
    try:
        # A link in /proc leads to an open file, whatever happened to its name.
        return real if os.path.samestat(os.stat(real), before) else None
    except OSError:
        return None


def _is_open(file: os.stat_result, descriptor: int) -> bool:
    """Whether this is the file that a descriptor of the process leads to."""
    try:
        return os.path.samestat(os.fstat(descriptor), file)
    except OSError:
        return False


def _in_place(path: str | Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC), "wb", buffering=0) as file:
        _write_all(file.fileno(), data)


def _replace(target: str, data: bytes, before: os.stat_result | None) -> None:
    # The name is random and made by us alone: a file that somebody put there is neither followed nor overwritten.
    temporary = os.path.join(os.path.dirname(target), f".verify-{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o666)
    try:
        try:
            if before is not None:
                _take_over(descriptor, before)
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _take_over(descriptor: int, before: os.stat_result) -> None:
    """Give the new file the owner and the permissions of the one that it replaces, as far as that is allowed."""
    new = os.fstat(descriptor)
    if any(getattr(new, name) != getattr(before, name) for name in _CHOWN):
        with suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _fault(message: str, hint: str | None = None) -> Exception:
    from verifier.kernel.errors import UsageError

    return UsageError(message, hint=hint)
