"""The statements of an exported module: properties, liveness under fairness, definedness, and which names are interchangeable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifier.kernel.definedness import Needs
from verifier.kernel.enabling import Enabling
from verifier.kernel.properties import Property
from verifier.kernel.sorts import ScalarSort, has_range
from verifier.kernel.state import Variable
from verifier.kernel.temporal import Temporal, of_steps
from verifier.kernel.terms import TRUE, Term, conjunction, state_variables
from verifier.semantics.scope.symmetry import symmetry_of
from verifier.semantics.tla.behaviour import Behaviour
from verifier.semantics.tla.names import Bound
from verifier.semantics.tla.strength import NOT
from verifier.semantics.tla.terms import behind
from verifier.semantics.tla.text import comments, said, wrapped
from verifier.semantics.tla.words import Words

LONGEST = 30_000
"""How many characters a formula of definedness may have: longer ones are of no use to anybody."""


@dataclass(frozen=True)
class Stated:
    """A property with a definition: under which keyword the configuration has it, and why it is left out there."""

    name: str
    keyword: str
    omitted: str = ""


class Statements:
    """The statements about a behaviour: the properties that are `selected`, or all; `presumed` are those that they rest on."""

    def __init__(self, words: Words, behaviour: Behaviour, selected: Sequence[Property]) -> None:
        self.words, self.behaviour, self.selected = words, behaviour, selected
        self.enabling = Enabling(words.model.actions, words.model.variables)
        self.needs = Needs()
        ranges = [prop for prop in words.model.properties if prop.kind == "range"]
        self.presumed = [Stated(words.properties[prop.name], "INVARIANTS") for prop in ranges]
        self.stated: list[Stated] = []

    def is_wanted(self, prop: Property) -> bool:
        """Whether a property is exported."""
        return not self.selected or prop in self.selected

    def lines(self) -> Iterator[str]:
        """The definitions."""
        model = self.words.model
        live = [prop for prop in model.liveness if self.is_wanted(prop)]
        if model.variables:
            yield from self._specification(live)
        for prop in model.reachable:
            if self.is_wanted(prop):
                yield from self._reachable(prop)
        for prop in (*model.properties, *(law for law in model.laws if model.variables), *live):
            if prop.kind not in ("defined", "range") and self.is_wanted(prop):
                yield from self._property(prop)

    def _reachable(self, prop: Property) -> Iterator[str]:
        """A state that some run reaches, and the claim that no run does, which TLC violates by such a run."""
        name, never = self.words.properties[prop.name], self.words.never[prop.name]
        omitted = "" if prop in self.selected else f"as an invariant it is violated by a run that comes to {name}"
        self.stated.append(Stated(never, "INVARIANTS", omitted))
        for line in f"{f'{prop.short}: ' if prop.short else ''}{prop.doc}".split("\n"):
            yield from comments(said(line))
        yield from self.words.formula(f"{name} ==", prop.formula)
        yield f"{never} == ~{name}"
        yield ""

    def definedness(self) -> Iterator[str]:
        """The definitions that the others rest on: every expression that they evaluate has a value."""
        for prop in self.words.model.properties:
            if prop.kind == "defined" and self._is_needed(prop):
                yield from self._defined(prop)

    def _is_needed(self, prop: Property) -> bool:
        """Whether the definedness of a text is exported: that of the model is, and that of each property that is."""
        about = prop.about
        asked = [one for one in self.words.model.stated if one.name == about and self.is_wanted(one)]
        return about is None or bool(asked) or prop in self.selected

    def _defined(self, prop: Property) -> Iterator[str]:
        """Every expression evaluated has a value: in a state within its ranges, and in the actions of a state that has steps."""
        name, within = self.words.properties[prop.name], self.behaviour.in_range
        if prop.about is None:
            parts = [
                *(("", self._initially(declared)) for declared in self.words.model.variables),
                *((within, self.needs.defined(named.formula)) for named in self.words.model.constraints),
                *((self.behaviour.inside, self.enabling.defined(action)) for action in self.words.model.actions),
            ]
        else:
            parts = [(within, self.needs.defined(prop.formula))]
        needed = [(premise, formula) for premise, formula in parts if formula is not TRUE]
        if not needed and not self.selected:
            return
        written = list(self._written(prop, name, needed))
        length = sum(map(len, written))
        if length > LONGEST:
            yield from comments(f"{name} is left out: its formula has {length:,} characters.")
            yield ""
            return
        self.presumed.append(Stated(name, "PROPERTIES" if prop.of_steps else "INVARIANTS"))
        yield from comments(said(prop.doc))
        yield from written
        yield ""

    def _initially(self, declared: Variable) -> Term:
        """That the initial value of a variable has a value, or leaves its range."""
        if declared.initial is None:
            return TRUE
        uses = self.needs.uses(declared.initial)
        return conjunction(use.formula for use in uses if not (use.check and has_range(declared.sort)))

    def _written(self, prop: Property, name: str, needed: Sequence[tuple[str, Term]]) -> Iterator[str]:
        """The definition of a property of definedness: the needs, each where its premise holds."""
        within = self.behaviour.in_range
        if prop.of_steps:
            subscript = ", ".join(self.words.variables[v.data] for v in prop.subscript)
            premise = f"{within}' => " if within else ""
            *before, end = behind(f"[][({premise}", self._conjunct("", needed[0][1] if needed else TRUE, 6 + len(premise)))
            yield f"{name} =="
            yield from before
            yield f"{end})]_<<{subscript}>>"
        else:
            yield f"{name} ==" if needed else f"{name} == TRUE"
            for premise, formula in needed:
                yield from behind("/\\ ", self._conjunct(premise, formula, 5))

    def _conjunct(self, premise: str, formula: Term, indent: int) -> list[str]:
        """The lines of a formula that is asked where a premise holds."""
        names = self.words.terms.bound()
        if not premise:
            return self.words.terms.lines(formula, names, indent, NOT)
        lines = self.words.terms.lines(formula, names, indent + 3, NOT)
        return [" " * indent + premise, *behind("=> ", lines)]

    def _specification(self, live: Sequence[Property]) -> Iterator[str]:
        ours = self.words.ours
        conditions = {tuple(map(id, prop.fair)): prop.fair for prop in live}
        self.shared = next(iter(conditions.values())) if len(conditions) == 1 else ()
        if self.shared:
            yield f"{ours['Fairness']} =="
            yield from (f"  /\\ {self.behaviour.fair(condition)}" for condition in self.shared)
            yield ""
        yield f"{ours['Spec']} == {ours['Init']} /\\ [][{ours['Next']}]_{ours['vars']}" + (
            f" /\\ {ours['Fairness']}" if self.shared else ""
        )
        yield ""

    def _property(self, prop: Property) -> Iterator[str]:
        name = self.words.properties[prop.name]
        title = f"{prop.short}: " if prop.short else ""
        for line in f"{title}{prop.doc}".split("\n"):
            yield from comments(said(line))
        if prop.temporal is not None:
            yield from self._liveness(prop)
            return
        if prop.kind == "action":
            self.stated.append(Stated(name, "PROPERTIES"))
            names = self.words.terms.bound()
            subscript = ", ".join(self.words.variables[v.data] for v in prop.subscript)
            # Without parentheses `[x \\in S` would begin a function.
            *before, end = behind("[][(", self.words.terms.lines(prop.formula, names, 6))
            yield f"{name} =="
            yield from before
            yield f"{end})]_<<{subscript}>>"
            yield ""
            return
        self.stated.append(Stated(name, "INVARIANTS"))
        if prop.is_deadlock and self.behaviour.inside:
            # It is evaluated in states that are expanded.
            yield f"{name} == {self.behaviour.inside} =>"
            yield from (f"  {line}" for line in self.words.terms.lines(prop.formula, self.words.terms.bound(), 2, NOT))
            yield ""
            return
        yield from self.words.formula(f"{name} ==", prop.formula)

    def _liveness(self, prop: Property) -> Iterator[str]:
        assert prop.temporal is not None
        name = self.words.properties[prop.name]
        unread = _unread(prop.temporal)
        self.stated.append(Stated(name, "PROPERTIES", unread))
        written = self._temporal(prop.temporal, self.words.terms.bound())
        premises = [] if self.shared == prop.fair else [self.behaviour.fair(condition) for condition in prop.fair]
        yield f"{name} =="
        if premises:
            yield from (f"  {' ' if place else '('} /\\ {premise}" for place, premise in enumerate(premises))
            yield f"  ) => ({written})"
        else:
            yield f"  {written}"
        yield ""

    def _temporal(self, formula: Term | Temporal, names: Bound, *, happens: bool = True) -> str:
        """A temporal formula; a formula of steps that must happen is one of steps that change something."""
        if isinstance(formula, Term):
            formula = self.enabling.resolved(formula)
            written = self.words.terms.render(formula, names)
            if not of_steps(formula):
                return f"({written})"
            subscript = ", ".join(self.words.variables[v.data] for v in state_variables(formula))
            return f"<<({written})>>_<<{subscript}>>" if happens else f"[({written})]_<<{subscript}>>"
        match formula.op:
            case "always":
                return f"[]{self._temporal(formula.parts[0], names, happens=False)}"
            case "eventually":
                return f"<>{self._temporal(formula.parts[0], names)}"
            case "leads_to":
                return " ~> ".join(self._temporal(part, names) for part in formula.parts)
            case "and":
                return " /\\ ".join(f"({self._temporal(part, names)})" for part in formula.parts)
            case "forall":
                inner = names.bind(*formula.bound)
                return f"\\A {self.words.terms.ranging(formula.bound, inner)} : ({self._temporal(formula.parts[0], inner)})"

    def symmetry(self) -> Iterator[str]:
        """The permutations of names that map behaviours to behaviours; nothing if there are none but one."""
        properties = [prop for prop in self.words.model.properties if self.is_wanted(prop)]
        found = symmetry_of(self.words.model, properties)
        sorts = [sort for sort in found.sorts if self.words.sorts.is_constant(sort) and self._unnamed(sort) > 1]
        if found.reason is not None or not sorts:
            return
        yield from comments("Names that nothing tells apart. Not for properties of behaviours.")
        yield from wrapped(f"{self.words.ours['Symmetry']} == ", " \\cup ".join(map(self._permutations, sorts)), "")
        yield ""

    def _unnamed(self, sort: ScalarSort) -> int:
        return len(self.words.sorts.members[sort]) - len(sort.constants)

    def _permutations(self, sort: ScalarSort) -> str:
        name = self.words.sorts.names[sort]
        named = ", ".join(self.words.sorts.constants[sort, constant] for constant in sort.constants)
        return f"Permutations({name} \\ {{{named}}})" if named else f"Permutations({name})"


def _unread(formula: Temporal) -> str:
    """Why TLC does not decide a temporal formula; nothing if it does."""
    for part in formula.parts:
        if isinstance(part, Temporal):
            if {formula.op, part.op} == {"eventually", "always"}:
                continue
            reason = _unread(part)
            if reason:
                return reason
        elif of_steps(part):
            return "TLC has formulas of steps in []<> and <>[] alone"
    return ""
