"""One writer: whole files or none, links followed, devices and FIFOs left what they are, and one line for what goes wrong."""

from __future__ import annotations

import os
import pty
import resource
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from verifier.files.writing import check_writable, file_name, prepare_folder, write
from verifier.kernel.errors import UsageError

OLD = "old\n"


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may have more than ten bytes, as on a disk that has no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_replaced_as_a_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write(path, OLD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    path.chmod(0o640)
    before = path.stat().st_ino
    write(path, "new\n")
    assert path.read_text() == "new\n"
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["result.json"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "real.json"
    target.write_text(OLD)
    link, second = tmp_path / "link.json", tmp_path / "second.json"
    link.symlink_to(target)
    second.symlink_to("link.json")
    write(second, "new\n")
    assert target.read_text() == "new\n"
    assert link.is_symlink()
    assert second.is_symlink()


def test_a_dangling_link_gets_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to("new.json")
    write(link, "new\n")
    assert (tmp_path / "new.json").read_text() == "new\n"
    assert link.is_symlink()


def test_links_in_a_circle_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError, match="symbolic links"):
        write(tmp_path / "a", "new\n")
    with pytest.raises(UsageError, match="symbolic links"):
        check_writable(str(tmp_path / "a"), "--json")


def test_a_device_is_written_in_place(tmp_path: Path) -> None:
    # A terminal of the test's own: a node of the system would be lost if the rule were broken and the test run by root.
    master, slave = pty.openpty()
    try:
        device = os.ttyname(slave)
        link = tmp_path / "link"
        link.symlink_to(device)
        for path in (device, link):
            check_writable(str(path), "--json")
            write(path, "new\n")
            assert os.read(master, 100) == b"new\r\n"
        assert stat.S_ISCHR(os.stat(device).st_mode)
        assert link.is_symlink()
    finally:
        os.close(master)
        os.close(slave)


def test_a_socket_is_neither_written_nor_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        with pytest.raises(UsageError, match="cannot be written"):
            write(path, "new\n")
        assert stat.S_ISSOCK(path.stat().st_mode)


def test_a_fifo_is_written_in_place(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    check_writable(str(path), "--json")
    write(path, "new\n" * 100_000)  # more than a pipe holds
    reader.join()
    assert read == ["new\n" * 100_000]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_an_open_file_without_a_name_is_written_in_place(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    with path.open("w+") as file:
        path.unlink()
        write(f"/dev/fd/{file.fileno()}", "new\n")
        file.seek(0)
        assert file.read() == "new\n"
    assert os.listdir(tmp_path) == []


def test_the_file_that_standard_output_goes_to_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text(OLD)
    before = os.dup(1)
    with path.open("a") as file:
        os.dup2(file.fileno(), 1)
        try:
            write("/dev/stdout", "new\n")
            os.write(1, b"last\n")
        finally:
            os.dup2(before, 1)
            os.close(before)
    assert path.read_text() == "old\nnew\nlast\n"


def test_planted_names_are_neither_followed_nor_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text(OLD)
    (tmp_path / f".o.json.{os.getpid()}").symlink_to(victim)
    write(tmp_path / "o.json", "new\n")
    assert victim.read_text() == OLD
    # Even if somebody could guess the name.
    monkeypatch.setattr("verifier.files.writing.os.urandom", lambda size: b"\0" * size)
    (tmp_path / f".verify-{'00' * 8}").symlink_to(victim)
    with pytest.raises(UsageError, match="cannot be written"):
        write(tmp_path / "o.json", "newer\n")
    assert victim.read_text() == OLD
    assert (tmp_path / "o.json").read_text() == "new\n"


def test_a_full_disk_leaves_what_existed(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    path.write_text(OLD)
    with full_disk(), pytest.raises(UsageError, match=r"o\.json cannot be written: File too large"):
        write(path, "new\n" * 100)
    assert path.read_text() == OLD
    assert os.listdir(tmp_path) == ["o.json"]


def test_an_interrupt_leaves_what_existed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "o.json"
    path.write_text(OLD)

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("verifier.files.writing.os.write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, "new\n")
    assert path.read_text() == OLD
    assert os.listdir(tmp_path) == ["o.json"]


@pytest.mark.parametrize("length", [255, 256, 5000])
def test_long_names(length: int, tmp_path: Path) -> None:
    path = tmp_path / ("n" * length)
    if length <= 255:
        check_writable(str(path), "--json")
        write(path, "new\n")
        assert path.read_text() == "new\n"
        return
    for attempt in (lambda: check_writable(str(path), "--json"), lambda: write(path, "new\n")):
        with pytest.raises(UsageError, match="File name too long"):
            attempt()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["", "a\0b", ".", "..", "no/such/file", "file/x"])
def test_a_name_that_cannot_be_written_is_refused_before_the_work(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text(OLD)
    with pytest.raises(UsageError, match="--json"):
        check_writable(name, "--json")
    assert os.listdir(tmp_path) == ["file"]


def test_surrogates_are_spelled_as_json_spells_them(tmp_path: Path) -> None:
    write(tmp_path / "o.json", '"\udce9"')
    assert (tmp_path / "o.json").read_bytes() == b'"\\udce9"'


@pytest.mark.parametrize("name", ["file", "file/x", "a/b/c", "n" * 300, "a\0b"])
def test_a_folder_that_cannot_be_made(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(OLD)
    with pytest.raises(UsageError, match="--out"):
        prepare_folder(tmp_path / name, "--out")


def test_file_names_made_from_names() -> None:
    assert file_name("composed", "gap", "Composed-1", suffix=".itf.json") == "composed.gap.Composed-1.itf.json"
    names = [
        ("a", "b"),
        ("a/b",),
        ("a_b",),
        ("../../etc/passwd",),
        (".hidden",),
        ("-rf",),
        ("\x1b[31m",),
        ("::error::",),
        ("n" * 500,),
        ("n" * 501,),
        ("ü" * 300,),
        ("\udce9",),
        ("a\nb",),
    ]
    made = [file_name(*parts, suffix=".cert.json") for parts in names]
    assert len({name.lower() for name in made}) == len(names)
    for name in made:
        assert name.isascii()
        assert name.isprintable()
        assert "/" not in name
        assert len(name) <= 200
        assert name[0] not in ".-"
        assert name.endswith(".cert.json")
