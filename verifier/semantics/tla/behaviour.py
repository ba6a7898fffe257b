"""The behaviour of an exported module: the constraint, initial states, actions, steps, and fairness of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.kernel.actions import Action
from verifier.kernel.fairness import Condition, Part
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term
from verifier.semantics.tla.names import Bound
from verifier.semantics.tla.strength import RELATION
from verifier.semantics.tla.text import behind_comment, comments, said, wrapped
from verifier.semantics.tla.words import Words


class Behaviour:
    """The steps of a model.

    `inside` and `in_range` are the operators that say that a state is within its ranges and constraints, or within its ranges;
    empty where every state is.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self.inside = self.in_range = ""

    def lines(self) -> Iterator[str]:
        """The definitions."""
        words = self.words
        ranges = [prop for prop in words.model.properties if prop.kind == "range"]
        for prop in ranges:
            yield from comments(prop.doc)
            yield from self._range(prop)
        for named in words.model.constraints:
            yield from words.formula(f"{words.named[id(named)]} ==", named.formula, test=True)
        parts = [words.properties[prop.name] for prop in ranges]
        if words.model.constraints:
            if len(parts) > 1:
                yield from _together(words.ours["InRange"], parts)
                parts = [words.ours["InRange"]]
            self.in_range = parts[0] if parts else ""
            parts += [words.named[id(named)] for named in words.model.constraints]
        elif parts:
            self.in_range = words.ours["Inside"]
        if parts:
            self.inside = words.ours["Inside"]
            yield from _together(self.inside, parts)
        yield from self._initial()
        for action in words.model.actions:
            yield from self._action(action)
        yield from self._next()

    def _range(self, prop: Property) -> Iterator[str]:
        parts = [
            part
            for name in prop.variables
            for part in self.words.sorts.typed(self.words.variables[name], self.words.model.variable(name).sort)
        ]
        yield f"{self.words.properties[prop.name]} ==" + ("" if parts else " TRUE")
        yield from (f"  /\\ {part}" for part in parts)
        yield ""

    def _initial(self) -> Iterator[str]:
        terms = self.words.terms
        yield f"{self.words.ours['Init']} =="
        for declared in self.words.model.variables:
            name = self.words.variables[declared.name]
            if declared.initial is None:
                yield f"  /\\ {name} \\in {self.words.sorts.domain(declared.sort)}"
            else:
                yield from terms.equation(name, declared.initial, terms.bound())
        for named in self.words.model.initial:
            yield from behind_comment(terms.test(named.formula, terms.bound(), 5), named.name)
        yield ""

    def _action(self, action: Action) -> Iterator[str]:
        terms = self.words.terms
        for line in action.doc.split("\n"):
            yield from comments(said(line))
        own = tuple(argument.variable for argument in action.arguments)
        names = terms.bound().bind(*own)
        if own:
            types = ", ".join(self.words.sorts.type(variable.sort) for variable in own)
            yield f"\\* @type: ({types}) => Bool;"
        given = f"({', '.join(names[variable] for variable in own)})" if own else ""
        yield f"{self.words.actions[action.name]}{given} =="
        indent = 5
        if action.witnesses:
            witnesses = tuple(witness.variable for witness in action.witnesses)
            names_of_guards = names.bind(*witnesses)
            yield f"  /\\ \\E {terms.ranging(witnesses, names_of_guards)} :"
            indent = 10
        else:
            names_of_guards = names
        for guard in action.guards:
            comment = guard.name + " (search bound)" * guard.budget
            yield from behind_comment(terms.test(guard.condition, names_of_guards, indent), comment)
        if action.witnesses and not action.guards:
            yield "       /\\ TRUE"
        for update in action.updates:
            yield from terms.equation(f"{self.words.variables[update.variable]}'", update.value, names)
        updated = {update.variable for update in action.updates}
        kept = [self.words.variables[v.name] for v in self.words.model.variables if v.name not in updated]
        if kept:
            yield from wrapped("  /\\ UNCHANGED <<", ", ".join(kept), ">>")
        yield ""

    def _next(self) -> Iterator[str]:
        next_, vars_ = self.words.ours["Next"], self.words.ours["vars"]
        yield f"{next_} =="
        if not self.words.model.actions:
            yield f"  FALSE /\\ UNCHANGED {vars_}"
        else:
            indent = "  "
            if self.inside:
                yield f"  /\\ {self.words.ours['Inside']}"
            bullet = f"{indent}/\\ " if self.inside else indent
            for place, action in enumerate(self.words.model.actions):
                start = bullet if place == 0 else " " * len(bullet)
                yield f"{start}\\/ {self.steps(Part(action.name, (None,) * len(action.given)), self.words.terms.bound())}"
        yield ""

    def steps(self, part: Part, names: Bound) -> str:
        """The steps of an action with these arguments, as a formula that may follow a bullet."""
        action = self.words.model.action(part.action)
        own = action.arguments
        if not own:
            return self.words.actions[action.name]
        inner = names.bind(*(argument.variable for argument in own))
        wanted = dict(zip((argument.variable for argument in own), part.arguments, strict=False))
        given: list[str] = []
        bound: list[Term] = []
        same: list[str] = []
        for argument in own:
            variable, value = argument.variable, wanted.get(argument.variable)
            if value is not None and value.sort == argument.sort and value.op == "bound":
                given.append(names[value])
                continue
            given.append(inner[variable])
            bound.append(variable)
            if value is not None:
                same.append(f"{inner[variable]} = {self.words.terms.render(value, names, RELATION + 1)} /\\ ")
        called = f"{''.join(same)}{self.words.actions[action.name]}({', '.join(given)})"
        return f"\\E {self.words.terms.ranging(tuple(bound), inner)} : {called}" if bound else called

    def fair(self, condition: Condition) -> str:
        """A condition of fairness."""
        names = self.words.terms.bound().bind(*condition.bound)
        parts = [self.steps(part, names) for part in condition.parts] or [self.words.ours["Next"]]
        steps = parts[0] if len(parts) == 1 else " \\/ ".join(f"({part})" for part in parts)
        fair = f"{'SF' if condition.strong else 'WF'}_{self.words.ours['vars']}({steps})"
        return f"\\A {self.words.terms.ranging(condition.bound, names)} : {fair}" if condition.bound else fair


def _together(name: str, parts: Sequence[str]) -> Iterator[str]:
    """A definition as a conjunction of others."""
    if len(parts) == 1:
        yield f"{name} == {parts[0]}"
    else:
        yield f"{name} =="
        yield from (f"  /\\ {part}" for part in parts)
    yield ""
