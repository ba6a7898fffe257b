"""Writes the text of `verify show --format`: a model at a finite scope, with some of its properties, for another model checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from verifier.kernel.errors import UsageError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.semantics.export.aiger import Aiger
from verifier.semantics.export.btor2 import btor2
from verifier.semantics.export.smt2 import smt2
from verifier.semantics.export.system import KINDS, PICK, System, system
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope

Format = Literal["aiger", "aig", "btor2", "smt2"]
"""AIGER in ASCII, AIGER in its binary form, BTOR2, SMT-LIB 2."""


def exported(model: Model, settings: Mapping[str, str], names: Sequence[str], form: Format) -> bytes:
    """A model with the properties of these names, or all that can be violated by a run.

    Raises:
        UsageError: a name or a setting is wrong, a property is not one of states or steps, or the model has no state.
    """
    if not model.variables:
        raise model.no_state()
    scope = finite_scope(model, settings)
    properties = _selected(model, names)
    if form == "smt2":
        return smt2(Ground(scope), properties, _heading(model, scope.parameters)).encode()
    made = system(Ground(scope), properties)
    lines = [*_heading(model, scope.parameters), *_picks(made)]
    if form == "btor2":
        return btor2(made, lines).encode()
    written = Aiger(made, lines)
    return written.binary() if form == "aig" else written.ascii().encode()


def _selected(model: Model, names: Sequence[str]) -> list[Property]:
    judged = [prop for prop in model.stated if prop.kind in KINDS and prop not in model.laws]
    if not names:
        return judged
    chosen = [model.find_property(name) for name in names]
    for prop in chosen:
        if prop not in judged:
            kind = "law" if prop in model.laws else prop.kind
            hint = f"verify prove {model.name} --property {prop.short or prop.name} decides it"
            raise UsageError(
                f"{prop.short or prop.name} ({kind}) says nothing of single states or steps of a run", hint=hint
            )
    return [prop for prop in judged if prop in chosen]


def _heading(model: Model, parameters: Mapping[str, int]) -> list[str]:
    """The comments for a reader: the model and its sizes."""
    return [
        f"protocol {model.name}, variant {model.variant.name}",
        *(f"without {name}" for name in model.drops),
        *(f"{name} = {value}" for name, value in parameters.items()),
    ]


def _picks(made: System) -> list[str]:
    """The meaning of each value of the input `pick`."""
    return [f"{PICK} = {number}: {fired}" for number, fired in enumerate(made.picks)]
