"""A protocol for people: as text that reads like TLA+."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from verifier.kernel.actions import Action, Argument
from verifier.kernel.characters import one_line
from verifier.kernel.declarations import Variant
from verifier.kernel.expressions import class_of
from verifier.kernel.layout import WIDTH, laid_out
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.protocol import Protocol
from verifier.kernel.reach import Vocabulary
from verifier.kernel.sorts import (
    EnumSort,
    KeyedSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    Sort,
)
from verifier.kernel.state import Variable
from verifier.kernel.temporal_text import fairness_text, stated_under, temporal_text
from verifier.kernel.term_text import Names, render, sort_text, stored, text
from verifier.kernel.terms import Term, state, walk

__all__ = ["show", "sort_text", "text"]

_COMMENT_COLUMN = 64


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text with a comment that stands to its right."""

    code: str
    comment: str = ""

    def __str__(self) -> str:
        return f"{self.code:<{_COMMENT_COLUMN}} \\* {self.comment}" if self.comment else self.code


def show(protocol: Protocol, variant: str | None = None) -> str:
    """The protocol as text that reads like TLA+.

    Without a variant, named choices are shown with both their sides: `IF name THEN chosen ELSE dropped`. With one, its drops,
    replacements and omissions are already applied.

    Raises:
        UsageError: there is no such variant.
    """
    whole = variant is None or variant == protocol.default_variant
    model = protocol.model(variant)
    kept = {action.name for action in model.actions}
    actions = tuple(protocol.actions.values()) if whole else model.actions
    name = protocol.name if variant is None else f"{protocol.name}:{variant}"
    lines = [_Line(f"---- {name} ----"), _Line(f"\\* {protocol.title}")]
    if protocol.source:
        lines.append(_Line(f"\\* source: {protocol.source}"))
    words = protocol.vocabulary
    sections: list[tuple[str, Iterable[_Line]]] = [
        ("CONSTANTS", _parameters(model)),
        ("SORTS", _sorts(model)),
        ("ASSUME", [_Line(f"  {text(prop.formula, words)}", prop.name) for prop in model.assumptions]),
        ("VARIABLES", [_variable(v, words) for v in model.variables]),
        *((f"AXIOM {axiom.name} ==", _body(axiom.formula, words)) for axiom in model.axioms),
        ("Init ==", _initial(model)),
    ]
    for action in actions:
        if variant is None or action.name in kept:
            sections.append(_action(action, protocol.dead.get(action.name), words))
    sections.append(("Next ==", [_Line(f"  \\/ {_step(action, words)}") for action in model.actions]))
    # As they were written: a model has the guards in place of ENABLED.
    written = {named.name: named.formula for named in protocol.constraints}
    written |= {lemma.name: lemma.formula for lemma in protocol.lemmas.values()}
    for named in model.constraints:
        sections.append((f"CONSTRAINT {named.name} ==", _body(written[named.name], words)))
    ends = {named.name: named.formula for named in protocol.stops}
    for named in model.stops:
        sections.append((f"MAY STOP {named.name} ==", _body(ends[named.name], words)))
    for assumption in protocol.fair.values():
        conditions = [_Line(f"  /\\ {fairness_text(one, words)}") for one in assumption.conditions]
        sections.append((f"FAIRNESS {assumption.name} ==", conditions))
    for prop in model.stated:
        if prop.about is None and not prop.is_deadlock:
            sections.append(_property(prop, protocol))
    for lemma in model.lemmas:
        sections.append((f"LEMMA {lemma.name} ==    \\* {lemma.reason}", _body(written[lemma.name], words)))
    if variant is None:
        sections.append(("VARIANTS", [line for v in protocol.variants.values() for line in _variant(v)]))
    for title, body in sections:
        content = list(body)
        if content:
            lines += [_Line(""), _Line(title), *content]
    return "\n".join(one_line(str(line)).rstrip() for line in [*lines, _Line(""), _Line("====")]) + "\n"


def _parameters(model: Model) -> Iterator[_Line]:
    kinds = {"search bound": "search bound: ", "size": "", "model": ""}
    for parameter in model.parameters.values():
        yield _Line(f"  {parameter.name} = {parameter.default}", f"{kinds[parameter.kind]}{parameter.doc}".rstrip(": "))


