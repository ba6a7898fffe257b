"""Modules of TLA+ as trees: the nodes of tree-sitter's grammar, with what it lets pass and TLA+ does not.

The grammar does not know precedence conflicts, levels or names, and takes a bullet out of its column for an infix operator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import tree_sitter
import tree_sitter_tlaplus


@cache
def _parser() -> tree_sitter.Parser:
    import warnings

    with warnings.catch_warnings():
        # The package hands its grammar over as a number, which the library accepts with a warning.
        warnings.simplefilter("ignore", DeprecationWarning)
        return tree_sitter.Parser(tree_sitter.Language(tree_sitter_tlaplus.language()))


@dataclass(slots=True, eq=False)
class Node:
    """A node without punctuation and comments; `fields` has the children that the grammar names, lists of them."""

    kind: str
    text: str
    line: int
    column: int
    children: list[Node]
    fields: dict[str, list[Node]] = field(default_factory=dict)
    level: int = 0

    def one(self, name: str) -> Node:
        """The only child of a field."""
        (result,) = self.fields[name]
        return result

    def all(self, name: str) -> list[Node]:
        """The children of a field."""
        return self.fields.get(name, [])

    def walk(self) -> Iterator[Node]:
        """The node, and every node below it."""
        yield self
        for child in self.children:
            yield from child.walk()


_PUNCTUATION = frozenset({
    "(", ")", ",", "comment", "langle_bracket", "rangle_bracket", "bullet_conj", "bullet_disj", "def_eq", "set_in", "all_map_to",
    "maps_to", "header_line", "double_line", "!",
})  # fmt: skip


def tree(text: str) -> Node:
    """The tree of a text; AssertionError where it is not TLA+."""
    root = _parser().parse(text.encode()).root_node
    assert not root.has_error, "\n".join(_errors(root))
    return _converted(root)


def _errors(node: tree_sitter.Node) -> Iterator[str]:
    if node.type == "ERROR" or node.is_missing:
        yield f"{node.start_point[0] + 1}:{node.start_point[1] + 1}: {node.type} {(node.text or b'')[:80]!r}"
    for child in node.children:
        yield from _errors(child)


def _converted(node: tree_sitter.Node) -> Node:
    line, column = node.start_point
    text = (node.text or b"").decode() if not node.children or node.type in ("string", "boolean") else ""
    result = Node(node.type, text, line + 1, column, [])
    for place, child in enumerate(node.children):
        if child.type in _PUNCTUATION or (not child.is_named and child.type not in ("WF_", "SF_")):
            continue
        converted = _converted(child)
        result.children.append(converted)
        name = node.field_name_for_child(place)
        if name is not None:
            result.fields.setdefault(name, []).append(converted)
    return result


# -- what the grammar lets pass --------------------------------------------------------------------------------------------

_LOGIC = {"implies": (1, 1), "iff": (2, 2), "leads_to": (2, 2), "land": (3, 3), "lor": (3, 3)}
_RELATIONS = dict.fromkeys(("eq", "neq", "lt", "gt", "leq", "geq", "in", "notin", "subseteq"), (5, 5))
_SETS = {"cup": (8, 8), "cap": (8, 8), "setminus": (8, 8), "dots_2": (9, 9), "times": (10, 13)}
_NUMBERS = {"plus": (10, 10), "minus": (11, 11), "mod": (10, 11), "mul": (13, 13), "div": (13, 13)}
INFIX = {**_LOGIC, **_RELATIONS, **_SETS, **_NUMBERS}
PREFIX = {
    "lnot": (4, 4), "unchanged": (4, 15), "always": (4, 15), "eventually": (4, 15), "enabled": (4, 15), "powerset": (8, 8),
    "union": (8, 8), "domain": (9, 9), "negative": (12, 12),
}  # fmt: skip
LEFT = frozenset({"land", "lor", "cup", "cap", "plus", "minus", "mul"})


def check(root: Node) -> None:
    """That precedence, bullets, names and levels are as TLA+ has them; AssertionError with the line if not."""
    for node in root.walk():
        if node.kind in ("bound_infix_op", "bound_prefix_op"):
            _check_precedence(node)
        if node.kind == "step_expr_or_stutter":
            begin = node.children[0]
            while begin.kind == "bound_infix_op" and begin.one("symbol").kind != "in":
                begin = begin.one("lhs")
            assert begin.kind != "bound_infix_op", f"{node.line}: [x \\in S begins a function"
    _Names(root).check()


def _check_precedence(node: Node) -> None:
    symbol = node.one("symbol").kind
    _, high = (INFIX if node.kind == "bound_infix_op" else PREFIX)[symbol]
    for side in ("lhs", "rhs"):
        for child in node.all(side):
            if child.kind not in ("bound_infix_op", "bound_prefix_op"):
                continue
            inner = child.one("symbol").kind
            of_prefix = child.kind == "bound_prefix_op"
            if of_prefix and side == "rhs":
                # A prefix operator on the right begins where it stands; what follows it is not its business.
                continue
            inner_low, _ = (PREFIX if of_prefix else INFIX)[inner]
            chained = inner == symbol and symbol in LEFT and side == "lhs"
            assert inner_low > high or chained, f"{child.line}: {inner} beside {symbol} needs parentheses"
    if symbol in ("land", "lor") and node.kind == "bound_infix_op":
        mark = node.one("symbol")
        is_beside = any(below.line == mark.line for below in node.one("lhs").walk())
        assert is_beside, f"{mark.line}: a bullet stands outside its column"


CONSTANT, STATE, ACTION, TEMPORAL = range(4)
STANDARD: Mapping[str, int] = {
    "Cardinality": 1, "Len": 1, "Append": 2, "Tail": 1, "Permutations": 1, "Int": 0, "Nat": 0,
}  # fmt: skip


class _Names:
    """What the names of a module are, how many arguments they take, and of which level their definitions are."""

    def __init__(self, root: Node) -> None:
        (self.module,) = (child for child in root.children if child.kind == "module")
        self.arity = dict(STANDARD)
        self.levels = dict.fromkeys(STANDARD, CONSTANT)

    def check(self) -> None:
        for unit in self.module.children:
            match unit.kind:
                case "constant_declaration" | "variable_declaration":
                    for name in unit.children:
                        self._declare(name, 0, STATE if unit.kind == "variable_declaration" else CONSTANT)
                case "recursive_declaration":
                    for one in unit.children:
                        self._declare(one.one("name"), len(one.all("parameter")), CONSTANT)
                case "operator_definition":
                    self._define(unit, {})
                case "assumption":
                    name = unit.one("name")
                    self._declare(name, 0, CONSTANT)
                    assert self.level(unit.children[-1], {}) == CONSTANT, f"{unit.line}: an assumption reads the state"

    def _declare(self, name: Node, arity: int, level: int) -> None:
        assert name.text not in self.arity, f"{name.line}: {name.text} is defined twice"
        self.arity[name.text], self.levels[name.text] = arity, level

    def _define(self, unit: Node, bound: dict[str, int]) -> None:
        name, parameters = unit.one("name"), unit.all("parameter")
        inner = dict(bound)
        for parameter in parameters:
            self._bind(parameter, inner, CONSTANT)
        recursive = name.text in self.arity
        assert not recursive or self.arity[name.text] == len(parameters), f"{name.line}: {name.text}"
        level = self.level(unit.one("definition"), inner)
        if recursive:
            self.levels[name.text] = level
        else:
            self._declare(name, len(parameters), level)

    def _bind(self, name: Node, bound: dict[str, int], level: int) -> None:
        assert name.text not in {*self.arity, *bound}, f"{name.line}: {name.text} is bound twice"
        bound[name.text] = level

    def level(self, node: Node, bound: dict[str, int]) -> int:
        """The level of an expression; AssertionError where one is used that must not stand there."""
        node.level = self._level(node, bound)
        return node.level

    def _level(self, node: Node, bound: dict[str, int]) -> int:
        match node.kind:
            case "identifier_ref":
                return self._named(node, 0, bound)
            case "bound_op":
                given = node.all("parameter")
                return max([self._named(node.one("name"), len(given), bound), *(self.level(arg, bound) for arg in given)])
            case "bound_postfix_op":
                inner = self.level(node.one("lhs"), bound)
                assert inner <= STATE, f"{node.line}: a prime on what is no formula of one state"
                return ACTION if inner == STATE else CONSTANT
            case "bound_prefix_op":
                symbol, inner = node.one("symbol").kind, self.level(node.one("rhs"), bound)
                if symbol in ("always", "eventually"):
                    assert inner != ACTION, f"{node.line}: steps under {symbol} need a subscript"
                    return TEMPORAL
                if symbol == "unchanged":
                    assert inner <= STATE, f"{node.line}: UNCHANGED of steps"
                    return ACTION
                return inner
            case "bound_infix_op" if node.one("symbol").kind == "leads_to":
                sides = [self.level(node.one(side), bound) for side in ("lhs", "rhs")]
                assert ACTION not in sides, f"{node.line}: steps beside ~>"
                return TEMPORAL
            case "step_expr_or_stutter" | "step_expr_no_stutter" | "fairness":
                assert max(self.level(child, bound) for child in node.children) <= ACTION, f"{node.line}"
                return TEMPORAL
            case "let_in":
                return self._let(node, bound)
            case "choose":
                inner = dict(bound)
                over = self.level(node.one("set"), bound)
                self._bind(node.one("intro"), inner, CONSTANT)
                return max(over, self.level(node.one("expression"), inner))
            case "quantifier_bound":
                return self.level(node.one("set"), bound)
            case "bounded_quantification" | "function_literal" | "set_filter" | "set_map":
                bounds = [child for child in node.children if child.kind == "quantifier_bound"]
                inner = dict(bound)
                over = [self.level(one, bound) for one in bounds]
                for one in bounds:
                    for name in one.all("intro"):
                        self._bind(name, inner, CONSTANT)
                rest = [child for child in node.children if child.kind != "quantifier_bound"]
                return max([*over, *(self.level(child, inner) for child in rest)])
            case "record_value":
                return self.level(node.children[0], bound)
            case "except_update_record_field" | "identifier" | "string":
                return CONSTANT
        return max([CONSTANT, *(self.level(child, bound) for child in node.children)])

    def _let(self, node: Node, bound: dict[str, int]) -> int:
        """Definitions inside are names of their own; those that are recursive are declared first."""
        outer = self.arity, self.levels
        self.arity, self.levels = dict(self.arity), dict(self.levels)
        reached = CONSTANT
        for unit in node.all("definitions"):
            if unit.kind == "recursive_declaration":
                for one in unit.children:
                    assert one.one("name").text not in bound
                    self._declare(one.one("name"), len(one.all("parameter")), CONSTANT)
            else:
                assert unit.one("name").text not in bound, f"{unit.line}: {unit.one('name').text} is bound twice"
                self._define(unit, bound)
                reached = max(reached, self.levels[unit.one("name").text])
        result = max(reached, self.level(node.one("expression"), bound))
        self.arity, self.levels = outer
        return result

    def _named(self, name: Node, given: int, bound: dict[str, int]) -> int:
        if name.text in bound:
            assert given == 0, f"{name.line}: {name.text} takes no arguments"
            return bound[name.text]
        assert name.text in self.arity, f"{name.line}: {name.text} is not defined before it is used"
        assert self.arity[name.text] == given, f"{name.line}: {name.text} takes {self.arity[name.text]} arguments"
        return self.levels[name.text]


def levels(root: Node) -> dict[str, int]:
    """The level of each definition of a module that is checked."""
    names = _Names(root)
    names.check()
    return names.levels
