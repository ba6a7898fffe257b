"""`verify lemmas --watch` asks again whenever the file of the model is saved, and outlives a mistake in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import environment, verify
from tests.lemmas.sources import LOCK, RIGHT, WRONG, write


def until(process: subprocess.Popen[str], words: str) -> str:
    """What is printed up to a line with these words."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(seen)


@pytest.mark.full
def test_it_asks_again_after_each_save(tmp_path: Path) -> None:
    path = write(tmp_path, LOCK + WRONG)
    command = [sys.executable, "-P", "-m", "verifier.cli", "lemmas", path, "--watch"]
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        assert "HolderHasLock is FALSE in 2 steps" in until(process, "waiting for")
        write(tmp_path, LOCK + "\nundefined_name\n")
        assert "undefined_name" in until(process, "waiting for")
        write(tmp_path, LOCK + RIGHT)
        assert "2 inductive" in until(process, "waiting for")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_only_files_are_watched() -> None:
    done = verify("lemmas", "hlc", "--watch")
    assert done.returncode == 2
    assert "not a file" in done.stderr