def _sorts(model: Model) -> Iterator[_Line]:
    for sort in model.sorts:
        written = _sort_definition(sort, model.vocabulary)
        if written is not None:
            yield _Line(f"  {sort} == {written}", _sort_doc(sort))


def _sort_doc(sort: Sort) -> str:
    """The first line of the docstring of the sort's class in the model."""
    doc = vars(class_of(sort)).get("__doc__")
    return str(doc or "").strip().split("\n")[0]


def _sort_definition(sort: Sort, words: Vocabulary) -> str | None:
    match sort:
        case RangeSort(low=low, high=high):
            return f"{text(low, words)}..{_bound_text(high, words)}"
        case EnumSort(labels=labels):
            return f"{{{', '.join(labels)}}}"
        case ScalarSort(parameter=parameter, ordered=True):
            return f"{parameter} names in some order"
        case ScalarSort(parameter=parameter, constants=constants):
            named = f", {', '.join(constants)} among them" if constants else ""
            return f"{parameter} interchangeable names{named}"
        case QuorumSort(of=of):
            return f"the majorities of {of}"
        case RecordSort(fields=fields, ordered=ordered):
            inner = ", ".join(f"{name}: {sort_text(of)}" for name, of in fields)
            return f"[{inner}]{', ordered lexicographically' if ordered else ''}"
        case SequenceSort(element=element, capacity=capacity):
            return f"Seq({sort_text(element)}), at most {text(capacity, words)} elements"
        case KeyedSort(element=element, key=key):
            return f"SUBSET {element}, no two members with the same {key}"
    return None


def _bound_text(high: Term, words: Vocabulary) -> str:
    """The upper end of a range; that of an ordered sort that starts at 1 is the parameter alone."""
    if high.op == "add" and high.args[1].op == "literal" and high.args[1].data <= 0:
        offset = high.args[1].data
        return f"{text(high.args[0], words)} - {-offset}" if offset else text(high.args[0], words)
    return text(high, words)


def _initial(model: Model) -> Iterator[_Line]:
    for declared in model.variables:
        name = _name(declared, model.vocabulary)
        if declared.initial is None:
            yield _Line(f"  /\\ {name} \\in {sort_text(declared.sort)}")
        else:
            initial = stored(declared.initial, Names(model.vocabulary, declared.initial), declared.sort)
            yield _Line(f"  /\\ {name} = {initial}")
    for named in model.initial[len(model.axioms) :]:
        yield _Line(f"  /\\ {text(named.formula, model.vocabulary)}", named.name)


def _variable(declared: Variable, words: Vocabulary) -> _Line:
    rigid = "rigid" + (": " if declared.doc else "") if declared.rigid else ""
    return _Line(f"  {_name(declared, words)} \\in {sort_text(declared.sort)}", rigid + declared.doc)


def _name(variable: Variable, words: Vocabulary) -> str:
    return text(state(variable.name, variable.sort), words)


def _step(action: Action, words: Vocabulary) -> str:
    if not action.arguments:
        return action.name
    names = Names(words, first=tuple(argument.variable for argument in action.arguments))
    given = ", ".join(names[argument.variable] for argument in action.arguments)
    return f"\\E {_ranging(action.arguments, names)} : {action.name}({given})"


def _ranging(bound: Iterable[Argument], names: Names) -> str:
    return ", ".join(f"{names[b.variable]} \\in {sort_text(b.sort)}" for b in bound)


