"""The circuit as SMT-LIB 2 text: definitions over the fields of a state, for certificates that any solver can read.

Written from the circuit, not printed by a solver, so that it is a second opinion on the z3 back end too. Only the logic
QF_BV is used, and only what every solver for it reads: no bit-vector literal but `#b...`, no annotation, no option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from verifier.kernel.actions import Action
from verifier.semantics.ground.circuit import Node, below, width_of
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.layout import Field
from verifier.semantics.symbols import numbered, quotable

TRUE = "true"
_BITS = {"add": "bvadd", "sub": "bvsub", "mul": "bvmul"}


@dataclass(frozen=True, slots=True)
class ActionText:
    """The steps of one action: a formula over both states and `pick`, a bit-vector of `width` bits that says which instance."""

    name: str
    width: int
    body: str
    first: int


class SmtLib:
    """Writes the formulas of one ground model over `|field|`, `|field'|` (the next state) and `|?pick|`.

    `fields` are the names and sorts of a state's constants, in the order of the layout; each name begins with the number of
    the field, so that no two are the same and none is a word of SMT-LIB.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.fields = [(numbered(field.number, field.name), _sort(field)) for field in ground.layout.fields]

    # -- formulas ----------------------------------------------------------------------------------------------------

    def formula(self, *nodes: Node) -> str:
        """The conjunction of some nodes, over steps 0 and 1."""
        return self._shared(nodes, _all)

    def typed(self) -> str:
        """Every field of a state holds a code of its sort, its least code where the value is absent."""
        bounds = self._in_range(self.ground.layout.fields)
        return self._shared([self.ground.canonical], lambda texts: _all([*bounds, *texts]))

    def initial(self, begins: Node) -> str:
        """The initial states that a node describes, with codes in range where a variable has no initial value.

        A field of a single code is a constant of the circuit, so its code is stated here too.
        """
        given = {v.name for v in self.ground.scope.model.variables if v.initial is not None}
        fields = self.ground.layout.fields
        bounds = self._in_range(field for field in fields if field.variable not in given or field.low == field.high)
        return self._shared([begins], lambda texts: _all([*bounds, *texts]))

    def action(self, action: Action) -> ActionText:
        """The steps of an action: the instance that `|?pick|` names is storable and leads to the next state."""
        instances = [instance for instance in self.ground.instances if instance.action is action]
        width = max(1, (len(instances) - 1).bit_length())
        name = action.name if quotable(action.name) else numbered(self.ground.scope.model.actions.index(action), action.name)
        if not instances:
            return ActionText(name, width, "false", 0)
        first = instances[0].number
        roots: list[Node] = [instance.storable for instance in instances]
        writers: dict[int, dict[int, list[int]]] = {}
        for place, instance in enumerate(instances):
            for number, value in instance.writes.items():
                writers.setdefault(number, {}).setdefault(value.index, []).append(place)
                roots.append(value)
        places = {root.index: at for at, root in reversed(list(enumerate(roots)))}

        def assemble(texts: list[str]) -> str:
            parts = [_picked(range(len(instances)), width, len(instances))]
            for place, enabled in enumerate(texts[: len(instances)]):
                parts.append(f"(=> {_picked([place], width, 0)} {enabled})")
            for field, (name, _) in zip(self.ground.layout.fields, self.fields, strict=True):
                written: set[int] = set()
                for index, group in writers.get(field.number, {}).items():
                    value = roots[places[index]]
                    term = texts[places[index]]
                    if not field.is_bool:
                        term = _resized(term, value, width_of(field.low, field.high))
                    parts.append(f"(=> {_picked(group, width, len(instances))} (= |{name}'| {term}))")
                    written.update(group)
                kept = f"(= |{name}'| |{name}|)"
                others = [place for place in range(len(instances)) if place not in written]
                if others:
                    parts.append(f"(=> {_picked(others, width, len(instances))} {kept})" if written else kept)
            return _all(parts)

        return ActionText(name, width, self._shared(roots, assemble), first)

    def values(self, codes: Sequence[int]) -> list[str]:
        """Field codes as literals, in the order of the fields."""
        fields = self.ground.layout.fields
        return [_literal(code, field.is_bool, field.low, field.high) for code, field in zip(codes, fields, strict=True)]

    # -- text --------------------------------------------------------------------------------------------------------

    def _in_range(self, fields: Iterable[Field]) -> list[str]:
        bounds = []
        for field in fields:
            if field.is_bool:
                continue
            name, width = self.fields[field.number][0], width_of(field.low, field.high)
            signed = field.low < 0
            least, greatest = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
            order = "bvsle" if signed else "bvule"
            if field.low > least:
                bounds.append(f"({order} {bits(field.low, width)} |{name}|)")
            if field.high < greatest:
                bounds.append(f"({order} |{name}| {bits(field.high, width)})")
        return bounds

    def _shared(self, roots: Sequence[Node], assemble: Callable[[list[str]], str]) -> str:
        """`assemble` of the roots' texts, within `let`s for terms used more than once."""
        nodes = below(*roots)
        uses: dict[int, int] = {}
        for root in roots:
            uses[root.index] = uses.get(root.index, 0) + 1
        for node in nodes:
            for arg in node.args:
                uses[arg.index] = uses.get(arg.index, 0) + 1
        texts: dict[int, str] = {}
        level: dict[int, int] = {}
        bindings: list[list[str]] = []
        count = 0
        for node in nodes:
            text = self._text(node, texts)
            depth = max((level[arg.index] for arg in node.args), default=0)
            if node.args and uses[node.index] > 1:
                count += 1
                while len(bindings) <= depth:
                    bindings.append([])
                bindings[depth].append(f"(?{count} {text})")
                text, depth = f"?{count}", depth + 1
            texts[node.index], level[node.index] = text, depth
        body = assemble([texts[root.index] for root in roots])
        for group in reversed(bindings):
            body = f"(let ({' '.join(group)}) {body})"
        return body

    def _text(self, node: Node, texts: dict[int, str]) -> str:
        args = [texts[arg.index] for arg in node.args]
        low, high = min((arg.low for arg in node.args), default=0), max((arg.high for arg in node.args), default=0)
        match node.op:
            case "const":
                return _literal(node.value, node.is_bool, node.low, node.high)
            case "field":
                return f"|{self.fields[node.value][0]}{chr(39) * node.step}|"
            case "not" | "and" | "or":
                return f"({node.op} {' '.join(args)})"
            case "ite":
                condition, then, otherwise = args
                if not node.is_bool:
                    width = width_of(node.low, node.high)
                    then, otherwise = _resized(then, node.args[1], width), _resized(otherwise, node.args[2], width)
                return f"(ite {condition} {then} {otherwise})"
            case "eq":
                return self._pair("=", node, args, width_of(low, high))
            case "le":
                return self._pair("bvsle" if low < 0 else "bvule", node, args, width_of(low, high))
            case "add" | "sub" | "mul":
                return self._pair(_BITS[node.op], node, args, width_of(node.low, node.high))

    @staticmethod
    def _pair(order: str, node: Node, args: Sequence[str], width: int) -> str:
        """An operation on two integers, both brought to a width that holds them and the result."""
        left, right = (_resized(text, arg, width) for text, arg in zip(args, node.args, strict=True))
        return f"({order} {left} {right})"


