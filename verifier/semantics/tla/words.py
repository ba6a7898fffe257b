"""The vocabulary of an exported module: the names of a model's variables, actions, properties, sorts and values."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.kernel.model import Model
from verifier.kernel.sorts import ScalarSort
from verifier.kernel.terms import Term
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.tla.names import Namespace
from verifier.semantics.tla.sorts import Sorts
from verifier.semantics.tla.strength import POSTFIX
from verifier.semantics.tla.terms import Expressions

OURS = ("vars", "Init", "Next", "Spec", "Inside", "InRange", "Fairness", "Symmetry")


class Words:
    """The names of the module that is called `name`; `ours` are those that every module has."""

    def __init__(self, scope: FiniteScope, name: str) -> None:
        self.scope, self.name = scope, name
        self.space = space = Namespace()
        space.taken.add(name)
        model = scope.model
        self.variables = {v.name: space.claim(v.name) for v in model.variables}
        self.actions = {action.name: space.claim(action.name) for action in model.actions}
        self.properties = {prop.name: space.claim(prop.name) for prop in model.stated}
        self.never = {prop.name: space.claim(f"Never_{prop.name}", ours=True) for prop in model.reachable}
        named = (*model.constraints, *model.assumptions)
        self.named = {id(one): space.claim(one.name) for one in named}
        sizes = {sort.parameter for sort in model.sorts if isinstance(sort, ScalarSort)}
        self.parameters = {name: space.claim(name) for name in model.parameters if name not in sizes}
        self.sorts = Sorts(scope, space, self._parametric)
        texts = dict(self.parameters)
        for sort in model.sorts:
            if isinstance(sort, ScalarSort):
                texts[sort.parameter] = f"Cardinality({self.sorts.names[sort]})"
        self.terms = Expressions(self.sorts, space, self.variables, texts)
        self.ours = {name: space.claim(name, ours=True) for name in OURS}

    @property
    def model(self) -> Model:
        """The model that is exported."""
        return self.scope.model

    def _parametric(self, term: Term) -> str:
        return self.terms.render(term, self.terms.bound(), POSTFIX)

    def formula(self, head: str, formula: Term, *, test: bool = False) -> Iterator[str]:
        """The lines of a definition; with `test` of one that stands in an action."""
        names = self.terms.bound()
        yield head
        yield from self.terms.test(formula, names, 2) if test else self.terms.lines(formula, names, 2)
        yield ""