def _action(action: Action, dead: str | None, words: Vocabulary) -> tuple[str, list[_Line]]:
    own = tuple(bound.variable for bound in (*action.arguments, *action.witnesses))
    names = Names(words, first=own)
    lines = [_Line(f"  \\* {line}".rstrip()) for line in action.doc.split("\n") if action.doc]
    if dead:
        lines.append(_Line(f"  \\* never fires: {dead}"))
    indent = "  "
    if action.witnesses:
        lines.append(_Line(f"  /\\ \\E {_ranging(action.witnesses, names)} :"))
        indent = "       "
    for guard in action.guards:
        comment = guard.name + " (search bound)" * guard.budget
        lines.append(_Line(f"{indent}/\\ {render(guard.condition, names)}", comment))
        lines += [_Line(f"{indent}   \\* or {name}: {render(term, names)}") for name, term in guard.instead]
    for update in action.updates:
        choices = ", ".join(term.data for term in walk(update.value) if term.op == "choice")
        comment = f"choice {choices}" if choices else ""
        sort = words.sort_of(update.variable)
        after = render(Term("next", (), sort, update.variable), names)
        lines.append(_Line(f"  /\\ {after} = {stored(update.value, names, sort)}", comment))
    header = f"{action.name}({_ranging(action.arguments, names)})" if action.arguments else action.name
    return f"{header} ==", lines


_KINDS = {
    "state": "INVARIANT",
    "action": "ACTION PROPERTY",
    "range": "RANGE",
    "defined": "DEFINED",
    "law": "LAW",
    "liveness": "LIVENESS",
    "reachable": "REACHABLE",
}


def _property(prop: Property, protocol: Protocol) -> tuple[str, list[_Line]]:
    title = f"{_KINDS[prop.kind]} {prop.name}" + (f" ({prop.short})" if prop.short else "")
    lines = [_Line(f"  \\* {line}".rstrip()) for line in prop.doc.split("\n") if prop.doc]
    expected = [f"{name}: {_verdict(prop, name)}" for name in prop.expected if name in protocol.variants]
    if expected:
        lines.append(_Line(f"  \\* expected {', '.join(expected)}"))
    if prop.vacuous:
        lines.append(_Line(f"  \\* vacuous: {prop.vacuous}"))
    if prop.kind == "range":
        lines += [_Line(f"  {line}") for line in _wrapped(prop.variables)]
    elif prop.temporal is not None:
        title += " =="
        lines.append(_Line(f"  {temporal_text(prop.temporal, protocol.vocabulary)}"))
        under = " /\\ ".join(stated_under(prop, protocol.vocabulary)) or "no fairness"
        lines.append(_Line(f"  \\* under {under}"))
    elif prop.kind != "defined":
        title += f"{stutters(protocol.properties[prop.name])} =="
        lines += _body(protocol.properties[prop.name].formula, protocol.vocabulary)
    return title, lines


def stutters(prop: Property) -> str:
    """The steps that a property constrains, in words after its name, unless they are those that change the variables it reads.
    """
    if prop.given is None:
        return ""
    return f", of steps that change {'anything' if prop.of_all else ' or '.join(v.data for v in prop.given)}"


def _wrapped(names: Sequence[str]) -> list[str]:
    lines = [""]
    for position, name in enumerate(names):
        word = name + ("," if position < len(names) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(word) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def _verdict(prop: Property, variant: str) -> str:
    expectation = prop.expectation(variant)
    if expectation.loop is not None:
        return f"{expectation.verdict} by a lasso of stem {expectation.steps}, loop {expectation.loop}"
    return expectation.verdict + (f" in {expectation.steps} steps" if expectation.steps is not None else "")


def _body(formula: Term, vocabulary: Vocabulary) -> list[_Line]:
    """A formula on its own lines."""
    return [_Line(line) for line in laid_out(formula, Names(vocabulary, formula), 2)]


def _variant(variant: Variant) -> Iterator[_Line]:
    yield _Line(f"  {variant.name}" + (f": {variant.doc}" if variant.doc else ""))
    facts = {
        "drops": ", ".join(variant.drops),
        "replaces": ", ".join(f"{name} by {other}" for name, other in variant.replaces.items()),
        "without": ", ".join(variant.without),
        "with": ", ".join(f"{name} = {value}" for name, value in variant.settings.items()),
        "initially": _starts(variant.initially or ()) if variant.initially is not None else "",
        "for given sizes alone:": variant.bounded or "",
    }
    yield from (_Line(f"    {word} {what}") for word, what in facts.items() if what)


def _starts(initially: Iterable[str]) -> str:
    """The initial states of a variant that has its own."""
    return " and ".join(initially) or "any state"
