"""The statements of a model that an induction may assume: its hand-written lemmas and its invariants, each in parts.

The concrete semantics evaluates properties of a model; so the lemmas, and the parts of conjunctions, become properties of a copy
of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from verifier.kernel.model import Model
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term, may_be_undefined, parts


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A lemma or an invariant. `doc` says why it holds, or what it means; `whole` and its `parts` are properties of the model
    that `watched` makes.
    """

    name: str
    kind: Literal["lemma", "invariant"]
    doc: str
    whole: Property
    parts: tuple[Property, ...]
    texts: tuple[str, ...]

    @property
    def formula(self) -> Term:
        """The formula of the statement."""
        return self.whole.formula

    def number(self, part: Property) -> int | None:
        """The number of a part, from 1; None if there is only one."""
        return self.parts.index(part) + 1 if len(self.parts) > 1 else None


def statements(model: Model) -> tuple[Statement, ...]:
    """The lemmas of a model, then its invariants, in their order."""
    lemmas = [(x.reason, Property(x.name, "state", x.formula, position=x.position)) for x in model.lemmas]
    invariants = [(prop.doc, prop) for prop in model.properties if prop.kind == "state" and prop.goal is None]
    return (
        *(_statement(model, "lemma", reason, prop) for reason, prop in lemmas),
        *(_statement(model, "invariant", doc, prop) for doc, prop in invariants),
    )


def watched(model: Model, stated: Sequence[Statement]) -> Model:
    """The model with the statements and their parts as properties."""
    known = {result.name for result in model.properties}
    extra = {result.name: result for one in stated for result in (one.whole, *one.parts) if result.name not in known}
    return replace(model, properties=(*model.properties, *extra.values()))


def _statement(model: Model, kind: Literal["lemma", "invariant"], doc: str, whole: Property) -> Statement:
    name = whole.short or whole.name
    # To the right of a part without a value, a part would say more than the whole does.
    formulas = (whole.formula,) if may_be_undefined(whole.formula) else parts(whole.formula)
    props: tuple[Property, ...] = (whole,)
    if len(formulas) > 1:
        props = tuple(Property(f"{name}.{number}", "state", part) for number, part in enumerate(formulas, 1))
    texts = tuple(text(formula, model.vocabulary, outer=False) for formula in formulas)
    return Statement(name, kind, " ".join(doc.split()), whole, props, texts)