def bits(value: int, width: int) -> str:
    """A bit-vector literal, two's complement where negative."""
    return f"#b{value % (1 << width):0{width}b}"


def _literal(value: int, is_bool: bool, low: int, high: int) -> str:
    if is_bool:
        return TRUE if value else "false"
    return bits(value, width_of(low, high))


def _sort(field: Field) -> str:
    return "Bool" if field.is_bool else f"(_ BitVec {width_of(field.low, field.high)})"


def _resized(text: str, node: Node, width: int) -> str:
    """The text of an integer node modulo 2**width; exact whenever the value fits."""
    have = width_of(node.low, node.high)
    if have == width:
        return text
    if have > width:
        return f"((_ extract {width - 1} 0) {text})"
    return f"((_ {'sign' if node.low < 0 else 'zero'}_extend {width - have}) {text})"


def _picked(places: Iterable[int], width: int, count: int) -> str:
    """`pick` is one of these places of `count`; consecutive ones become an interval."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    parts = []
    for first, last in runs:
        if first == last:
            parts.append(f"(= |?pick| {bits(first, width)})")
            continue
        ends = [f"(bvule {bits(first, width)} |?pick|)"] if first else []
        ends += [f"(bvule |?pick| {bits(last, width)})"] if last < (1 << width) - 1 else []
        parts.append(_all(ends))
    return parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})"


def _all(parts: Sequence[str]) -> str:
    kept = [part for part in parts if part != TRUE]
    return TRUE if not kept else kept[0] if len(kept) == 1 else f"(and {' '.join(kept)})"
