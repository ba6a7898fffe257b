"""The module and the configuration of a model at a finite scope.

Every state that can be stored, every step and every property of the model is one of the module, with these differences in form:
nothing follows a state that is outside a range or a constraint (`Inside`), which is how a state outside is looked at and has no
steps; and what has no value is an error of TLC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from verifier.kernel.actions import Action
from verifier.kernel.characters import one_line
from verifier.kernel.enabling import Enabling
from verifier.kernel.errors import UsageError
from verifier.kernel.fairness import Condition, Part
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.sorts import ScalarSort
from verifier.kernel.temporal import Temporal, of_steps
from verifier.kernel.terms import Term, state_variables
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.symmetry import symmetry_of
from verifier.semantics.tla.names import Bound, Namespace, identifier
from verifier.semantics.tla.sorts import Definition, Sorts
from verifier.semantics.tla.terms import NOT, POSTFIX, RELATION, Expressions, behind

_RULE = "-" * 80


class Exported(NamedTuple):
    """The text of a module, and of a configuration for it."""

    module: str
    configuration: str


def module(model: Model, settings: Mapping[str, str], names: Sequence[str], called: str | None = None) -> Exported:
    """A model with the properties of these names, or all, as a module, which is `called` like its file.

    Raises:
        UsageError: a name or a setting is wrong, or the model has no form in the module.
    """
    return _Written(model, finite_scope(model, settings), names, called).written()


@dataclass(frozen=True)
class _Stated:
    """A property with a definition: under which keyword the configuration has it, and why it is left out there."""

    name: str
    keyword: str
    omitted: str = ""


class _Written:
    def __init__(self, model: Model, scope: FiniteScope, names: Sequence[str], called: str | None) -> None:
        self.model, self.scope = model, scope
        default = model.variant.name == model.protocol.default_variant
        self.name = called or identifier(model.name if default else f"{model.name}_{model.variant.name}")
        self.selected = [model.find_property(name) for name in names]
        for prop in self.selected:
            if prop.kind == "defined":
                hint = "TLC reports an error where it meets an expression without a value"
                raise UsageError(f"{prop.short or prop.name} is not a formula of a TLA+ module", hint=hint)
        self.space = space = Namespace()
        space.taken.add(self.name)
        self.variables = {v.name: space.claim(v.name) for v in model.variables}
        self.actions = {action.name: space.claim(action.name) for action in model.actions}
        self.properties = {prop.name: space.claim(prop.name) for prop in model.stated if prop.kind != "defined"}
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
        self.ours = {
            name: space.claim(name, ours=True) for name in ("vars", "Init", "Next", "Spec", "Inside", "Fairness", "Symmetry")
        }
        self.enabling = Enabling(model.actions, model.variables)
        self.stated: list[_Stated] = []

    def _parametric(self, term: Term) -> str:
        return self.terms.render(term, self.terms.bound(), POSTFIX)

    def _is_wanted(self, prop: Property) -> bool:
        return not self.selected or prop in self.selected

    # -- the whole ---------------------------------------------------------------------------------------------------

    def written(self) -> Exported:
        """The two texts."""
        model = self.model
        behaviour = list(self._behaviour()) if model.variables else []
        stated = list(self._properties())
        symmetry = list(self._symmetry()) if model.variables else []
        assumed = list(self._assumptions())
        variables = list(self._variables())
        # What they have used is known now.
        defined = [*self.sorts.definitions(), *self.terms.helpers()]
        constants = list(self._constants())
        body = [
            *_block(constants),
            *_block(variables),
            *(line for one in defined for line in _definition(one)),
            *assumed,
            *behaviour,
            *stated,
            *symmetry,
        ]
        extended = ["Integers", "FiniteSets", "Sequences", *(["TLC"] if symmetry else [])]
        head = f"{' MODULE ' + self.name + ' ':-^80}"
        lines = [head, *self._heading(), f"EXTENDS {', '.join(extended)}", "", *body]
        while lines[-1] == "":
            lines.pop()
        text = "\n".join([*(line.rstrip() for line in lines), "=" * 80]) + "\n"
        return Exported(text, self._configuration(bool(symmetry)))

    def _heading(self) -> Iterator[str]:
        model = self.model
        yield from _comments(_said(model.protocol.title))
        if model.protocol.source:
            yield from _comments(f"source: {_said(model.protocol.source)}")
        yield from _comments(f"protocol {model.name}, variant {model.variant.name}")
        yield from (line for name in model.drops for line in _comments(f"without {name}"))
        if model.variables:
            yield ""
            if self.has_inside:
                yield from _comments(f"A state in which {self.ours['Inside']} is false is looked at, and has no steps.")
            yield from _comments("The module means what the model does where Defined holds, which is not one of its formulas.")
        for name, own in sorted(self.space.renamed.items()):
            yield from _comments(f"{name} is {own} in the model.")
        for name, written in sorted(self.sorts.fields.items()):
            if name != written:
                yield from _comments(f"The field {written} is {name} in the model.")
        if self.sorts.remarks:
            yield from _comments(f"Not every version of Apalache reads: {', '.join(sorted(self.sorts.remarks))}.")

    # -- declarations ------------------------------------------------------------------------------------------------

    def _constants(self) -> Iterator[str]:
        declared: list[tuple[list[str], str]] = []
        for parameter in self.model.parameters.values():
            if parameter.name in self.parameters:
                kind = "search bound: " if parameter.kind == "search bound" else ""
                about = _said(f"{kind}{parameter.doc}".rstrip(": "))
                declared.append(([about, "@type: Int;"], self.parameters[parameter.name]))
        for sort in self.model.sorts:
            if isinstance(sort, ScalarSort) and self.sorts.is_constant(sort):
                about = f"interchangeable names{', with some that are named' if sort.constants else ''}"
                declared.append(([about, "@type: Set(Str);"], self.sorts.names[sort]))
                for name in sort.constants:
                    declared.append((["@type: Str;"], self.sorts.constants[sort, name]))
        yield from _declarations("CONSTANTS", declared)

    def _variables(self) -> Iterator[str]:
        declared = [
            ([("rigid: " if v.rigid else "") + _said(v.doc), f"@type: {self.sorts.type(v.sort)};"], self.variables[v.name])
            for v in self.model.variables
        ]
        yield from _declarations("VARIABLES", declared)
        if declared:
            yield ""
            listed = ", ".join(self.variables.values())
            yield from _wrapped(f"{self.ours['vars']} == <<", listed, ">>")

    def _assumptions(self) -> Iterator[str]:
        for named in self.model.assumptions:
            yield from self._formula(f"ASSUME {self.named[id(named)]} ==", named.formula)
        if not self.model.variables:
            for law in self.model.laws:
                if law.kind == "law" and self._is_wanted(law):
                    yield from _comments(_said(law.doc))
                    yield from self._formula(f"ASSUME {self.properties[law.name]} ==", law.formula)

    def _formula(self, head: str, formula: Term, *, test: bool = False) -> Iterator[str]:
        names = self.terms.bound()
        lines = self.terms.test(formula, names, 2) if test else self.terms.lines(formula, names, 2)
        yield head
        yield from lines
        yield ""

    # -- behaviour ---------------------------------------------------------------------------------------------------

    def _behaviour(self) -> Iterator[str]:
        model = self.model
        inside: list[str] = []
        for prop in model.properties:
            if prop.kind == "range":
                yield from _comments(prop.doc)
                yield from self._range(prop)
                self.stated.append(_Stated(self.properties[prop.name], "INVARIANTS"))
                inside.append(self.properties[prop.name])
        for named in model.constraints:
            yield from self._formula(f"{self.named[id(named)]} ==", named.formula, test=True)
            inside.append(self.named[id(named)])
        if inside:
            yield f"{self.ours['Inside']} ==" if len(inside) > 1 else f"{self.ours['Inside']} == {inside[0]}"
            yield from (f"  /\\ {name}" for name in inside if len(inside) > 1)
            yield ""
        yield from self._initial()
        for action in model.actions:
            yield from self._action(action)
        yield from self._next(bool(inside))
        self.has_inside = bool(inside)

    def _range(self, prop: Property) -> Iterator[str]:
        parts = [
            part
            for name in prop.variables
            for part in self.sorts.typed(self.variables[name], self.model.variable(name).sort)
        ]
        yield f"{self.properties[prop.name]} ==" + ("" if parts else " TRUE")
        yield from (f"  /\\ {part}" for part in parts)
        yield ""

    def _initial(self) -> Iterator[str]:
        terms = self.terms
        yield f"{self.ours['Init']} =="
        for declared in self.model.variables:
            name = self.variables[declared.name]
            if declared.initial is None:
                yield f"  /\\ {name} \\in {self.sorts.domain(declared.sort)}"
            else:
                yield from terms.equation(name, declared.initial, terms.bound())
        for named in self.model.initial:
            yield from _behind_comment(terms.test(named.formula, terms.bound(), 5), named.name)
        yield ""

    def _action(self, action: Action) -> Iterator[str]:
        terms = self.terms
        for line in action.doc.split("\n"):
            yield from _comments(_said(line))
        own = tuple(argument.variable for argument in action.arguments)
        names = terms.bound().bind(*own)
        if own:
            types = ", ".join(self.sorts.type(variable.sort) for variable in own)
            yield f"\\* @type: ({types}) => Bool;"
        given = f"({', '.join(names[variable] for variable in own)})" if own else ""
        yield f"{self.actions[action.name]}{given} =="
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
            yield from _behind_comment(terms.test(guard.condition, names_of_guards, indent), comment)
        if action.witnesses and not action.guards:
            yield "       /\\ TRUE"
        for update in action.updates:
            yield from terms.equation(f"{self.variables[update.variable]}'", update.value, names)
        updated = {update.variable for update in action.updates}
        kept = [self.variables[v.name] for v in self.model.variables if v.name not in updated]
        if kept:
            yield from _wrapped("  /\\ UNCHANGED <<", ", ".join(kept), ">>")
        yield ""

    def _next(self, has_inside: bool) -> Iterator[str]:
        next_, vars_ = self.ours["Next"], self.ours["vars"]
        yield f"{next_} =="
        if not self.model.actions:
            yield f"  FALSE /\\ UNCHANGED {vars_}"
        else:
            indent = "  "
            if has_inside:
                yield f"  /\\ {self.ours['Inside']}"
            bullet = f"{indent}/\\ " if has_inside else indent
            for place, action in enumerate(self.model.actions):
                start = bullet if place == 0 else " " * len(bullet)
                yield f"{start}\\/ {self._steps(Part(action.name, (None,) * len(action.given)), self.terms.bound())}"
        yield ""

    def _steps(self, part: Part, names: Bound) -> str:
        """The steps of an action with these arguments, as a formula that may stand behind a bullet."""
        action = self.model.action(part.action)
        own = action.arguments
        if not own:
            return self.actions[action.name]
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
                same.append(f"{inner[variable]} = {self.terms.render(value, names, RELATION + 1)} /\\ ")
        called = f"{''.join(same)}{self.actions[action.name]}({', '.join(given)})"
        return f"\\E {self.terms.ranging(tuple(bound), inner)} : {called}" if bound else called

    # -- properties --------------------------------------------------------------------------------------------------

    def _properties(self) -> Iterator[str]:
        model = self.model
        live = [prop for prop in model.liveness if self._is_wanted(prop)]
        if model.variables:
            yield from self._specification(live)
        for prop in (*model.properties, *(law for law in model.laws if model.variables), *live):
            if prop.kind in ("defined", "range") or not self._is_wanted(prop):
                continue
            yield from self._property(prop)

    def _specification(self, live: Sequence[Property]) -> Iterator[str]:
        ours = self.ours
        conditions = {tuple(map(id, prop.fair)): prop.fair for prop in live}
        self.shared = next(iter(conditions.values())) if len(conditions) == 1 else ()
        if self.shared:
            yield f"{ours['Fairness']} =="
            yield from (f"  /\\ {self._fair(condition)}" for condition in self.shared)
            yield ""
        yield f"{ours['Spec']} == {ours['Init']} /\\ [][{ours['Next']}]_{ours['vars']}" + (
            f" /\\ {ours['Fairness']}" if self.shared else ""
        )
        yield ""

    def _fair(self, condition: Condition) -> str:
        names = self.terms.bound().bind(*condition.bound)
        parts = [self._steps(part, names) for part in condition.parts] or [self.ours["Next"]]
        steps = parts[0] if len(parts) == 1 else " \\/ ".join(f"({part})" for part in parts)
        fair = f"{'SF' if condition.strong else 'WF'}_{self.ours['vars']}({steps})"
        return f"\\A {self.terms.ranging(condition.bound, names)} : {fair}" if condition.bound else fair

    def _property(self, prop: Property) -> Iterator[str]:
        name = self.properties[prop.name]
        title = f"{prop.short}: " if prop.short else ""
        for line in f"{title}{prop.doc}".split("\n"):
            yield from _comments(_said(line))
        if prop.temporal is not None:
            yield from self._liveness(prop)
            return
        if prop.kind == "action":
            self.stated.append(_Stated(name, "PROPERTIES"))
            names = self.terms.bound()
            subscript = ", ".join(self.variables[v.data] for v in prop.subscript)
            # Without parentheses `[x \\in S` would begin a function.
            *before, end = behind("[][(", self.terms.lines(prop.formula, names, 6))
            yield f"{name} =="
            yield from before
            yield f"{end})]_<<{subscript}>>"
            yield ""
            return
        self.stated.append(_Stated(name, "INVARIANTS"))
        if prop.is_deadlock and self.has_inside:
            # It is asked of states that are expanded.
            yield f"{name} == {self.ours['Inside']} =>"
            yield from (f"  {line}" for line in self.terms.lines(prop.formula, self.terms.bound(), 2, NOT))
            yield ""
            return
        yield from self._formula(f"{name} ==", prop.formula)

    def _liveness(self, prop: Property) -> Iterator[str]:
        assert prop.temporal is not None
        name = self.properties[prop.name]
        unread = _unread(prop.temporal)
        self.stated.append(_Stated(name, "PROPERTIES", unread))
        written = self._temporal(prop.temporal, self.terms.bound())
        premises = [] if self.shared == prop.fair else [self._fair(condition) for condition in prop.fair]
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
            written = self.terms.render(formula, names)
            if not of_steps(formula):
                return f"({written})"
            subscript = ", ".join(self.variables[v.data] for v in state_variables(formula))
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
                return f"\\A {self.terms.ranging(formula.bound, inner)} : ({self._temporal(formula.parts[0], inner)})"

    def _symmetry(self) -> Iterator[str]:
        properties = [prop for prop in self.model.properties if self._is_wanted(prop)]
        found = symmetry_of(self.model, properties)
        sorts = [sort for sort in found.sorts if self.sorts.is_constant(sort) and self._unnamed(sort) > 1]
        if found.reason is not None or not sorts:
            return
        yield from _comments("Names that nothing tells apart. Not for properties of behaviours.")
        yield from _wrapped(f"{self.ours['Symmetry']} == ", " \\cup ".join(map(self._permutations, sorts)), "")
        yield ""

    def _unnamed(self, sort: ScalarSort) -> int:
        return len(self.sorts.members[sort]) - len(sort.constants)

    def _permutations(self, sort: ScalarSort) -> str:
        name = self.sorts.names[sort]
        named = ", ".join(self.sorts.constants[sort, constant] for constant in sort.constants)
        return f"Permutations({name} \\ {{{named}}})" if named else f"Permutations({name})"

    # -- configuration -----------------------------------------------------------------------------------------------

    def _configuration(self, symmetry: bool) -> str:
        lines = [f"\\* {line}" for line in (f"The constants of {self.name}, and what is asked of it.",)]
        assigned = [f"{text} = {self.scope.parameters[name]}" for name, text in self.parameters.items()]
        for sort in self.model.sorts:
            if isinstance(sort, ScalarSort) and self.sorts.is_constant(sort):
                assigned.append(f"{self.sorts.names[sort]} = {{{', '.join(self.sorts.members[sort])}}}")
                for place, name in enumerate(sort.constants):
                    assigned.append(f"{self.sorts.constants[sort, name]} = {self.sorts.members[sort][place]}")
        if assigned:
            lines += ["CONSTANTS", *(f"  {line}" for line in assigned)]
        if not self.model.variables:
            return "\n".join(lines) + "\n"
        lines.append(f"SPECIFICATION {self.ours['Spec']}")
        if self.has_inside:
            lines.append(f"CONSTRAINT {self.ours['Inside']}")
        for keyword in ("INVARIANTS", "PROPERTIES"):
            asked = [one for one in self.stated if one.keyword == keyword]
            named = [one.name for one in asked if not one.omitted]
            if named:
                lines += [keyword, *(f"  {name}" for name in named)]
            lines += [f"\\* {one.name}: {one.omitted}" for one in asked if one.omitted]
        lines.append("CHECK_DEADLOCK FALSE")
        if symmetry:
            lines.append(f"\\* SYMMETRY {self.ours['Symmetry']}")
        return "\n".join(lines) + "\n"


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


def _comments(text: str) -> Iterator[str]:
    """A text as a line of comment, if there is any."""
    if text.strip():
        yield f"\\* {one_line(text).strip()}"


def _said(text: str) -> str:
    """What a model says of itself, in which Apalache is to find no annotation."""
    return re.sub(r"(^|\s)@(?=\w)", r"\1@ ", text)


def _block(lines: Iterable[str]) -> list[str]:
    result = list(lines)
    return [*result, ""] if result else []


def _declarations(keyword: str, declared: Sequence[tuple[list[str], str]]) -> Iterator[str]:
    if not declared:
        return
    yield keyword
    for place, (comments, name) in enumerate(declared):
        yield from (f"  {line}" for comment in comments for line in _comments(comment))
        yield f"  {name}" + ("," if place < len(declared) - 1 else "")


def _definition(definition: Definition) -> Iterator[str]:
    for comment in definition.comments:
        yield from _comments(comment)
    yield from definition.lines
    yield ""


def _behind_comment(lines: list[str], comment: str) -> Iterator[str]:
    """Lines of a conjunct with its bullet, the first with a comment to its right."""
    first, *rest = behind("/\\ ", lines)
    yield f"{first:<64} \\* {one_line(comment)}"
    yield from rest


def _wrapped(head: str, listed: str, end: str, width: int = 110) -> list[str]:
    lines, indent = [head], " " * len(head)
    for word in listed.split(" "):
        if len(lines[-1]) + len(word) > width and lines[-1].strip():
            lines.append(indent)
        lines[-1] += word + " "
    lines[-1] = lines[-1].rstrip() + end
    return lines
