"""Scratch folders: gone with the work, and those of dead processes gone with the next run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.command import environment
from verifier.files.scratch import remove_abandoned, scratch


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_gone_with_the_work(folder: Path) -> None:
    with scratch() as made:
        (made / "file").write_text("x")
        assert made.parent == folder
        assert made.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == []


def test_a_living_process_keeps_its_folder(folder: Path) -> None:
    with scratch() as made:
        remove_abandoned()
        assert made.is_dir()


def test_the_folder_of_a_killed_process_is_removed(folder: Path) -> None:
    program = (
        "import os, sys, tempfile; from verifier.files.scratch import scratch; tempfile.tempdir = sys.argv[1]\n"
        "with scratch() as made: (made / 'file').write_text('x'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-P", "-c", program, str(folder)], env=environment(), timeout=60)
    assert [path.name[:15] for path in folder.iterdir()] == ["verify-scratch-"]
    remove_abandoned()
    assert list(folder.iterdir()) == []


def test_nothing_else_is_removed(folder: Path) -> None:
    (folder / "verify-other").mkdir()
    (folder / "verify-scratch-file").write_text("x")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".alive").write_text("1")
    (folder / "verify-scratch-link").symlink_to(elsewhere)
    (folder / "verify-scratch-young").mkdir()  # its process may be about to take the lock
    (folder / "verify-scratch-linked").mkdir()
    (folder / "verify-scratch-linked" / ".alive").symlink_to(elsewhere / ".alive")
    before = sorted(os.listdir(folder))
    remove_abandoned()
    assert sorted(os.listdir(folder)) == before
    assert (elsewhere / ".alive").read_text() == "1"


def test_a_folder_that_nobody_ever_marked_is_removed_when_it_is_old(folder: Path) -> None:
    old = folder / "verify-scratch-old"
    old.mkdir()
    os.utime(old, (0, 0))
    remove_abandoned()
    assert not old.exists()
