"""The folder of a report: its files, and how many earlier ones are kept."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from verifier.files.reading import MEBIBYTE, read_bytes
from verifier.files.writing import file_name, prepare_folder, write
from verifier.kernel.errors import UsageError

REPORT = "report.json"
SHIPPED = "default"  # the name of the shipped suite in a report
CERTIFICATES = "certificates"

_SUFFIX = ".cert.json"
_LARGEST = 256 * MEBIBYTE  # bytes of a report

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(.*)")
_MOST = 100  # suites of one name on one day


def write_certificates(folder: Path, obligation: str, certificates: Mapping[str, str]) -> None:
    """Write the certificates of an obligation where `certificate_path` says.

    Raises:
        UsageError: one of them cannot be written.
    """
    for name, text in certificates.items():
        path = folder / certificate_path(obligation, name)
        prepare_folder(path.parent, "--out", parents=True)
        write(path, text)


def certificate_path(obligation: str, name: str) -> str:
    """The path of a certificate, relative to the folder of the report; no two obligations share one."""
    folder = file_name(obligation.replace("/", "~"), suffix="")
    return f"{CERTIFICATES}/{folder}/{file_name(name.removesuffix(_SUFFIX), suffix=_SUFFIX)}"


def earlier_certificates(folder: Path) -> list[Path]:
    """The certificates in a folder that the report there lists; none if there is no readable report.

    The contents of the folder are compared with the report; no path in the report is followed.
    """
    try:
        report = json.loads(read_bytes(folder / REPORT, largest=_LARGEST))
        listed = {str(entry["path"]) for one in report["obligations"] for entry in one["certificates"]}
        paths = [path for one in _entries(folder / CERTIFICATES) if _is_folder(one) for path in _entries(one)]
    except (UsageError, OSError, ValueError, LookupError, TypeError, RecursionError):
        return []
    return [
        path
        for path in paths
        if path.name.endswith(_SUFFIX) and path.relative_to(folder).as_posix() in listed and not path.is_symlink()
    ]


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if _is_folder(folder) else []


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def remove(paths: Iterable[Path]) -> None:
    """Remove certificates of an earlier report, and the folders that this leaves empty."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            path.parent.rmdir()
        except OSError:
            continue


def default_folder(day: str, suite: str | None) -> Path:
    """The folder for the report of a suite on a day: `reports/<day>`, for a user's suite followed by the name of its file.

    If the folder holds the report of another suite, it is left alone and a number is appended. The suite has its name from the
    report, None for the shipped one.
    """
    named = Path("reports") / (day if suite is None else f"{day}-{file_name(Path(suite).stem, suffix='')}")
    folders = (named if number == 1 else named.with_name(f"{named.name}-{number}") for number in range(1, _MOST))
    return next((folder for folder in folders if _suite(folder) in (None, suite or SHIPPED)), named)


def _suite(folder: Path) -> str | None:
    """The suite whose report a folder holds; None if it holds no readable report."""
    try:
        report = json.loads(read_bytes(folder / REPORT, largest=_LARGEST))
        return str(report["suite"])
    except (UsageError, OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def retain(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` reports next to a report, itself included: folders named by a date that hold one.

    Those of other suites, which have another name after the date, are not counted and stay.

    Returns:
        The folders that were removed.
    """
    name = _DATED.fullmatch(folder.resolve().name)
    dated = [
        path
        for path in folder.resolve().parent.iterdir()
        if (match := _DATED.fullmatch(path.name)) is not None
        and match[1] == (name[1] if name else "")
        and (path / REPORT).is_file()
        and not path.is_symlink()
    ]
    others = sorted((path for path in dated if path.resolve() != folder.resolve()), key=lambda path: path.name)
    gone = others[: max(0, len(others) - (keep - 1))]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return gone
