"""A field may be called what it likes: its name means the field, whatever else it means for expressions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, line_of
from verifier.kernel.errors import ModelError
from verifier.kernel.term_text import text
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

NAMES = [
    "term",
    "sort",
    "replace",
    "size",
    "value",
    "fields",
    "values",
    "self",
    "cls",
    "name",
    "mro",
    "contains",
    "args",
    "ordered",
    "key",
]


def model(name: str) -> str:
    return f"""
from __future__ import annotations
from verifier.kernel import *

p = Protocol("p", "a field called {name}")


class Count(Range, low=0, high=2):
    pass


class Msg(Record, ordered=True):
    {name}: Count
    other: Count


class Msgs(KeyedSet[Msg], key="{name}"):
    pass


@p.state
class State:
    msg: Msg = var(Msg({name}=0, other=2))
    sent: Set[Msg] = var(set())
    kept: Msgs = var(set())


@p.action
def Count_(s: State) -> None:
    guard("room", s.msg.{name} < 2)
    s.msg = Record.replace(s.msg, {name}=s.msg.{name} + 1)


@p.action
def Send(s: State) -> None:
    guard("new", ~s.kept.has(s.msg.{name}))
    s.sent |= {{s.msg}}
    s.kept = s.kept.insert(Msg({name}=s.msg.{name}, other=s.msg.other))


@p.invariant()
def Other(s: State) -> Bool:
    return forall_in(s.sent, lambda m: (m.other == 2) & (m.{name} <= s.msg.{name}) & s.kept.has(m.{name}))
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_field_of_any_name(name: str, tmp_path: Path) -> None:
    protocol = build(model(name), tmp_path)
    found = explore(Ground(finite_scope(protocol.model())))
    # The count, and of which counts so far a message was sent.
    assert (found.distinct, found.violations) == (2 + 4 + 8, ())
    assert f"m.{name} <= msg.{name}" in text(protocol.properties["Other"].formula, protocol.vocabulary)


def test_replace_is_a_method_where_no_field_is_called_so(tmp_path: Path) -> None:
    source = model("term").replace("Record.replace(s.msg, ", "s.msg.replace(")
    assert explore(Ground(finite_scope(build(source, tmp_path).model()))).distinct == 14


@pytest.mark.parametrize(
    "line",
    [
        "class R(Record):\n    _term: Version",
        "class R(Record):\n    _sort: Version",
        "class R(Record):\n    __len__: Version",
        "class R(Record):\n    ok: Version\n    _: Version",
    ],
)
def test_names_of_python_itself_are_refused(line: str, tmp_path: Path) -> None:
    source = f"{HEAD}{REST}{line}\n"
    with pytest.raises(ModelError, match="record R cannot have a field _") as refused:
        build(source, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of(source, "class R")


def test_a_state_variable_is_no_name_of_python_itself(tmp_path: Path) -> None:
    source = f"{HEAD}    _variable: Version = var(0)\n{REST}"
    with pytest.raises(ModelError, match="state variable _variable") as refused:
        build(source, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of(source, "_variable")


@pytest.mark.parametrize("wrong", ["m.term & True", "m.nothing", "Msg.term", "m.term == m", "m.replace(tern=1) == m"])
def test_what_is_wrong_with_such_a_field_is_said_at_its_line(wrong: str, tmp_path: Path) -> None:
    source = f"{model('term')}\n@p.invariant()\ndef Wrong(s: State) -> Bool:\n    return exists(Msg, lambda m: {wrong})  # here\n"
    with pytest.raises(ModelError) as refused:
        build(source, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of(source, "# here")
