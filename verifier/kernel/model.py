"""The model: a protocol under one variant and drops, everything resolved; it is the input of every semantics."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.kernel.actions import Action
from verifier.kernel.codes import NO_START
from verifier.kernel.declarations import Declarations, Named, Parameter, Variant
from verifier.kernel.errors import ModelError, UsageError, nearest
from verifier.kernel.fairness import Condition
from verifier.kernel.properties import Lemma, Property
from verifier.kernel.ranking import Ranking
from verifier.kernel.reach import Vocabulary
from verifier.kernel.sorts import Sort
from verifier.kernel.spelling import is_called
from verifier.kernel.state import Variable


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A protocol with its variant and drops applied.

    `parameters` maps each name to its declaration, published values as the variant has them; sizes of sorts come first.
    `properties` are all of them: the published ones, then `Range@variable` for variables that no published type property
    covers, `Deadlock` if it is asked for, `Defined`, and `Defined@P` for each property or lemma P whose text can be undefined.
    No term contains a `choice`. `laws` are the laws and the `Defined@L` of those whose text can be undefined; they read no
    state, and `laws.alone` is the model in which the law of a given name is decided. `sorts` are the named sorts in use.
    `axioms` constrain the rigid variables in all states; they stand first among the predicates on initial states. `stops` say
    where no step is needed. `liveness` are the liveness properties, each with the conditions of fairness that it is stated
    under; they describe infinite behaviours and are not among the `properties`, but the `Defined@L` of their texts are.
    `fairness` are the conditions that are declared with the protocol. Conditions leave out actions that the variant leaves out.
    `rankings` are hints for proofs of them. `reachable` are the properties that some run reaches a state; they are not
    invariants and stand apart, too: `seeking` is the model in which they are decided.
    """

    protocol: Declarations
    variant: Variant
    drops: tuple[str, ...]
    parameters: dict[str, Parameter]
    assumptions: tuple[Named, ...]
    variables: tuple[Variable, ...]
    initial: tuple[Named, ...]
    constraints: tuple[Named, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    lemmas: tuple[Lemma, ...]
    sorts: tuple[Sort, ...]
    laws: tuple[Property, ...] = ()
    law: str | None = None
    axioms: tuple[Named, ...] = ()
    stops: tuple[Named, ...] = ()
    liveness: tuple[Property, ...] = ()
    fairness: tuple[Condition, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    reachable: tuple[Property, ...] = ()
    seeking: bool = False

    @property
    def name(self) -> str:
        """The protocol's name."""
        return self.protocol.name

    @property
    def vocabulary(self) -> Vocabulary:
        """The meanings of the protocol's names, as printed formulas tell them apart."""
        return self.protocol.vocabulary

    @property
    def stated(self) -> tuple[Property, ...]:
        """All properties that can be selected: safety properties, then states to be reached, laws, and liveness properties."""
        return (*self.properties, *self.reachable, *self.laws, *self.liveness)

    def variable(self, name: str) -> Variable:
        """The state variable of this name; KeyError if there is none."""
        return {declared.name: declared for declared in self.variables}[name]

    def action(self, name: str) -> Action:
        """The action of this name; KeyError if there is none."""
        return {action.name: action for action in self.actions}[name]

    def no_initial_state(self) -> ModelError:
        """The error of a model without initial states at a scope: it would prove everything."""
        position = self.initial[0].position if self.initial else self.protocol.position
        if self.law is not None:
            return ModelError(f"the law {self.law} has no values to range over at this scope", position=position, code=NO_START)
        hint = "the initial values and predicates contradict each other"
        if self.axioms:
            hint = "the axioms, together with initial values and predicates, contradict each other, or have no instance so small"
        return ModelError(f"{self.name} has no initial state at this scope", hint=hint, position=position, code=NO_START)

    def no_state(self) -> UsageError:
        """The error of a request for runs where a protocol states only laws."""
        hint = "verify prove decides its laws"
        return UsageError(f"{self.name} has no state, so it has no runs", hint=hint)

    def find_property(self, name: str) -> Property:
        """The property of this short or published name, as `is_called` reads it; UsageError with the nearest name."""
        for prop in self.stated:
            if is_called(name, prop.name, prop.short):
                return prop
        if any(is_called(name, prop.name, prop.short) for prop in self.protocol.properties.values()):
            raise UsageError(f"property {name} does not exist in variant {self.variant.name} of {self.name}")
        known = [n for p in self.stated for n in (p.name, p.short) if n]
        raise UsageError(f"{self.name} has no property {name}", hint=nearest(name, known, "properties"))
