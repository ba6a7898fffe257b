"""An Int has no range: what would store one, or run over all of them, is refused at its line, however deep it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD, REST, build, line_of
from verifier.kernel.errors import ModelError

SORTS = """
class Entry(Record):
    key: Key
    count: Int

class Inner(Record):
    key: Key
    entry: Option[Entry]

class Table(KeyedSet[Entry], key="key"):
    pass

class Tables(KeyedSet[Inner], key="key"):
    pass

class Counted(KeyedSet[Entry], key="count"):
    pass

class Queue(Sequence[Entry], capacity=2):
    pass
"""

ENDLESS = [
    "Int",
    "Entry",
    "Inner",
    "Table",
    "Tables",
    "Counted",
    "Queue",
    "Option[Int]",
    "Option[Option[Int]]",
    "Set[Int]",
    "Set[Entry]",
    "Set[Option[Int]]",
    "Fn[Key, Int]",
    "Fn[Int, Bool]",
    "Fn[Key, Fn[Key, Entry]]",
    "Fn[Key, Table]",
    "Option[Table]",
]

DEFINITION = "@p.invariant()\ndef Other(s: State) -> Bool:\n"
PROPERTY = f"{DEFINITION}    return "

# What stands for the rest of the model, with X for the sort; the refusal is at the line with `# here`.
PLACES = {
    "variable": "    x: X = var(anything)  # here\n",
    "argument": "@p.action  # here\ndef Other(s: State, x: X) -> None:\n    s.flag = True\n",
    "witness": "@p.action\ndef Other(s: State) -> None:\n    x = witness('x', X)  # here\n    s.flag = True\n",
    "forall": PROPERTY + "forall(X, lambda x: s.flag)  # here\n",
    "exists": PROPERTY + "exists(X, lambda x: s.flag)  # here\n",
    "choose": PROPERTY + "choose(X, lambda x: s.flag) == choose(X, lambda x: s.flag)  # here\n",
    "set_of": PROPERTY + "set_of(X, lambda x: s.flag).is_empty()  # here\n",
    "fn": PROPERTY + "fn(X, lambda x: s.flag) == fn(X, lambda x: s.flag)  # here\n",
    "image, from": PROPERTY + "image(X, Key, lambda x: Key.First).is_empty()  # here\n",
    "image, to": PROPERTY + "image(Key, X, lambda k: s.version).is_empty()  # here\n",
}  # fmt: skip


def model(place: str, sort: str) -> str:
    text = PLACES[place].replace("X)", f"{sort})").replace("X,", f"{sort},").replace(": X ", f": {sort} ")
    if place == "variable":
        return HEAD.replace("@p.state", SORTS + "\n@p.state") + text + REST
    return HEAD + SORTS + REST + text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sort", ENDLESS)
def test_an_integer_without_a_range_is_refused_wherever_it_lies(place: str, sort: str, tmp_path: Path) -> None:
    source = model(place, sort)
    with pytest.raises(ModelError) as refused:
        build(source, tmp_path)
    assert refused.value.position is not None
    assert refused.value.position.line == line_of(source, "# here")
    assert "Int" in refused.value.message or "integer range" in refused.value.message
    assert "Range, low=0, high=..." in (refused.value.hint or "")


def test_an_integer_that_is_neither_stored_nor_run_over_needs_no_range(tmp_path: Path) -> None:
    """Arithmetic is over all integers; a record of them may be made and compared."""
    said = DEFINITION + "    e = Entry(key=Key.First, count=s.version + 1)\n    return e.count > 0\n"
    assert "Other" in build(HEAD + SORTS + REST + said, tmp_path).properties
