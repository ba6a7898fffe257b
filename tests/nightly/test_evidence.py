"""A stored verdict is answered only where all is the same that it depends on, lemmas and declarations among it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.nightly.toys import suite
from verifier import api
from verifier.documents import Nightly
from verifier.jobs.nightly.run import Watch

pytestmark = pytest.mark.full

# Proved by induction with the lemma alone; where L ends below 3, the lemma says nothing.
LEMMA = """
from __future__ import annotations
from verifier.kernel import *

p = Protocol("rests", "what is proved with a lemma over a range of its own")

class N(Range, low=0, high=3):
    pass

class L(Range, low=0, high=3):
    pass

@p.state
class State:
    a: N = var(3)
    b: N = var(0)
    c: N = var(0)

@p.action
def AB(s: State) -> None:
    guard("some", s.a > 0)
    s.a -= 1
    s.b += 1

@p.action
def BC(s: State) -> None:
    guard("some", s.b > 0)
    s.b -= 1
    s.c += 1

@p.action
def CA(s: State) -> None:
    guard("some", s.c > 0)
    s.c -= 1
    s.a += 1

@p.lemma("nothing is lost")
def Sum(s: State) -> Bool:
    return forall(L, lambda x: implies(x == 3, s.a + s.b + s.c == x))

@p.invariant()
def Ok(s: State) -> Bool:
    return s.a + s.b <= 3
"""

DEAD = """
from __future__ import annotations
from verifier.kernel import *

p = Protocol("rests", "an action that never fires")

class N(Range, low=0, high=3):
    pass

@p.state
class State:
    n: N = var(0)

@p.action
def Up(s: State) -> None:
    guard("small", s.n < 3)
    s.n += 1

@p.action
def Dead(s: State) -> None:
    guard("never", s.n > 3)
    s.n = 0

p.never_fires("Dead", "n ends at 3")

@p.invariant()
def Small(s: State) -> Bool:
    return s.n <= 3
"""

Run = Callable[..., Nightly]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("verifier.jobs.nightly.run.sources_digest", lambda: "sources")
    monkeypatch.setattr("verifier.jobs.nightly.execute.sources_digest", lambda: "sources")

    def call(**options: Any) -> Nightly:
        return api.nightly(**{"suite": "suite.toml", "jobs": 1, "out": "out", **options})

    return call


def stored(report: Nightly) -> list[bool]:
    return [entry.cached for entry in report.obligations]


def test_the_sort_of_a_lemma_counts(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(LEMMA)
    suite(tmp_path, '[[obligation]]\nprotocol = "model.py"\nengine = "kinduction"\nk = 1\n')
    assert run().obligations[0].verdicts["Ok"] == "proved"
    assert stored(run()) == [True]
    path.write_text(LEMMA.replace("class L(Range, low=0, high=3)", "class L(Range, low=0, high=2)"))
    assert stored(run()) == [False]
    path.write_text(LEMMA)
    assert stored(run()) == [True]


@pytest.mark.nightly
def test_what_is_said_never_to_fire_counts(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(DEAD)
    suite(tmp_path, '[[obligation]]\nprotocol = "model.py"\nscope = ["published", "unbounded"]\n')
    first = run()
    assert first.met
    assert stored(run()) == [True, True]
    path.write_text(DEAD.replace('p.never_fires("Dead", "n ends at 3")\n', ""))
    undeclared = run()
    assert stored(undeclared) == [False, False]
    # At unbounded scope an action that cannot fire is a mistake unless it is declared.
    assert [entry.status for entry in undeclared.obligations] == ["met", "failed"]


@pytest.mark.nightly
def test_a_lemma_that_changes_while_the_night_runs_is_not_remembered(run: Run, tmp_path: Path) -> None:
    """What is kept under a key is what the key was made of: the survey and the run may read different files."""
    path = tmp_path / "model.py"
    path.write_text(LEMMA)
    changed = LEMMA.replace("class L(Range, low=0, high=3)", "class L(Range, low=0, high=2)")
    suite(tmp_path, '[[obligation]]\nprotocol = "model.py"\nproperties = ["Range@c"]\n')

    def edit(pending: list[str], total: int) -> None:
        path.write_text(changed)

    run(watch=Watch(on_plan=edit))
    path.write_text(LEMMA)
    assert stored(run()) == [False]
    assert stored(run()) == [True]
