"""A litmus test as a protocol, and the questions about it: which memory models allow the outcome, and which axioms forbid it in
the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from verifier.kernel.errors import UsageError, nearest
from verifier.kernel.protocol import Protocol
from verifier.lib.executions import Execution
from verifier.lib.litmus import CANDIDATES, assume_axioms, execution_of, litmus, variant_of
from verifier.lib.memory import ARMV8, RC11, SC, TSO, Memory
from verifier.litmus.herd import Test

if TYPE_CHECKING:
    from verifier.wire.litmus import Outcome

__all__ = ["LANGUAGE", "MODELS", "Execution", "Question", "chosen"]

MODELS = {memory.name.lower(): memory for memory in (SC, TSO, RC11, ARMV8)}
"""The memory models by the names of the command line."""

LANGUAGE = "rc11"
"""The model of C, the language of the tests: the expectation of a file applies to it where the file names no model."""


def chosen(names: Sequence[str]) -> list[str]:
    """The models of these names, regardless of case; all if there are none.

    Raises:
        UsageError: there is no such model.
    """
    for name in names:
        if name.lower() not in MODELS:
            raise UsageError(f"there is no memory model {name}", hint=nearest(name, MODELS, "models"))
    wanted = {name.lower() for name in names} or set(MODELS)
    return [name for name in MODELS if name in wanted]


@dataclass
class Question:
    """A test as a protocol, whose property `Forbidden` states that a variant has no execution with the outcome.

    `races`: the property `NoRace` is stated, too.
    """

    test: Test
    models: Sequence[str]
    races: bool = field(init=False)
    protocol: Protocol = field(init=False)

    def __post_init__(self) -> None:
        program = self.test.program
        self.races = LANGUAGE in self.models and any(event.order == "na" for event in program.events)
        outcome = ~self.test.outcome if self.test.quantifier == "forall" else self.test.outcome
        memories = [MODELS[name] for name in self.models]
        self.protocol = litmus(self.test.name, program, outcome, memories, race=self.races)
        for memory in memories:
            for some in self.axioms(memory.name.lower()):
                if 1 < len(some) < len(memory.axioms):
                    assume_axioms(self.protocol, memory, some)

    def axioms(self, model: str) -> list[tuple[str, ...]]:
        """The sets of axioms of a model, the smallest first: the first that forbids an outcome is the reason."""
        names = [axiom.name for axiom in MODELS[model].axioms]
        return [some for size in range(1, len(names) + 1) for some in combinations(names, size)]

    def variant(self, model: str, axioms: tuple[str, ...] = ()) -> str:
        """The variant with the executions that a model allows, or that satisfy some of its axioms."""
        memory = MODELS[model]
        return variant_of(memory, *axioms) if 0 < len(axioms) < len(memory.axioms) else variant_of(memory)

    @property
    def candidates(self) -> str:
        """The variant with all executions."""
        return CANDIDATES

    def execution(self, state: Mapping[str, Any]) -> Execution:
        """The execution that a state of a trace stands for."""
        return execution_of(self.test.program, state)

    def expected(self, model: str, asked: bool) -> Outcome | None:
        """The outcome that the file expects under a model; `asked`: the call named it."""
        if self.test.expected:
            return self.test.expected.get(model)
        own: Outcome = "allowed" if self.test.quantifier == "exists" else "forbidden"
        return own if asked or model == LANGUAGE else None

    def memory(self, model: str) -> Memory:
        """The model of a name."""
        return MODELS[model]
