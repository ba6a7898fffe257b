"""The properties that a protocol has by itself: ranges, definedness, the absence of deadlocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.kernel.declarations import Declarations
from verifier.kernel.errors import ModelError
from verifier.kernel.properties import DEADLOCK, DEFINED, RANGE, Lemma, Property
from verifier.kernel.sorts import has_range
from verifier.kernel.state import Variable
from verifier.kernel.temporal import reading
from verifier.kernel.terms import Term, may_be_undefined


def ranges(variables: Iterable[Variable], covered: set[str]) -> Iterator[Property]:
    """`Range@x` of each variable x that has a range and is not covered by a type property of the protocol."""
    for declared in variables:
        if declared.name not in covered and has_range(declared.sort):
            doc = f"No step stores a value of {declared.name} outside its range."
            yield Property(
                f"{RANGE}@{declared.name}", "range", doc=doc, variables=(declared.name,), position=declared.position
            )


def deadlock(formula: Term, protocol: Declarations) -> Property:
    """`Deadlock`, whose formula is true where there is a step or none is needed."""
    doc = "Every state has a step, is stopped by budgets alone, or may stop."
    return Property(DEADLOCK, "state", formula, doc=doc, position=protocol.position, expanded=True)


def definedness(properties: Iterable[Property], lemmas: Iterable[Lemma]) -> Iterator[Property]:
    """`Defined`, and the properties that the text of a property or lemma has a value wherever it is evaluated."""
    doc = "Initial values and predicates, constraints and actions use no undefined value."
    yield Property(DEFINED, "defined", doc=doc)
    yield from texts([*properties, *(Property(x.name, "state", x.formula, position=x.position) for x in lemmas)])


def texts(stated: Iterable[Property]) -> Iterator[Property]:
    """For each property whose text can be undefined, the property that it is not."""
    for prop in stated:
        if prop.kind == "liveness":
            yield from _live_texts(prop)
        elif may_be_undefined(prop.formula):
            yield Property(
                f"{DEFINED}@{prop.name}",
                "defined",
                prop.formula,
                f"{DEFINED}@{prop.short}" if prop.short else None,
                f"The text of {prop.name} has a value wherever it is evaluated.",
                position=prop.position,
                about=prop.name,
                of_steps=prop.kind == "action",
                given=prop.given,
                of_all=prop.of_all,
            )


def _live_texts(prop: Property) -> Iterator[Property]:
    """The property that the text of a liveness property has a value: its formulas of states, or its formulas of steps."""
    readings = {steps: reading(prop.cases, steps=steps) for steps in (False, True)}
    partial = [steps for steps, formula in readings.items() if may_be_undefined(formula)]
    if len(partial) > 1:
        hint = "state them as two properties"
        message = f"{prop.name} has formulas of states and of steps that need not have a value"
        raise ModelError(message, hint=hint, position=prop.position)
    for steps in partial:
        yield Property(
            f"{DEFINED}@{prop.name}",
            "defined",
            readings[steps],
            f"{DEFINED}@{prop.short}" if prop.short else None,
            f"The text of {prop.name} has a value wherever it is evaluated.",
            position=prop.position,
            about=prop.name,
            of_steps=steps,
        )
