"""Files that somebody else wrote: whatever a path leads to, reading it ends."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from verifier.files.reading import TooSlow, read_bytes
from verifier.kernel.errors import UsageError


def test_a_file_of_the_size_that_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    assert read_bytes(path, largest=1000) == b"x" * 1000
    with pytest.raises(UsageError, match="larger than"):
        read_bytes(path, largest=999)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_a_file_without_end(device: str) -> None:
    with pytest.raises(UsageError, match=f"{device} is larger than 1 MiB"):
        read_bytes(device, largest=1 << 20)


@pytest.mark.parametrize(
    ("name", "says"),
    [(".", "is a folder"), ("none", "No such file"), ("a\0b", "null"), ("n" * 300, "too long"), ("loop", "links")],
)
def test_what_cannot_be_read(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match=says):
        read_bytes(tmp_path / name, largest=10)


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def writes() -> None:
        with path.open("wb", buffering=0) as file:
            for _ in range(3):
                file.write(b"x" * 100_000)
                time.sleep(0.05)

    writer = threading.Thread(target=writes)
    writer.start()
    assert read_bytes(path, largest=1 << 20) == b"x" * 300_000
    writer.join()


def test_a_pipe_that_nobody_writes_to_does_not_outlast_the_deadline(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(TooSlow):
        read_bytes(path, largest=10, deadline=time.monotonic() + 0.1)


def test_a_pipe_that_never_ends_does_not_outlast_the_deadline() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    try:
        with pytest.raises(TooSlow):
            read_bytes(f"/dev/fd/{reader}", largest=10, deadline=time.monotonic() + 0.1)
    finally:
        os.close(reader)
        os.close(writer)
