"""Laws made by chance: what random protocols say of states, said of all values, and decided as by going through them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.generating import protocol
from tests.fuzz.rendering import annotation, expression, reads, rendered
from tests.fuzz.spec import Property, Spec
from verifier import check
from verifier.catalog import load
from verifier.evidence.replay import replay
from verifier.kernel import Protocol
from verifier.kernel.laws import alone
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.order import size
from verifier.semantics.scope import FiniteScope, FrozenMap, finite_scope

pytestmark = pytest.mark.full

MOST = 20_000
"""How many values are gone through."""

OF_RUNS = {"enabled", "can_change", "next"}
"""What no law can ask."""


def stated(spec: Spec) -> list[Property]:
    """What a protocol says of states, and can be said of values."""
    found = (one for one in spec.properties if one.kind != "action" and reads(one.formula))
    return [one for one in found if not OF_RUNS & {part.op for part in one.formula.walk()}]


def text(spec: Spec) -> str:
    """A model of the sorts of a protocol, with laws for its properties; `s` has the values in place of the state."""
    sorts = {name: sort for name, sort, _ in spec.variables}
    lines = ["from types import SimpleNamespace", *rendered(spec).split("@p.state")[0].splitlines()[1:]]
    for one in stated(spec):
        names = sorted(reads(one.formula))
        values = ", ".join(f"{name}: {annotation(sorts[name])}" for name in names)
        given = ", ".join(f"{name}={name}" for name in names)
        lines += ["@p.law()", f"def {one.name}({values}) -> Bool:", f"    s = SimpleNamespace({given})"]
        lines.append(f"    return {expression(one.formula)}")
    return "from __future__ import annotations\n" + "\n".join(lines) + "\n"


def by_hand(scope: FiniteScope) -> str:
    """The verdict on the law that a scope decides, from its value for each choice of values."""
    machine, variables = Machine(scope), scope.model.variables
    asked = {found.kind: found for found in scope.model.properties}
    defined = True
    for values in product(*(scope.domain(variable.sort) for variable in variables)):
        state = FrozenMap({variable.name: value for variable, value in zip(variables, values, strict=True)})
        if not machine.holds(asked["law"], state):
            return "violated"
        defined = defined and ("defined" not in asked or machine.holds(asked["defined"], state))
    return "proved" if defined else "unknown"


def few(p: Protocol) -> Iterator[tuple[str, str]]:
    """The laws of few values, with their verdicts."""
    model = p.model()
    for law in model.laws:
        scope = finite_scope(alone(model, law.name)) if law.kind == "law" else None
        if scope is not None and prod(size(scope, variable.sort) for variable in scope.model.variables) <= MOST:
            yield law.name, by_hand(scope)


@pytest.mark.parametrize("options", [{}, {"engine": "explicit"}, {"scope": "unbounded"}], ids=str)
def test_laws_made_by_chance(options: dict[str, Any], tmp_path: Path) -> None:
    compared = 0
    for seed in range(25):
        spec = protocol(seed)
        if not stated(spec):
            continue
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "model.py").write_text(text(spec), encoding="utf-8")
        p = load(str(folder / "model.py"))
        document = prove(ProveRequest(p, certificates=str(folder), **options), lambda event: None)
        found = {entry["published_name"]: entry for entry in document["properties"]}
        for name, wanted in few(p):
            if name in found:
                compared += 1
                # A law may be false at other sizes, and what is true of all need not be shown.
                exact = "scope" not in options
                assert found[name]["verdict"] == wanted or (not exact and found[name]["verdict"] != "proved"), (seed, name)
        for entry in found.values():
            assert entry["values"] is None or replay(json.loads(json.dumps(entry["values"])), p).violated
        files = sorted(folder.glob("*.cert.json"))
        if files:
            assert check(files, solver="z3", rederive=True, in_process=True, protocol=p).valid, seed
    assert compared > 20
