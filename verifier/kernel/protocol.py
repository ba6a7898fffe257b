"""The protocol: the object that a model's file builds, declaration by declaration, and that gives the model of each variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Self

from verifier.kernel.behaviour import DeclaresBehaviour
from verifier.kernel.claims import DeclaresClaims
from verifier.kernel.construction import declares, listed
from verifier.kernel.declarations import Declarations, Variant, natural, numbered
from verifier.kernel.errors import ModelError, UsageError, check_name, here, nearest
from verifier.kernel.expressions import Int, coerce
from verifier.kernel.model import Model
from verifier.kernel.properties import DEADLOCK, Finding, Lemma, Share
from verifier.kernel.reach import Reach
from verifier.kernel.resolving import instantiate
from verifier.kernel.sorts import INT, EnumSort, FunctionSort
from verifier.kernel.spelling import is_called


class Protocol(DeclaresBehaviour, DeclaresClaims):
    """A protocol under construction, then as it is used: its declarations in the order of the file.

    `name` is what the command line calls it, `title` one line for people, `default_variant` the name of the variant that
    is meant where none is named. It leaves nothing out, unless the model declares it like any other variant.
    """

    @declares
    def finding(self, title: str, text: str, *, command: str) -> None:
        """Records a known fact about the protocol or its published description.

        `title` states it in one line, `text` explains it, `command` (`verify ...`) shows it. Findings are listed and documented;
        they have no influence on verdicts.
        """
        given: dict[str, Any] = {"title": title, "text": text, "command": command}
        for what, value in given.items():
            if not isinstance(value, str) or not value.strip():
                hint = 'p.finding("title", "what it means", command="verify prove ...")'
                raise ModelError(f"a finding needs a {what}, not {value!r}", hint=hint, position=here())
        if not command.startswith("verify "):
            hint = "write the whole command: verify explore ..."
            raise ModelError(f"{command!r} is not a command that shows a finding", hint=hint, position=here())
        if title in {result.title for result in self.findings}:
            raise ModelError(f"finding {title!r} is recorded twice", position=here())
        self.findings.append(Finding(title, text, command, here()))

    @declares
    def share(self, part: Int, whole: Int, *, variant: str, rest: str | None = None) -> None:
        """Declares the share whose thresholds `verify threshold` finds: for each property, the share at which it begins to
        fail.

        `part` and `whole` are sums of parameters. `variant` is one that assumes nothing about the share. `rest` names the
        variable, a function from labels to amounts, that says where the rest of the whole stands: then thresholds for given
        holders, each of whom belongs to the part or stands in one place, can be asked for.
        """
        if self.shared is not None:
            raise ModelError(f"{self.name} has two shares", hint="declare one", position=here())
        if variant not in self.variants:
            raise ModelError(f"there is no variant {variant}", hint=nearest(variant, self.variants, "variants"), position=here())
        terms = [coerce(amount, INT, f"the {what} of the share") for amount, what in ((part, "part"), (whole, "whole"))]
        for term in terms:
            self.vocabulary.admit(term, Reach("the share", here(), arithmetic=True))
        if rest is not None:
            sorts = {declared.name: declared.sort for declared in self.variables}
            if rest not in sorts:
                raise ModelError(f"there is no variable {rest}", hint=nearest(rest, sorts, "variables"), position=here())
            sort = sorts[rest]
            if not (isinstance(sort, FunctionSort) and isinstance(sort.index, EnumSort) and sort.value.is_integer):
                raise ModelError(f"{rest} is not a function from labels to amounts", hint="Fn[Class, Stake]", position=here())
        self.shared = Share(terms[0], terms[1], variant, here(), rest)

    @declares
    def variant(
        self,
        name: str,
        *,
        drops: Iterable[str] = (),
        replaces: Mapping[str, str] | None = None,
        without: Iterable[str] = (),
        settings: Mapping[str, int | list[int]] | None = None,
        initially: Iterable[str] | None = None,
        bounded: str | None = None,
        doc: str = "",
    ) -> None:
        """Declares a variant; see `Variant`. ModelError if it names something that does not exist.

        The default variant may be declared too, to leave out parts that only other variants have.
        """
        check_name(name, "a variant")
        if name in self.variants and self.variants[name].position is not None:
            raise ModelError(f"variant {name} is declared twice", position=here())
        values: dict[str, int] = {}
        for parameter, value in (settings or {}).items():
            if isinstance(value, list | tuple):
                if numbered(parameter, [*value, 0])[-1] in self.parameters:
                    raise ModelError(f"variant {name} sets {parameter} to a list that is too short", position=here())
                values.update(zip(numbered(parameter, value), value, strict=True))
            else:
                values[parameter] = value
        for parameter, number in values.items():
            natural(parameter, number)
        position = here()
        left_out = listed(drops, "drops"), listed(without, "without")
        starts = None if initially is None else listed(initially, "initially")
        variant = Variant(name, doc, left_out[0], replaces or {}, left_out[1], values, position, starts, bounded)
        self.variants[name] = variant
        try:
            instantiate(self.declarations(), variant, ())
        except UsageError as error:
            raise ModelError(f"variant {name}: {error.message}", hint=error.hint, position=position) from None

    def check(self) -> None:
        """Refuses a protocol that is not complete: state, actions and properties, expectations of existing variants."""
        self.model()
        if not self.properties:
            hint = "add @p.invariant(), or give the file of properties that imports this one"
            raise ModelError(f"{self.name} has no properties", hint=hint, position=self.position)
        for prop in self.properties.values():
            for variant in prop.expected:
                if variant not in self.variants:
                    hint = nearest(variant, self.variants, "variants")
                    message = f"{prop.name} has an expected verdict for variant {variant}, which does not exist"
                    raise ModelError(message, hint=hint, position=prop.position)

    def with_deadlock(self) -> Protocol:
        """The protocol with the property `Deadlock`, on request."""
        return Protocol.of(replace(self.declarations(), deadlock=True))

    def with_lemmas(self, lemmas: Iterable[Lemma]) -> Protocol:
        """The protocol with further lemmas; one whose name is taken replaces the lemma of that name.

        Raises UsageError if a property has the name.
        """
        given = {lemma.name: lemma for lemma in lemmas}
        for name in given:
            if name in self.properties or is_called(name, DEADLOCK):
                raise UsageError(f"a property of {self.name} is called {name}", hint="give the lemma another name")
        return Protocol.of(replace(self.declarations(), lemmas={**self.lemmas, **given}))

    def declarations(self) -> Declarations:
        """The current declarations of the protocol, frozen; of a sealed one always the same object."""
        if self._declared is not None:
            return self._declared
        given = {part.name: getattr(self, part.name) for part in fields(Declarations)}
        declared = Declarations(**{name: _frozen(value) for name, value in given.items()})
        if self.sealed:
            self._declared = declared
        return declared

    @classmethod
    def of(cls, declarations: Declarations) -> Self:
        """A protocol that consists of these declarations and takes no more."""
        protocol = cls(declarations.name, declarations.title)
        for part in fields(Declarations):
            setattr(protocol, part.name, getattr(declarations, part.name))
        protocol.seal()
        return protocol

    def model(self, variant: str | None = None, drops: Iterable[str] = ()) -> Model:
        """The protocol under a variant and further drops (`Action.name`).

        Raises UsageError for an unknown variant, action, guard or choice, naming the nearest.
        """
        name = variant or self.default_variant
        if name not in self.variants:
            hint = nearest(name, self.variants, "variants")
            raise UsageError(f"{self.name} has no variant {name}", hint=hint)
        return instantiate(self.declarations(), self.variants[name], tuple(drops))


def _frozen(value: Any) -> Any:
    """A copy that does not grow with the protocol."""
    return dict(value) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value
