"""Where protocols come from: names, files and registered modules; and what is said when there is none."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, in_module
from tests.source import ROOT
from verifier.catalog import digest, load, names
from verifier.kernel.errors import ModelError, UsageError, VerifyError

MODEL = HEAD + REST


def write(folder: Path, name: str, source: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source if isinstance(source, bytes) else source.encode("utf-8"))
    return str(path)


def failure(reference: str) -> VerifyError:
    with pytest.raises(VerifyError) as caught:
        load(reference)
    return caught.value


# Built-in protocols


def test_built_in_protocols_are_loaded_once_with_their_properties() -> None:
    assert "composed" in names()
    protocol = load("composed")
    assert protocol is load("composed")
    assert protocol.properties


def test_a_file_of_a_built_in_protocol_means_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert load("encodings/composed.py") is load("composed")
    assert load("properties/composed.py") is load("composed")


def test_a_built_in_protocol_that_fails_says_the_same_when_it_is_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding = "from verifier.kernel import Protocol\n\nbroken = Protocol('broken', 'it has a parameter')\n"
    properties = "from verifier.encodings.broken import broken\n\nbroken.parameter('N', 1)\nno_such_name\n"
    for package, text in (("encodings", encoding), ("properties", properties)):
        (tmp_path / package).mkdir()
        (tmp_path / package / "broken.py").write_text(text)
        monkeypatch.setattr(sys.modules[f"verifier.{package}"], "__path__", [str(tmp_path / package)])
    monkeypatch.setattr("verifier.catalog.builtins.names", lambda: ["broken"])
    for _ in range(2):
        with pytest.raises(NameError, match="no_such_name"):
            load("broken")
        assert "verifier.encodings.broken" not in sys.modules


def test_every_built_in_protocol_is_complete() -> None:
    for name in names():
        protocol = load(name)
        assert protocol.name == name
        for variant in protocol.variants:
            model = protocol.model(variant)
            assert model.actions or model.initial or (model.laws and not model.variables)


def test_a_copy_of_a_built_in_protocol_loads_as_a_users_pair(tmp_path: Path) -> None:
    """No privileges: the same two files, beside each other, are a user's protocol."""
    for part in ("encodings", "properties"):
        text = (ROOT / part / "composed.py").read_text(encoding="utf-8")
        text = text.replace("verifier.encodings.composed", "composed_encoding")
        write(tmp_path, "composed_encoding.py" if part == "encodings" else "composed_properties.py", text)
    protocol = load(str(tmp_path / "composed_properties.py"))
    assert protocol is not load("composed")
    assert list(protocol.properties) == list(load("composed").properties)
    error = failure(str(tmp_path / "composed_encoding.py"))
    assert "has no properties" in error.message
    assert "properties that imports this one" in (error.hint or "")


# Names that mean nothing


@pytest.mark.parametrize("reference", ["composd", "Composed", "compose"])
def test_an_unknown_name_is_told_the_nearest(reference: str) -> None:
    error = failure(reference)
    assert isinstance(error, UsageError)
    assert error.message == f"unknown protocol {reference}"
    assert error.hint == "did you mean composed?"


def test_an_unknown_name_near_nothing_is_told_all() -> None:
    assert "composed" in (failure("xyzzy").hint or "")


def test_a_name_without_its_ending_is_told_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "model.py", MODEL)
    monkeypatch.chdir(tmp_path)
    assert failure("model").hint == "for the file write model.py"
    assert load("model.py").name == "p"
    assert load("./model.py").name == "p"


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    write(tmp_path, "model.py", MODEL)
    error = failure(str(tmp_path / "modle.py"))
    assert isinstance(error, UsageError)
    assert "there is no file" in error.message
    assert error.hint == "did you mean model.py?"
    assert "no folder" in (failure(str(tmp_path / "nowhere" / "model.py")).hint or "")


@pytest.mark.parametrize("name", ["folder", "folder.py"])
def test_a_folder(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    for reference in (name, str(tmp_path / name)):
        error = failure(reference)
        assert isinstance(error, UsageError)
        assert "is a folder" in error.message


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    path = tmp_path / "pipe.py"
    os.mkfifo(path)
    assert "not a regular file" in failure(str(path)).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "model.py", MODEL)
    os.chmod(path, 0)
    assert "cannot be read" in failure(path).message


def test_a_name_no_file_can_have() -> None:
    assert isinstance(failure("a\0b.py"), UsageError)


# Files that are not models


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    path = write(tmp_path, "model.py", b"# one\n# two\n# caf\xe9\n")
    error = failure(path)
    assert isinstance(error, ModelError)
    assert "UTF-8" in error.message
    assert error.position is not None
    assert error.position.line == 3


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert load(write(tmp_path, "model.py", b"\xef\xbb\xbf" + MODEL.encode())).name == "p"


@pytest.mark.parametrize(
    ("source", "line"),
    [("x = (\n", 1), ("x = 1\ny = = 2\n", 2), ("def f():\npass\n", 2), ("x = 1\nreturn x\n", 2), ("x = 1\0\n", 1)],
)
def test_text_that_is_not_python(tmp_path: Path, source: str, line: int) -> None:
    path = write(tmp_path, "model.py", source)
    error = failure(path)
    assert isinstance(error, ModelError)
    assert "Python" in error.message
    assert error.position is not None
    assert (error.position.file, error.position.line) == (path, line)


