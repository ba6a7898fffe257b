"""The digest of the verifier's sources is that of the files as they are now, which are read again only if one has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verifier.jobs.nightly import digests


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(digests, "_PACKAGE", tmp_path)
    for name in ("one.py", "inner/two.py", "inner/properties/three.py", "properties/protocol.py", "inner/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("one.py", True),
        ("inner/two.py", True),
        ("inner/properties/three.py", True),
        ("inner/new.py", True),
        ("properties/protocol.py", False),
        ("inner/notes.txt", False),
    ],
)
def test_what_counts(package: Path, name: str, counts: bool) -> None:
    before = digests.sources_digest()
    (package / name).write_text("changed")
    assert (digests.sources_digest() != before) == counts


def test_a_change_is_noticed_whatever_the_file_says_about_it(package: Path) -> None:
    before, path = digests.sources_digest(), package / "one.py"
    status = path.stat()
    path.write_text("ONE.PY"[: status.st_size])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert digests.sources_digest() != before


def test_files_that_did_not_change_are_not_read_again(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests.sources_digest()
    monkeypatch.setattr(Path, "read_bytes", None)
    assert digests.sources_digest() == before
