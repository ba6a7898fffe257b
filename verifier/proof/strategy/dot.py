"""The graph of the first reachable states, in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.proof.engines.exploration import Exploration
from verifier.proof.engines.statesets import StateSet
from verifier.semantics.concrete.printing import value_text
from verifier.semantics.concrete.trace_steps import instance_text
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.states import States, joined
from verifier.semantics.ground.successors import Successors

MOST = 1_000
"""The most states of a graph: nobody can read a larger one."""


def dot(ground: Ground, exploration: Exploration) -> str:
    """The states of the first levels, at most `MOST`, and all steps between them. Initial states have a bold frame."""
    levels = exploration.reached.set.levels
    starts = sum(len(part) for part in levels[0]) if levels else 0
    lines = [f"digraph {_quoted(ground.scope.model.name)} {{", "  node [shape=box, fontname=monospace];"]
    if exploration.distinct > MOST:
        lines.insert(0, f"// the first {MOST:,} of {exploration.distinct:,} states")
    states = joined([exploration.reached.packing.empty(), *(part for level in levels for part in level)])[:MOST]
    for number, codes in enumerate(exploration.reached.packing.codes(states)):
        style = ", style=bold" if number < starts else ""
        lines.append(f"  {number} [label={_quoted(_text(ground, codes))}{style}];")
    lines.extend(_edges(ground, states, exploration) if len(states) else ())
    return "\n".join([*lines, "}", ""])


def _edges(ground: Ground, states: States, exploration: Exploration) -> Iterator[str]:
    packing = exploration.reached.packing
    known = StateSet.holding(packing, states)
    place = np.argsort(known.index(states))
    for steps in Successors(ground, packing).expand(states).steps:
        label = _quoted(instance_text(ground.scope, steps.instance.action.name, steps.instance.arguments))
        for row, at in zip(steps.rows.tolist(), known.index(steps.states).tolist(), strict=True):
            if at >= 0:
                yield f"  {row} -> {place[at]} [label={label}];"


def _text(ground: Ground, codes: tuple[int, ...]) -> str:
    state, scope = ground.layout.decode(codes), ground.scope
    return "\n".join(f"{v.name} = {value_text(state[v.name], v.sort, scope)}" for v in scope.model.variables)


def _quoted(text: str) -> str:
    """Text as Graphviz reads it, its lines aligned on the left."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if "\n" not in text else '"' + escaped.replace("\n", "\\l") + '\\l"'
