"""Sorts and variables that several protocols share: each has its own bounds, and what is missing or said twice is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.catalog import load
from verifier.kernel.errors import ModelError
from verifier.kernel.protocol import Protocol
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

SHARED = '''
from __future__ import annotations
from verifier.kernel import *
from verifier.lib.parameters import parameter_called

Max = parameter_called("Max")

class Count(Range, low=0, high=Max):
    """A count."""

class Counting:
    count: Count = var(0, "a count")
    last: Count = var(0, "the count before")

def count_on(s: Counting) -> None:
    guard("room", s.count < Max)
    s.last = s.count
    s.count += 1
'''

MODEL = '''
from __future__ import annotations
from shared import Count, Counting, count_on
from verifier.kernel import *

p = Protocol("p", "counts")
p.search_bound("Max", 4)

@p.state
class State(Counting):
    stopped: Bool = var(False, "whether it has stopped")

@p.action
def Step(s: State) -> None:
    """Counts."""
    count_on(s)

@p.action
def Stop(s: State) -> None:
    """Stops."""
    s.stopped = Bool(True)

@p.invariant()
def Behind(s: State) -> Bool:
    """The last count is behind."""
    return (s.count == 0) | (s.last + 1 == s.count)
'''


def build(folder: Path, model: str, name: str = "model") -> Protocol:
    (folder / "shared.py").write_text(SHARED)
    path = folder / f"{name}.py"
    path.write_text(model)
    return load(str(path))


def test_each_protocol_has_its_own_bound(tmp_path: Path) -> None:
    for bound in (4, 2):
        found = explore(Ground(finite_scope(build(tmp_path, MODEL.replace("4)", f"{bound})"), f"up_to_{bound}").model())))
        assert (found.distinct, found.violations) == (2 * (bound + 1), ())


def test_inherited_variables_come_first(tmp_path: Path) -> None:
    declared = build(tmp_path, MODEL).variables
    assert [variable.name for variable in declared] == ["count", "last", "stopped"]
    assert declared[0].doc == "a count"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('p.search_bound("Max", 4)\n', "", "reads Max, which is not a parameter of p"),
        ("stopped: Bool = var(False", "last: Count = var(1", "state variable last is declared in two classes"),
        ("class State(Counting):", "class State:", "unknown state variable count"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        build(tmp_path, MODEL.replace(old, new))
