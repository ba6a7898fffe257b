"""The module and the configuration of a model at a finite scope.

Every state that can be stored, every step and every property of the model is one of the module. A state that is outside a range
or a constraint is checked, but has no steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from verifier.kernel.errors import UsageError
from verifier.kernel.model import Model
from verifier.kernel.sorts import ScalarSort
from verifier.kernel.term_text import LONGEST
from verifier.kernel.terms import written_size
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.tla.behaviour import Behaviour
from verifier.semantics.tla.names import identifier
from verifier.semantics.tla.statements import Statements
from verifier.semantics.tla.text import block, comments, declarations, definition, said, wrapped
from verifier.semantics.tla.words import Words


class Exported(NamedTuple):
    """The text of a module, and of a configuration for it."""

    module: str
    configuration: str


def module(model: Model, settings: Mapping[str, str], names: Sequence[str], called: str | None = None) -> Exported:
    """A model with the properties of these names, or all, as a module, which is `called` like its file.

    Raises:
        UsageError: a name or a setting is wrong, or the model has no form in the module.
    """
    stated = {one.name: one.formula for one in (*model.initial, *model.constraints)}
    for name, formula in (*stated.items(), *((prop.name, prop.formula) for prop in model.properties)):
        if (count := written_size(formula)) > LONGEST:
            hint = "smt2, aiger and btor2 have names for parts of formulas"
            raise UsageError(f"{name} is too long for TLA+: written out, it has {count:,} parts", hint=hint)
    return _Written(model, finite_scope(model, settings), names, called).written()


class _Written:
    def __init__(self, model: Model, scope: FiniteScope, names: Sequence[str], called: str | None) -> None:
        self.model, self.scope = model, scope
        default = model.variant.name == model.protocol.default_variant
        self.words = Words(scope, called or identifier(model.name if default else f"{model.name}_{model.variant.name}"))
        self.behaviour = Behaviour(self.words)
        self.statements = Statements(self.words, self.behaviour, [model.find_property(name) for name in names])

    # -- the whole ---------------------------------------------------------------------------------------------------

    def written(self) -> Exported:
        """The two texts."""
        model = self.model
        behaviour = list(self.behaviour.lines()) if model.variables else []
        stated = list(self.statements.lines())
        symmetry = list(self.statements.symmetry()) if model.variables else []
        presumed = list(self.statements.definedness()) if model.variables else []
        assumed = list(self._assumptions())
        variables = list(self._variables())
        # The names that they have used are known now.
        defined = [*self.words.sorts.definitions(), *self.words.terms.helpers()]
        constants = list(self._constants())
        body = [
            *block(constants),
            *block(variables),
            *(line for one in defined for line in definition(one)),
            *assumed,
            *behaviour,
            *stated,
            *symmetry,
            *presumed,
        ]
        extended = ["Integers", "FiniteSets", "Sequences", *(["TLC"] if symmetry else [])]
        head = f"{' MODULE ' + self.words.name + ' ':-^80}"
        lines = [head, *self._heading(" ".join(body)), f"EXTENDS {', '.join(extended)}", "", *body]
        while lines[-1] == "":
            lines.pop()
        text = "\n".join([*(line.rstrip() for line in lines), "=" * 80]) + "\n"
        return Exported(text, self._configuration(bool(symmetry)))

    def _heading(self, body: str) -> Iterator[str]:
        model = self.model
        yield from comments(said(model.protocol.title))
        if model.protocol.source:
            yield from comments(f"source: {said(model.protocol.source)}")
        yield from comments(f"protocol {model.name}, variant {model.variant.name}")
        yield from (line for name in model.drops for line in comments(f"without {name}"))
        if model.variables:
            yield ""
            if self.behaviour.inside:
                yield from comments(f"A state in which {self.behaviour.inside} is false is checked, but has no steps.")
            yield from comments("The module means what the model does where every expression has a value.")
        mentioned = set(re.findall(r"\w+", body))
        for name, own in sorted(self.words.space.renamed.items()):
            if name not in mentioned:
                continue
            yield from comments(f"{name} is {own} in the model.")
        for name, written in sorted(self.words.sorts.fields.items()):
            if name != written:
                yield from comments(f"The field {written} is {name} in the model.")
        if self.words.sorts.remarks:
            yield from comments(f"Not every version of Apalache reads: {', '.join(sorted(self.words.sorts.remarks))}.")

    # -- declarations ------------------------------------------------------------------------------------------------

    def _constants(self) -> Iterator[str]:
        declared: list[tuple[list[str], str]] = []
        for parameter in self.model.parameters.values():
            if parameter.name in self.words.parameters:
                kind = "search bound: " if parameter.kind == "search bound" else ""
                about = said(f"{kind}{parameter.doc}".rstrip(": "))
                declared.append(([about, "@type: Int;"], self.words.parameters[parameter.name]))
        for sort in self.model.sorts:
            if isinstance(sort, ScalarSort) and self.words.sorts.is_constant(sort):
                about = f"interchangeable names{', with some that are named' if sort.constants else ''}"
                declared.append(([about, "@type: Set(Str);"], self.words.sorts.names[sort]))
                for name in sort.constants:
                    declared.append((["@type: Str;"], self.words.sorts.constants[sort, name]))
        yield from declarations("CONSTANTS", declared)

    def _variables(self) -> Iterator[str]:
        declared = []
        for v in self.model.variables:
            about = [("rigid: " if v.rigid else "") + said(v.doc), f"@type: {self.words.sorts.type(v.sort)};"]
            declared.append((about, self.words.variables[v.name]))
        yield from declarations("VARIABLES", declared)
        if declared:
            yield ""
            listed = ", ".join(self.words.variables.values())
            yield from wrapped(f"{self.words.ours['vars']} == <<", listed, ">>")

    def _assumptions(self) -> Iterator[str]:
        for named in self.model.assumptions:
            yield from self.words.formula(f"ASSUME {self.words.named[id(named)]} ==", named.formula)
        if not self.model.variables:
            for law in self.model.laws:
                if law.kind == "law" and self.statements.is_wanted(law):
                    yield from comments(said(law.doc))
                    yield from self.words.formula(f"ASSUME {self.words.properties[law.name]} ==", law.formula)

    # -- configuration -----------------------------------------------------------------------------------------------

    def _configuration(self, symmetry: bool) -> str:
        lines = [f"\\* The constants of {self.words.name}, and the properties to check."]
        assigned = [f"{text} = {self.scope.parameters[name]}" for name, text in self.words.parameters.items()]
        for sort in self.model.sorts:
            if isinstance(sort, ScalarSort) and self.words.sorts.is_constant(sort):
                assigned.append(f"{self.words.sorts.names[sort]} = {{{', '.join(self.words.sorts.members[sort])}}}")
                for place, name in enumerate(sort.constants):
                    assigned.append(f"{self.words.sorts.constants[sort, name]} = {self.words.sorts.members[sort][place]}")
        if assigned:
            lines += ["CONSTANTS", *(f"  {line}" for line in assigned)]
        if not self.model.variables:
            return "\n".join(lines) + "\n"
        lines.append(f"SPECIFICATION {self.words.ours['Spec']}")
        if self.behaviour.inside:
            lines.append(f"CONSTRAINT {self.behaviour.inside}")
        for keyword in ("INVARIANTS", "PROPERTIES"):
            asked = [one for one in (*self.statements.presumed, *self.statements.stated) if one.keyword == keyword]
            named = [one.name for one in asked if not one.omitted]
            if named:
                lines += [keyword, *(f"  {name}" for name in named)]
            lines += [f"\\* {one.name}: {one.omitted}" for one in asked if one.omitted]
        lines.append("CHECK_DEADLOCK FALSE")
        if symmetry:
            lines.append(f"\\* SYMMETRY {self.words.ours['Symmetry']}")
        return "\n".join(lines) + "\n"
