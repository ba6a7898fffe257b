"""SMT-LIB 2: initial states, steps, and the violations of each property, as functions over the constants of two states.

A function takes the state, or two of them, as parameters of the names that the constants have, so that a reader may apply it to
states of its own: unrolling and induction need no other text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.kernel.properties import Property
from verifier.semantics.export.system import instance_text
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smtlib import ActionText, SmtLib
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.symbols import numbered

_GUIDE = """\
The functions over a state: typed, initial, inside (the constraints), and bad for each property: whether the state violates it.
Of a step, from one state to the next: an action for each, which takes its instance last, and step, which takes the instance of
each action; and bad step for each property that is about steps. A step that leaves a range, or has no value, violates a
property in the state that it leaves.
For a run that violates a property in two steps: (assert (and (initial s0) (step s0 s1 p0) (step s1 s2 p1) (bad s2))), where s0
are constants for a state and p0 those of instances. Induction: typed, not bad and a step, and bad of the next state."""


def smt2(ground: Ground, properties: Iterable[Property], lines: Sequence[str]) -> str:
    """A ground model with properties; `lines` are comments."""
    return "\n".join(_Written(ground).lines(properties, lines)) + "\n"


class _Written:
    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.texts = SmtLib(ground)
        self.state = [f"(|{name}| {sort})" for name, sort in self.texts.fields]
        self.step = [*self.state, *(f"(|{name}'| {sort})" for name, sort in self.texts.fields)]

    def lines(self, properties: Iterable[Property], comments: Sequence[str]) -> Iterator[str]:
        ground, texts = self.ground, self.texts
        yield from (f"; {line}" for line in (*comments, *_GUIDE.split("\n")))
        yield "(set-logic QF_BV)"
        yield "; The state, and the state after a step."
        for mark in ("", "'"):
            yield from (f"(declare-const |{name}{mark}| {sort})" for name, sort in texts.fields)
        yield _function("typed", self.state, texts.typed())
        yield _function("initial", self.state, texts.initial(ground.initial))
        yield _function("inside", self.state, texts.formula(ground.constraint))
        written = [texts.action(action) for action in ground.scope.model.actions]
        for number, action in enumerate(written):
            name = numbered(number, action.name)
            instances = [one for one in ground.instances if one.action is ground.scope.model.actions[number]]
            yield f"; The instance of {action.name} that is taken."
            for place, instance in enumerate(instances):
                yield f"; {place}: {instance_text(instance.action.name, instance.arguments)}"
            yield f"(declare-const |?pick {name}| (_ BitVec {action.width}))"
            picked = f"(|?pick| (_ BitVec {action.width}))"
            yield _function(f"action {name}", [*self.step, picked], action.body)
        picks = [f"(|?pick {numbered(n, action.name)}| (_ BitVec {action.width}))" for n, action in enumerate(written)]
        yield _function("step", [*self.step, *picks], self._steps(written))
        for number, prop in enumerate(properties):
            yield from self._property(numbered(number, prop.short or prop.name), prop)

    def _steps(self, actions: Sequence[ActionText]) -> str:
        names = [f"|{name}|" for name, _ in self.texts.fields]
        both = " ".join([*names, *(f"|{name}'|" for name, _ in self.texts.fields)])
        taken = [f"(|action {name}| {both} |?pick {name}|)" for name in (numbered(n, a.name) for n, a in enumerate(actions))]
        some = "false" if not taken else taken[0] if len(taken) == 1 else f"(or {' '.join(taken)})"
        return f"(and {_applied('inside', names)} {some})"

    def _property(self, name: str, prop: Property) -> Iterator[str]:
        """When a state, a step, or a candidate for an initial state that is none violates a property."""
        circuit, ground = self.ground.circuit, self.ground
        watched = monitor(ground, prop)
        attempts = circuit.or_((watched.bad_inside, ground.leaving.violations(prop)))
        state = circuit.or_((watched.bad_state, circuit.and_((ground.constraint, attempts))))
        yield f"; {prop.kind} {prop.name}"
        yield _function(f"bad {name}", self.state, self.texts.formula(state))
        if not _is_false(watched.bad_step):
            yield _function(f"bad step {name}", self.step, self.texts.formula(watched.bad_step))
        if not _is_false(watched.bad_start):
            yield "; Initial states that cannot be stored, or candidates for one that are none."
            yield _function(f"bad start {name}", self.state, self.texts.initial(watched.bad_start))


def _function(name: str, parameters: Sequence[str], body: str) -> str:
    return f"(define-fun |{name}| ({' '.join(parameters)}) Bool {body})"


def _applied(name: str, given: Sequence[str]) -> str:
    return f"(|{name}| {' '.join(given)})" if given else f"|{name}|"


def _is_false(node: Node) -> bool:
    return node.op == "const" and not node.value
