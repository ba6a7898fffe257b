"""No control character, no end of a line and no command of a runner gets from a document or a model to a terminal or a log."""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import verify
from verifier import check, prove, replay, show_trace
from verifier.documents import Nightly, Result
from verifier.evidence.certificate import seal
from verifier.files.writing import to_json
from verifier.kernel.characters import clean, clean_lines, one_line, printable, without_commands
from verifier.kernel.errors import UsageError

EVIL = "\x1b]0;owned\x07\x1b[2J\x1b[31mP\r\n::error file=x::pwned\n##[error]pwned\x9b2J\u202egnp\u2028::warning::pwned"

DIRECTIONAL = ("LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def obeyed(text: str) -> list[str]:
    """What in the text a terminal or a runner would obey, or what is read in another order than it is written."""
    controls = [
        repr(letter) for letter in text if unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") and letter not in "\n"
    ]
    controls += [repr(letter) for letter in text if unicodedata.bidirectional(letter) in DIRECTIONAL]
    return controls + [line for line in text.split("\n") if line.strip().startswith("::") or re.search(r"##\w*\[", line)]


# -- characters ------------------------------------------------------------------------------------------------------------


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not obeyed(line.replace("::", "").replace("##", ""))
    assert one_line(line) == line


@given(st.text(alphabet=st.sampled_from(list(":#[]a e\n\r\t\u2028\x85\x0b\x1b"))))
def test_no_line_is_a_command(text: str) -> None:
    assert not obeyed(without_commands(clean_lines(text)).replace("\t", " "))


@given(st.text(alphabet=st.sampled_from(list(":#[]ae\n"))))
def test_text_without_commands_stays_as_it_is(text: str) -> None:
    assert (without_commands(text) == text) == (not obeyed(text))


def test_what_is_printable_already_is_not_copied() -> None:
    plain = {"a": [1, ("b", None)], "c": {"d": "e"}}
    assert printable(plain) is plain
    assert printable({**plain, "f": ["g\n"]}) == {**plain, "f": ["g"]}
    assert printable({"a\n": 1}) == {"a": 1}


def test_colours_of_our_own_hide_no_command() -> None:
    assert without_commands("\x1b[1m\x1b[31m::error::x") == "\x1b[1m\x1b[31m: :error::x"


def test_readable_text_stays_as_it_is() -> None:
    text = "Gültig: ∀n ∈ Node : x[n] ≤ 3 \N{BUG} \N{HEBREW LETTER ALEF}"
    assert clean(text) == one_line(text) == text
    assert clean_lines("a\n  b\n") == "a\n  b\n"


@given(st.text())
def test_json_is_the_same_value_without_them(text: str) -> None:
    written = to_json({"a": text, text: 1})
    assert not obeyed(written)
    assert json.loads(written) == {"a": text, text: 1}


def test_a_document_is_shown_line_by_line() -> None:
    document = Nightly.model_construct(title=EVIL, messages=(EVIL, "a"), extra={EVIL: [EVIL]})
    shown = printable(document)
    assert shown.title == one_line(EVIL)
    assert shown.messages == (one_line(EVIL), "a")
    assert document.title == EVIL


# -- certificates and traces -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("certificates")
    assert prove("routes", properties=["Routes-4"], certificates=folder, in_process=True).proved
    found: dict[str, Any] = json.loads((folder / "routes.safe.Routes-4.cert.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def trace() -> dict[str, Any]:
    result = prove("routes", variant="gap", properties=["Routes-4"], in_process=True)
    assert isinstance(result, Result)
    found = result["Routes-4"].trace
    assert found is not None
    return found.to_document()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the strings of a JSON value stand."""
    if isinstance(value, str):
        yield at
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*at, key))


def put(document: dict[str, Any], at: tuple[Any, ...], change: Callable[[str], str]) -> dict[str, Any]:
    """The document with another string in one place."""
    changed = copy.deepcopy(document)
    holder = changed
    for key in at[:-1]:
        holder = holder[key]
    holder[at[-1]] = change(holder[at[-1]])
    return changed


@pytest.mark.parametrize("evil", ["\x1b[2J", "\n::error::x", "\x9b2J", "\u2028", "\u202e", "\x00", "\ud800"])
def test_no_string_of_a_certificate_holds_them(certificate: dict[str, Any], evil: str) -> None:
    several = [at for at in places(certificate) if at[-1] not in ("smtlib", "protocol_text")]
    seen = {tuple("*" if isinstance(key, int) else key for key in at): at for at in several}
    for at in seen.values():
        changed = put(certificate, at, lambda text: text + evil)
        changed = changed if at == ("content_digest",) else seal(changed)
        with pytest.raises(UsageError) as caught:
            check(changed, in_process=True)
        assert not obeyed(str(caught.value)), at
    for at in [("protocol_text",), ("definitions", 0, "smtlib")]:
        changed = seal(put(certificate, at, lambda text: text + evil.replace("\n", "\r\n")))
        with pytest.raises(UsageError):
            check(changed, in_process=True)


@pytest.mark.parametrize("evil", ["\x1b[2J", "\n::error::x", "\x9b2J", "\u2028"])
def test_no_string_of_a_trace_holds_them(trace: dict[str, Any], evil: str) -> None:
    seen = {tuple("*" if isinstance(key, int) else key for key in at): at for at in places(trace)}
    for at in seen.values():
        if evil[0] == "\n" and at[0] == "#meta" and at[-1] in ("doc", "formula"):  # these have lines
            assert not obeyed(show_trace(put(trace, at, lambda text: text + evil)))
            continue
        with pytest.raises(UsageError) as caught:
            replay(put(trace, at, lambda text: text + evil), in_process=True)
        assert not obeyed(str(caught.value)), at
    with pytest.raises(UsageError):
        replay({**trace, evil: 1}, in_process=True)


@pytest.mark.parametrize("command", ["check", "replay", "show"])
@pytest.mark.full
def test_the_command_prints_none_of_them(
    command: str, certificate: dict[str, Any], trace: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "evil.json"
    document = {**trace, "#meta": {**trace["#meta"], "protocol": EVIL}}
    document = {**certificate, "protocol": EVIL} if command == "check" else document
    path.write_text(json.dumps(document), encoding="utf-8")
    options = ["--html", "-"] if command == "show" else []
    ended = verify(command, str(path), *options)
    assert ended.returncode == 2
    assert not obeyed(ended.stdout + ended.stderr)


# -- models ----------------------------------------------------------------------------------------------------------------

MODEL = f"""
from verifier.kernel import Bool, Enumeration, Protocol, guard, labels, var, violated

EVIL = {EVIL!r}
print(EVIL)

class Phase(Enumeration):
    __doc__ = EVIL
    Idle, Active = labels(2)

p = Protocol("evil", EVIL, source=EVIL)

@p.state
class State:
    phase: Phase = var(Phase.Idle, doc=EVIL)

@p.action
def Step(s: State) -> None:
    guard("idle", s.phase == Phase.Idle)
    s.phase = Phase.Active
Step.__doc__ = EVIL

def Holds(s: State) -> Bool:
    return s.phase == Phase.Idle
Holds.__doc__ = EVIL
p.invariant(short="P", vacuous=EVIL, expected={{"safe": violated(1)}})(Holds)

def True_(s: State) -> Bool:
    return (s.phase == Phase.Idle) | (s.phase == Phase.Active)
True_.__doc__ = EVIL
p.invariant(short="Q", vacuous=EVIL)(True_)

@p.lemma(EVIL)
def Two(s: State) -> Bool:
    return (s.phase == Phase.Idle) | (s.phase == Phase.Active)

p.finding(EVIL, text=EVIL, command="verify explore evil " + EVIL)
p.variant("gap", drops=["Step.idle"], doc=EVIL)
"""

COMMANDS: dict[str, list[str]] = {
    "prove": ["prove", "evil.py", "--explain", "--log-level", "debug"],
    "prove as JSON": ["prove", "evil.py", "--json", "-"],
    "unbounded": ["prove", "evil.py", "--scope", "unbounded", "--show-cti"],
    "list": ["list", "evil.py"],
    "list as JSON": ["list", "evil.py", "--json", "-"],
    "show": ["show", "evil.py"],
    "explore": ["explore", "evil.py"],
    "gaps": ["gaps", "evil.py"],
    "run": ["run", "evil.py"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("evil")
    (found / "evil.py").write_text(MODEL, encoding="utf-8")
    return found


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.full
def test_nothing_of_a_model_is_obeyed(folder: Path, name: str) -> None:
    ended = verify(*COMMANDS[name], cwd=folder)
    assert ended.returncode in (0, 1), ended.stderr
    assert not obeyed(ended.stdout + ended.stderr)
    assert "pwned" in ended.stdout + ended.stderr


FAILING = {
    "an error of the model": f"raise ValueError({EVIL!r})",
    "an error with a hint": f"from verifier.kernel import Protocol\nProtocol({EVIL!r}, '')",
    "a line of the model": f"x = 1 / 0  # {EVIL.splitlines()[0]}",
    "a missing module": "import importlib\nimportlib.import_module('a' + " + repr(EVIL) + ")",
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.full
def test_nothing_of_an_error_is_obeyed(tmp_path: Path, name: str) -> None:
    (tmp_path / "evil.py").write_text(FAILING[name], encoding="utf-8")
    ended = verify("prove", "evil.py", cwd=tmp_path)
    assert ended.returncode == 2
    assert not obeyed(ended.stdout + ended.stderr)


@pytest.mark.full
def test_a_night_prints_and_writes_none_of_them(folder: Path) -> None:
    (folder / "suite.toml").write_text('[[obligation]]\nprotocol = "evil.py"\n', encoding="utf-8")
    ended = verify("nightly", "--suite", "suite.toml", "--out", "night", cwd=folder)
    assert ended.returncode in (0, 1, 3), ended.stderr
    assert not obeyed(ended.stdout + ended.stderr)
    for path in (folder / "night").iterdir():
        if path.suffix in (".json", ".html", ".md", ".xml"):
            assert not obeyed(path.read_text(encoding="utf-8")), path
