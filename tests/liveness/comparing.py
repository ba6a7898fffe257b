"""Compares what the product says of a random graph with the reference."""

from __future__ import annotations

from tests.liveness.graphs import Example
from verifier.proof.engines.explicit import decide, explore
from verifier.proof.engines.fair_search import States
from verifier.proof.engines.lassos import Found, LassoPath, shortest
from verifier.semantics.answers import Answer
from verifier.semantics.ground.path import Path
from verifier.semantics.ground.rounds import Rounds
from verifier.semantics.ground.saving import Saving
from verifier.semantics.ground.smt import Encoding

DEPTH = 6
"""How long the lassos are that unrolling looks for."""
ROUNDS = 8
"""More rounds than any of the graphs lets pass without passing infinitely many."""


def unrolled(example: Example, bound: int = DEPTH) -> tuple[int, int] | None:
    """The shortest lasso that unrolling finds."""
    found = None
    for found in shortest(LassoPath(Encoding(example.ground), example.liveness), bound):
        assert found is not Answer.UNKNOWN
    return (found.stem, found.loop) if isinstance(found, Found) else None


def saved(example: Example) -> Path | None:
    """A lasso by liveness to safety, and explicit search."""
    reduction = Saving(example.ground, example.liveness)
    violations = decide(reduction, [example.liveness.property]).violations
    return reduction.lasso(violations[0].path) if violations else None


def searched(example: Example) -> Path | None:
    """The shortest lasso in the graph of all states."""
    reached = explore(example.ground, []).reached
    states = States(example.ground, reached, [example.liveness])
    lasso = states.shortest_lasso(example.liveness)
    assert lasso is None or lasso.shortest
    return None if lasso is None else states.path(lasso)


def rounds(example: Example) -> int | None:
    """The least number of rounds that no run exceeds; None if there is none."""
    for most in range(ROUNDS):
        if not decide(Rounds(example.ground, example.liveness, most), [example.liveness.property]).violations:
            return most
    return None


def disagreement(example: Example) -> str | None:
    """What the product says wrongly; None if nothing."""
    lassos = example.lassos
    violated = lassos.violated()
    assert violated == (lassos.shortest() is not None)
    found, wanted = unrolled(example), lassos.shortest(DEPTH)
    if found != wanted:
        return f"unrolling finds {found}, not {wanted}"
    path = searched(example)
    if path is not None and not genuine(example, path):
        return f"explicit search finds {path}, which is not a lasso"
    found = None if path is None or path.loop is None else (path.loop, len(path.steps) - 1 - path.loop)
    if found != lassos.shortest():
        return f"explicit search finds {found}, not {lassos.shortest()}"
    path = saved(example)
    if (path is not None) != violated:
        return f"liveness to safety finds {path}; in truth it is {'violated' if violated else 'not violated'}"
    if path is not None and not genuine(example, path):
        return f"liveness to safety finds {path}, which is not a lasso"
    if (rounds(example) is None) != violated:
        return f"k-liveness closes: {rounds(example)}; in truth it is {'violated' if violated else 'not violated'}"
    return None


def genuine(example: Example, path: Path) -> bool:
    """Whether a path is a lasso of the graph."""
    at = [step.codes[0] for step in path.steps]
    if path.loop is None or at[path.loop] != at[-1] or at[0] not in example.graph.start:
        return False
    names = {instance.number: instance.action.name for instance in example.ground.instances}
    taken = [(names[step.instance], step.codes[0]) for step in path.steps[1:] if step.instance is not None]
    return all(edge in example.graph.edges[before] for before, edge in zip(at, taken, strict=False))
