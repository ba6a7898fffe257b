"""The folder of a report: its files, and how many earlier ones are kept."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from verifier.jobs.arguments import usage

REPORT = "report.json"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def prepare(folder: Path) -> None:
    """Make the folder of a report.

    Raises:
        UsageError: it cannot be made or written to, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise usage(f"--out {folder}: cannot be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise usage(f"--out {folder}: cannot be written to")


def write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        UsageError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise usage(f"{path} cannot be written: {error.strerror}") from None


def write_certificates(folder: Path, obligation: str, certificates: Mapping[str, str]) -> None:
    """Write the certificates of an obligation where `certificate_path` says."""
    for name, text in certificates.items():
        path = folder / certificate_path(obligation, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise usage(f"{path.parent} cannot be made: {error.strerror}") from None
        write(path, text)


def certificate_path(obligation: str, name: str) -> str:
    """The path of a certificate, relative to the folder of the report; no two obligations share one."""
    spelled = obligation.replace("/", "~")
    plain = re.sub(r"[^A-Za-z0-9_.=,~-]+", "_", spelled).lstrip(".")
    if plain != spelled or len(plain) > 120:
        plain += "-" + hashlib.sha256(obligation.encode()).hexdigest()[:8]
    return f"certificates/{plain[-128:]}/{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}"


def earlier_certificates(folder: Path) -> set[str]:
    """The certificates that the report in a folder lists; none if there is no readable report."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        found = {entry["path"] for one in report["obligations"] for entry in one["certificates"]}
    except (OSError, ValueError, LookupError, TypeError):
        return set()
    return {
        path for path in found if isinstance(path, str) and re.fullmatch(r"certificates/[^/]+/[^/]+\.cert\.json", path)
    }


def remove(folder: Path, paths: Iterable[str]) -> None:
    """Remove certificates of an earlier report from a folder, and the folders that this leaves empty."""
    for relative in paths:
        path = folder / relative
        try:
            path.unlink(missing_ok=True)
            path.parent.rmdir()
        except OSError:
            continue


def retain(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` reports beside a report, itself included: folders named by a date that hold one.

    Returns:
        The folders that were removed.
    """
    dated = [
        path
        for path in folder.parent.iterdir()
        if _DATE.fullmatch(path.name) and (path / REPORT).is_file() and not path.is_symlink()
    ]
    others = sorted((path for path in dated if path.resolve() != folder.resolve()), key=lambda path: path.name)
    gone = others[: max(0, len(others) - (keep - 1))]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return gone
