"""The commit of the folder that a suite is in, where it is one of a Git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

_PATIENCE = 10.0  # seconds


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out, followed by `+` if tracked files have changed since; None without a repository."""
    head = _git(folder, "rev-parse", "--verify", "HEAD")
    if not head:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{head}+" if changed else head


def _git(folder: Path, *words: str) -> str | None:
    """The output of Git; None if it fails. A file-watching program from the repository's configuration is not started."""
    call = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        said = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