@pytest.mark.parametrize(
    ("snippet", "message"),
    [
        ("raise KeyError('lost')", "KeyError: 'lost'"),
        ("open('no-such-file')", "FileNotFoundError"),
        ("[][3]", "IndexError"),
        ("raise SystemExit", "ends the program"),
        ("import sys; sys.exit(0)", "ends the program"),
        ("class Odd(Exception): pass\nraise Odd", "Odd"),
    ],
)
def test_an_exception_is_shown_at_the_users_line(tmp_path: Path, snippet: str, message: str) -> None:
    source = in_module(snippet)
    path = write(tmp_path, "model.py", source)
    error = failure(path)
    assert isinstance(error, ModelError)
    assert message in error.message
    assert error.position is not None
    assert (error.position.file, error.position.line) == (path, source.count("\n"))
    assert error.source == snippet.split("\n")[-1]


def test_the_innermost_line_of_the_users_is_shown(tmp_path: Path) -> None:
    source = in_module(
        """
        def helper(value):
            return value + json.loads("{")

        import json
        helper(1)
        """
    )
    error = failure(write(tmp_path, "model.py", source))
    assert error.position is not None
    assert error.source == 'return value + json.loads("{")'


def test_an_interrupt_is_no_error_of_the_model(tmp_path: Path) -> None:
    path = write(tmp_path, "model.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load(path)


# Files beside the model


def test_modules_beside_the_file_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path, "shared.py", "LIMIT = 5\n")
    path = write(tmp_path, "model.py", in_module("import shared\np.parameter('Limit', shared.LIMIT)"))
    before = list(sys.path), set(sys.modules)
    assert load(path).parameters["Limit"].default == 5
    assert (list(sys.path), "shared" in sys.modules) == (before[0], False)


def test_two_folders_may_have_modules_of_one_name(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path, f"{number}/shared.py", f"LIMIT = {number}\n")
        write(tmp_path, f"{number}/model.py", in_module("import shared\np.parameter('Limit', shared.LIMIT)"))
    limits = [load(str(tmp_path / f"{number}/model.py")).parameters["Limit"].default for number in (1, 2)]
    assert limits == [1, 2]


def test_a_mistake_in_a_module_beside_the_file_is_shown_there(tmp_path: Path) -> None:
    shared = write(tmp_path, "shared.py", "LIMIT = 5\n1 / 0\n")
    path = write(tmp_path, "model.py", in_module("import shared"))
    error = failure(path)
    assert error.position is not None
    assert (error.position.file, error.position.line) == (shared, 2)
    write(tmp_path, "shared.py", "LIMIT = (\n")
    error = failure(path)
    assert error.position is not None
    assert (error.position.file, error.position.line) == (shared, 1)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "model.py", MODEL)
    assert load(path).name == "p"
    write(tmp_path, "model.py", MODEL.replace('Protocol("p"', 'Protocol("changed"'))
    assert load(path).name == "changed"


def test_which_of_several_protocols_is_meant(tmp_path: Path) -> None:
    path = write(tmp_path, "model.py", in_module('other = Protocol("other", "t")\nprotocol = p'))
    assert load(path).name == "p"
    path = write(tmp_path, "two.py", in_module('same = p'))
    assert load(path).name == "p"


# Registered protocols


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with an installed distribution that registers protocols."""
    entries = {
        "acme-two": "acme_protocols_test:p",
        "acme": "acme_protocols_test",
        "acme-broken": "acme_broken_test",
        "acme-missing": "acme_missing_test",
        "acme-number": "acme_protocols_test:NUMBER",
        "composed": "acme_protocols_test",
    }
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    write(tmp_path, "acme-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    write(tmp_path, "acme-1.0.dist-info/entry_points.txt", f"[verify.protocols]\n{lines}")
    write(tmp_path, "acme_protocols_test.py", MODEL + "\nNUMBER = 3\n")
    write(tmp_path, "acme_broken_test.py", MODEL + "\n1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    for name in ("acme_protocols_test", "acme_broken_test"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("registered")
def test_a_registered_module_or_attribute() -> None:
    assert {"acme", "acme-two", "composed"} <= set(names())
    assert load("acme").name == "p"
    assert digest(load("acme-two")) == digest(load("acme"))
    assert load("composed").name == "composed", "a registered name does not replace a built-in one"
    assert (failure("acmee").hint or "").startswith("did you mean acme")


def test_a_registered_protocol_that_cannot_be_loaded(registered: Path) -> None:
    error = failure("acme-broken")
    assert "acme-broken" in error.message
    assert "ZeroDivisionError" in error.message
    assert error.position is not None
    assert error.position.file == str(registered / "acme_broken_test.py")
    assert "acme_missing_test" in failure("acme-missing").message
    assert "not a protocol" in failure("acme-number").message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Spec.tla", "TLA+ is not read yet"),
        ("specs/MC.cfg", "configurations of TLC are not read yet"),
        ("model.QNT", "Quint is not read yet"),
        ("model.ivy", "Ivy is not read yet"),
        ("model.pyv", "mypyvy's language is not read yet"),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_specification_in_another_language_is_sent_to_the_page_about_it(
    name: str, says: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    if there:
        (tmp_path / name).write_text("---- MODULE Spec ----\n====\n", encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(f"{name}: {says}")) as raised:
        load(name)
    assert "docs/coming-from-tlc.md" in str(raised.value.hint)
