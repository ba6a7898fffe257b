"""Formulas as a model writes them in Python: `forall(Key, lambda k: s.routes[k] <= s.version)`, to be pasted into a model.

The text is that of an abstract syntax tree of Python, so its parentheses are those that Python needs. It is given only where
`read_formula` reads the same formula from it.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable, Mapping

from verifier.kernel import set_forms
from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.kernel.reading import read_formula, reserved
from verifier.kernel.sorts import BOOL, EnumSort, FunctionSort, NamedSort, RecordSort, ScalarSort, SetSort, Sort
from verifier.kernel.term_text import operands
from verifier.kernel.terms import Size, Term, alike, integer, rewrite

_OPERATORS: dict[str, ast.operator] = {
    "add": ast.Add(), "sub": ast.Sub(), "mul": ast.Mult(), "div": ast.FloorDiv(), "mod": ast.Mod(),
}  # fmt: skip
_COMPARISONS: dict[str, ast.cmpop] = {"eq": ast.Eq(), "lt": ast.Lt(), "le": ast.LtE()}
_FUNCTIONS = {
    "implies": "implies", "ite": "ite", "minimum": "min_of", "maximum": "max_of", "some": "some",
}  # fmt: skip
"""Operators that are written as a function of their arguments."""
_METHODS = {
    "update": "updated", "cardinality": "size", "append": "append", "length": "length", "at": "at", "put": "put", "tail": "tail",
    "insert": "insert", "remove": "remove", "has_key": "has", "lookup": "get",
}  # fmt: skip
"""Operators that are written as a method of their first argument."""
_BINDERS = {
    "forall": "forall", "exists": "exists", "choose": "choose", "pick": "pick", "sum": "sum_of", "function": "fn",
    "set": "set_of",
}  # fmt: skip
"""Operators that bind variables over sorts."""
_OVER = {
    "forall_in": "forall_in", "exists_in": "exists_in", "forall_upto": "forall_upto", "exists_upto": "exists_upto",
}  # fmt: skip
"""Operators that bind a variable over their first argument."""
_SET_OPERATORS: dict[str, ast.operator] = {"\\cup": ast.BitOr(), "\\cap": ast.BitAnd(), "\\": ast.Sub()}


class _Unwritten(Exception):
    """A part of the formula cannot be written in this form."""


def source(formula: Term, model: Model) -> str | None:
    """The expression that stands for a formula about states in a lemma of the model, whose state is `s`.

    None if no expression stands for it, as where it compares a variable with its next value.
    """
    try:
        written = ast.unparse(ast.fix_missing_locations(_Writer(model, {}).write(formula)))
        same = alike(_plain(read_formula(written, model).formula), _plain(formula))
    except (_Unwritten, VerifyError, RecursionError):
        return None
    return written if same else None


def laid_out(written: str, indent: int, width: int = 110) -> str:
    """An expression of `source` over several lines, the first of which begins behind `indent` blanks."""
    return _laid_out(ast.parse(written, mode="eval").body, indent, width)


def _laid_out(node: ast.expr, indent: int, width: int, behind: int = 0) -> str:
    """The text of a node; `behind` is the room that its line needs for what comes before and after."""
    line = ast.unparse(node)
    if indent + behind + len(line) <= width:
        return line
    inner = indent + 4
    match node:
        case ast.Call(func=function, args=[*args], keywords=[]) if args:
            parts = [_laid_out(arg, inner, width, 1) for arg in args]
            return f"{ast.unparse(function)}(\n" + "".join(f"{' ' * inner}{part},\n" for part in parts) + f"{' ' * indent})"
        case ast.Lambda(args=given, body=body):
            head = f"lambda {ast.unparse(given)}: "
            return head + _laid_out(body, indent, width, behind + len(head))
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op):
            symbol = "&" if isinstance(op, ast.BitAnd) else "|"
            parts = [_operand(part, op, inner, width) for part in _junction(node, type(op))]
            return "(\n" + " " * inner + f"\n{' ' * inner}{symbol} ".join(parts) + f"\n{' ' * indent})"
    return line


def _junction(node: ast.expr, kind: type[ast.operator]) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, kind):
        return [*_junction(node.left, kind), *_junction(node.right, kind)]
    return [node]


def _operand(node: ast.expr, op: ast.operator, indent: int, width: int) -> str:
    """An operand of a junction: in parentheses where it binds looser, as comparisons do."""
    text = _laid_out(node, indent, width, 4)
    if text.startswith("(\n"):
        return text
    loose = isinstance(node, (ast.Compare, ast.Lambda)) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr))
    return f"({text})" if loose and (isinstance(node, ast.Compare) or isinstance(op, ast.BitAnd)) else text


def names_in(written: str) -> frozenset[str]:
    """The names that an expression of `source` refers to: functions of the language, sorts and parameters."""
    tree = ast.parse(written, mode="eval")
    bound = {argument.arg for node in ast.walk(tree) if isinstance(node, ast.Lambda) for argument in node.args.args}
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)) - bound - {"s"}


def _plain(formula: Term) -> Term:
    """The formula with nested junctions of one kind joined, which is how they are evaluated, and its numbers of no range."""

    def joined(term: Term) -> Term | None:
        if term.op == "literal" and term.sort.is_integer:
            return integer(term.data)
        if term.op not in ("and", "or"):
            return None
        return Term(term.op, tuple(operands(term)), term.sort)

    return rewrite(formula, joined)


class _Writer:
    """Writes the terms of a formula as nodes of Python; `names` are those of the variables bound around it."""

    def __init__(self, model: Model, names: Mapping[Term, str]) -> None:
        self._model = model
        self._names = names
        self._taken = {*reserved(model), *names.values()}

    def write(self, term: Term) -> ast.expr:
        op, args = term.op, term.args
        if op in _OPERATORS:
            return ast.BinOp(self.write(args[0]), _OPERATORS[op], self.write(args[1]))
        if op in _COMPARISONS:
            return self._compared(_COMPARISONS[op], *args)
        if op in _FUNCTIONS:
            return _call(_FUNCTIONS[op], *map(self.write, args))
        if op in _METHODS:
            return ast.Call(ast.Attribute(self.write(args[0]), _METHODS[op]), [self.write(arg) for arg in args[1:]], [])
        if op == "set" and (short := self._set(term)) is not None:
            return short
        if op in _BINDERS and len(args) == 1:
            return self._bound(_BINDERS[op], [self._sort(bound.sort) for bound in term.bound], term.bound, args[0])
        if op in _OVER:
            return self._bound(_OVER[op], [self.write(args[0])], term.bound, args[1])
        write = _OTHERS.get(op)
        if write is None:
            raise _Unwritten(op)
        return write(self, term)

    def _compared(self, symbol: ast.cmpop, left: Term, right: Term) -> ast.expr:
        return ast.Compare(self.write(left), [symbol], [self.write(right)])

    def _bound(self, function: str, over: list[ast.expr], variables: tuple[Term, ...], body: Term) -> ast.expr:
        names = dict(self._names)
        taken = set(self._taken)
        for variable in variables:
            names[variable] = _fresh(str(variable.data), taken)
            taken.add(names[variable])
        given = ast.arguments([], [ast.arg(names[variable]) for variable in variables], None, [], [], None, [])
        return _call(function, *over, ast.Lambda(given, _Writer(self._model, names).write(body)))

    def _sort(self, sort: Sort) -> ast.expr:
        if sort == BOOL:
            return ast.Name("Bool")
        if not isinstance(sort, NamedSort):
            raise _Unwritten(str(sort))
        return ast.Name(sort.name)

    def _set(self, term: Term) -> ast.expr | None:
        """The short forms of a set: its elements, or two sets combined."""
        if not set_forms.is_made_of(term):
            return None
        (element,), body = term.bound, term.args[0]
        assert isinstance(term.sort, SetSort)
        listed = set_forms.listed(element, body, term.sort.element)
        if listed:
            return ast.Set([self.write(item.args[0] if item.op == "within" else item) for item in listed])
        combined = set_forms.combined(element, body)
        if combined is None or combined[1] not in _SET_OPERATORS:
            return None
        return ast.BinOp(self.write(combined[0]), _SET_OPERATORS[combined[1]], self.write(combined[2]))

    def _junction(self, term: Term) -> ast.expr:
        symbol = ast.BitAnd() if term.op == "and" else ast.BitOr()
        result, *rest = [self.write(arg) for arg in term.args]
        for part in rest:
            result = ast.BinOp(result, symbol, part)
        return result

    def _negated(self, term: Term) -> ast.expr:
        inner = term.args[0]
        if inner.op == "eq":
            return self._compared(ast.NotEq(), *inner.args)
        return ast.UnaryOp(ast.Invert(), self.write(inner))

    def _literal(self, term: Term) -> ast.expr:
        if isinstance(term.data, (bool, int)):
            return ast.Constant(term.data)
        if not isinstance(term.sort, (EnumSort, ScalarSort)):
            raise _Unwritten(str(term.sort))
        return ast.Attribute(ast.Name(term.sort.name), str(term.data))

    def _parameter(self, term: Term) -> ast.expr:
        of = term.data.of if isinstance(term.data, Size) else None
        return ast.Name(str(term.data)) if of is None else ast.Attribute(self._sort(of), "size")

    def _table(self, term: Term) -> ast.expr:
        assert isinstance(term.sort, FunctionSort)
        return _call("table", self._sort(term.sort.index), ast.List([self.write(arg) for arg in term.args]))

    def _record(self, term: Term) -> ast.expr:
        assert isinstance(term.sort, RecordSort)
        pairs = zip(term.sort.fields, term.args, strict=True)
        return ast.Call(self._sort(term.sort), [], [ast.keyword(name, self.write(arg)) for (name, _), arg in pairs])


def _call(function: str, *args: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function), list(args), [])


def _fresh(wanted: str, taken: set[str]) -> str:
    """A name for a bound variable that nothing else has."""
    stem = wanted if wanted.isidentifier() and not keyword.iskeyword(wanted) else "x"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}{number}", number + 1
    return name


_OTHERS: dict[str, Callable[[_Writer, Term], ast.expr]] = {
    "and": _Writer._junction,
    "or": _Writer._junction,
    "not": _Writer._negated,
    "literal": _Writer._literal,
    "parameter": _Writer._parameter,
    "record": _Writer._record,
    "state": lambda self, term: ast.Attribute(ast.Name("s"), str(term.data)),
    "bound": lambda self, term: ast.Name(self._names[term]),
    "apply": lambda self, term: ast.Subscript(self.write(term.args[0]), self.write(term.args[1])),
    "member": lambda self, term: ast.Call(
        ast.Attribute(self.write(term.args[1]), "contains"), [self.write(term.args[0])], []
    ),
    "field": lambda self, term: ast.Attribute(self.write(term.args[0]), str(term.data)),
    "is_some": lambda self, term: ast.Attribute(self.write(term.args[0]), "is_some"),
    "payload": lambda self, term: ast.Attribute(self.write(term.args[0]), "value"),
    "table": _Writer._table,
    "none": lambda self, term: ast.Name("none"),
    "keyed": lambda self, term: ast.Name("empty"),
    "sequence": lambda self, term: ast.List([self.write(arg) for arg in term.args]),
    "within": lambda self, term: self.write(term.args[0]),
    "choice": lambda self, term: self.write(term.args[0]),
}
