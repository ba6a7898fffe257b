"""Formulas that a user types, in the language of models: `phase[c1] == Phase.Idle`, `forall(Key, lambda k: ...)`.

The text is parsed and walked; nothing of it is executed. It may contain operators, the functions of the language, methods of
expressions, and names of the model, as listed here. Variables are written with the state or without it (`s.x` or `x`), and
`and`, `or`, `not`, `in`, chained comparisons and `x if c else y` have their ordinary meaning, because Python does not evaluate
them.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from verifier.kernel import counting, formulas, literals
from verifier.kernel.enabling import Enabling
from verifier.kernel.errors import ModelError, UsageError, nearest
from verifier.kernel.expressions import Bool, Expr, SortClass, class_of, coerce, wrap
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.reach import STATES, Reach
from verifier.kernel.sorts import BOOL, INT, EnumSort, KeyedSort, ScalarSort, SequenceSort, SetSort
from verifier.kernel.spelling import is_called
from verifier.kernel.state import StateView
from verifier.kernel.structures import some
from verifier.kernel.terms import Term, free_variables, integer, literal, size_of, state, variable

LONGEST = 10_000  # characters
DEEPEST = 100  # levels of nesting

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        formulas.all_of, formulas.any_of, formulas.choose, formulas.disjoint, formulas.exists, formulas.exists_in, formulas.fn,
        formulas.forall, formulas.forall_in, formulas.image, formulas.implies, formulas.ite, formulas.max_of, formulas.maximum,
        formulas.min_of, formulas.minimum, formulas.one_of, formulas.set_of, counting.exists_upto, counting.fold,
        counting.forall_upto, counting.pick, counting.sum_of, counting.table, counting.tabulate, some,
    )
}  # fmt: skip
_ASKING = ("enabled", "can_change")
_WORDS: dict[str, Any] = {"none": literals.none, "empty": literals.empty, "Bool": Bool}


LANGUAGE = frozenset((*_FUNCTIONS, *_ASKING, *_WORDS))
"""The names that the language itself gives to formulas."""


class _Unreadable(Exception):
    """An error in a formula, and the text to write instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Reading:
    """A formula about states, or another expression.

    `members` are its free variables, each of which stands for the member of the same name.
    """

    formula: Term
    members: tuple[Term, ...] = ()


def read_formula(text: str, model: Model, labels: Mapping[str, tuple[str, ...]] | None = None) -> Reading:
    """The formula about states that a text stands for, or that of the invariant, lemma or state to be reached that it names.

    Args:
        text: see the module; the name of an invariant or a lemma, short or published, stands for its formula.
        model: whose names the text may use.
        labels: the names that a finite scope gives the members of scalarsets, by the name of the sort.

    Raises:
        UsageError: it is not a formula of this model; the hint says what to write.
    """
    return _reading(text, model, labels, "formula", lambda value: coerce(value, BOOL, "the formula"))


def read_expression(text: str, model: Model, labels: Mapping[str, tuple[str, ...]] | None = None) -> Reading:
    """As `read_formula`, for an expression of any sort: `routes[catalogVersion]`, `MaxOps - opCount`.

    Raises:
        UsageError: it is not an expression of this model; the hint says what to write.
    """
    return _reading(text, model, labels, "expression", _valued)


def reserved(model: Model) -> frozenset[str]:
    """The names that have a meaning in formulas of the model, so that a bound variable should not be called so."""
    return LANGUAGE | _names(model, {}).keys()


def _valued(value: Any) -> Term:
    """The value that was read, as a term of its own sort; a set or a list in the text has none."""
    if isinstance(value, Expr):
        return value._term
    if isinstance(value, bool):
        return literal(value, BOOL)
    if isinstance(value, int):
        return integer(value)
    raise _Unreadable(f"{_kind(value)} is not a value of a known sort", "compare it with a variable, or write a variable")


def _reading(
    text: str, model: Model, labels: Mapping[str, tuple[str, ...]] | None, what: str, term_of: Callable[[Any], Term]
) -> Reading:
    stated = _stated(text, model)
    if stated is not None:
        return Reading(stated)
    sorts = [sort for sort in model.vocabulary.sorts.values() if isinstance(sort, ScalarSort)]
    members = {name: variable(name, sort) for sort in sorts for name in (labels or {}).get(sort.name, ())}
    own = frozenset(members.values())
    try:
        term = term_of(_Reader(model, _names(model, members)).read(_parsed(text)))
        model.vocabulary.admit(term, Reach(f"the {what}", None, STATES, own))
    except (ModelError, _Unreadable) as error:
        shown = f"{text.strip()[:60]}..." if len(text.strip()) > 60 else text.strip()
        article = "an" if what[0] in "aeiou" else "a"
        raise UsageError(f"{shown!r} is not {article} {what} of {model.name}: {error.message}", hint=error.hint) from None
    formula = Enabling(model.actions, model.variables).resolved(term)
    return Reading(formula, tuple(sorted(free_variables(formula)[id(formula)], key=lambda member: str(member.data))))


def _stated(text: str, model: Model) -> Term | None:
    """The formula of the property or lemma of this name; None if there is none."""
    name = text.strip()
    for prop in model.stated:
        if is_called(name, prop.name, prop.short):
            return _of_states(prop)
    return next((lemma.formula for lemma in model.lemmas if is_called(name, lemma.name)), None)


def _of_states(prop: Property) -> Term:
    if prop.kind not in ("state", "reachable"):
        hint = "name an invariant, or write a formula"
        raise UsageError(f"{prop.name} is of the kind {prop.kind}, which cannot be evaluated in a single state", hint=hint)
    return prop.formula


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise _Unreadable(f"it is longer than {LONGEST:,} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        hint = "formulas are written as in a model: x == 1, a & b, ~a, implies(a, b), forall(Key, lambda k: ...)"
        if re.search(r"(?<![=<>!])=(?!=)", text):
            hint = "equality is written =="
        raise _Unreadable(_reason(text, error), hint) from None
    return tree


def _reason(text: str, error: BaseException) -> str:
    if not isinstance(error, SyntaxError):
        return "it cannot be read"
    where = f" at column {error.offset}" if error.offset else ""
    return f"{'it is empty' if not text.strip() else str(error.msg).rstrip('.').split('. ')[0]}{where if text.strip() else ''}"


class _Lambda:
    """A function in the text: its body is read with the values that it is given."""

    def __init__(self, reader: _Reader, node: ast.Lambda) -> None:
        given = node.args
        if given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults:
            raise _Unreadable("a function takes plain names", "lambda k: ...")
        self._reader, self._body = reader, node.body
        self._names = [argument.arg for argument in given.args]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in self._names])

    def __call__(self, *values: Any) -> Any:
        return self._reader.inside(dict(zip(self._names, values, strict=True))).read(self._body)


class _Reader:
    """Walks a parsed text and builds the expression that it stands for."""

    def __init__(self, model: Model, known: Mapping[str, Any], depth: int = 0) -> None:
        self._model = model
        self._known = known
        self._depth = depth

    def inside(self, bound: Mapping[str, Any]) -> _Reader:
        """The reader of the text in which these names are bound."""
        return _Reader(self._model, {**self._known, **bound}, self._depth)

    def read(self, node: ast.expr) -> Any:
        """The expression, sort or function that a node stands for."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise _Unreadable(f"it is nested more than {DEEPEST} deep")
        try:
            return self._read(node)
        finally:
            self._depth -= 1

    def _read(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | int() as value):
                return value
            case ast.Constant(value=str() as value):
                raise _Unreadable(f"a text, {value!r}, is not a value", "write names without quotes")
            case ast.Name(id=name):
                return self._name(name)
            case ast.BoolOp(op=op, values=values):
                parts = [self.read(value) for value in values]
                return formulas.all_of(*parts) if isinstance(op, ast.And) else formulas.any_of(*parts)
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return ~wrap(coerce(self.read(operand), BOOL, "`not`"))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.read(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self.read(left), self.read(right))
            case ast.Compare(left=left, ops=ops, comparators=others):
                values = [self.read(value) for value in (left, *others)]
                pairs = zip(ops, values, values[1:], strict=False)
                return formulas.all_of(*(self._compared(op, a, b) for op, a, b in pairs))
            case ast.IfExp(test=test, body=body, orelse=other):
                return formulas.ite(self.read(test), self.read(body), self.read(other))
            case ast.Lambda():
                return _Lambda(self, node)
            case ast.Attribute(value=value, attr=name):
                return self._attribute(self.read(value), name)
            case ast.Subscript(value=value, slice=index):
                return self._indexed(self.read(value), self.read(index))
            case ast.Call(func=function, args=args, keywords=keywords):
                return self._called(function, args, keywords)
            case ast.Set(elts=items):
                return {self.read(item) for item in items}
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self.read(item) for item in items]
        raise _Unreadable(f"`{ast.unparse(node)}` has no meaning in a formula")

    def _name(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        raise _Unreadable(f"{name} is not known", nearest(name, self._known, "names"))

    def _binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        if not isinstance(left, Expr) and not isinstance(right, Expr):
            hint = "one side has to be an expression of the model"
            if isinstance(left, set) or isinstance(right, set) or isinstance(op, ast.BitAnd | ast.BitOr):
                raise _Unreadable("two literals are combined", hint)
            left = wrap(coerce(left, INT, "arithmetic"))
        try:
            match op:
                case ast.Add():
                    return left + right
                case ast.Sub():
                    return left - right
                case ast.Mult():
                    return left * right
                case ast.FloorDiv():
                    return left // right
                case ast.Mod():
                    return left % right
                case ast.BitAnd():
                    return left & right
                case ast.BitOr():
                    return left | right
        except TypeError:
            self._refuse_operands(left, right)
        raise _Unreadable("there is no such operator", "use + - * // % & | ~ == != < <= > >=")

    def _refuse_operands(self, left: Any, right: Any) -> NoReturn:
        raise _Unreadable(f"the operator does not take {_kind(left)} and {_kind(right)}", "put comparisons into parentheses")

    def _compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        if isinstance(op, ast.In | ast.NotIn):
            inside = self._member(left, right)
            return inside if isinstance(op, ast.In) else ~inside
        if not isinstance(left, Expr) and not isinstance(right, Expr):
            if not isinstance(left, int) or not isinstance(right, int):
                raise _Unreadable("two literals are compared", "one side has to be an expression of the model")
            left = wrap(coerce(left, BOOL if isinstance(left, bool) else INT, "a comparison"))
        try:
            match op:
                case ast.Eq() | ast.Is():
                    return left == right if isinstance(left, Expr) else right == left
                case ast.NotEq() | ast.IsNot():
                    return left != right if isinstance(left, Expr) else right != left
                case ast.Lt():
                    return left < right
                case ast.LtE():
                    return left <= right
                case ast.Gt():
                    return left > right
                case ast.GtE():
                    return left >= right
        except TypeError:
            self._refuse_operands(left, right)
        raise _Unreadable("there is no such comparison")

    def _member(self, item: Any, collection: Any) -> Any:
        if isinstance(collection, set | list) and isinstance(item, Expr):
            return formulas.one_of(item, *collection)
        if isinstance(collection, Expr) and isinstance(collection._term.sort, SetSort | KeyedSort | SequenceSort):
            if not isinstance(collection._term.sort, SequenceSort):
                return collection.contains(item)  # type: ignore[attr-defined]
            return formulas.exists_in(collection, lambda x: x == item)  # type: ignore[arg-type]
        raise _Unreadable("`in` needs a set", "x in {a, b}, or x in s.some_set")

    def _attribute(self, value: Any, name: str) -> Any:
        """A variable of the state, a label of a sort, a field or a method of an expression."""
        if name.startswith("_"):
            raise _Unreadable(f"{name} is not a name of the language")
        if isinstance(value, StateView):
            return getattr(value, name)
        if isinstance(value, SortClass):
            known = _of_sort(value)
            if name not in known:
                raise _Unreadable(f"{value.__name__} has no {name}", nearest(name, known, f"names of {value.__name__}"))
            return known[name]
        if isinstance(value, Expr):
            result = getattr(value, name, None)
            if isinstance(result, Expr) or inspect.ismethod(result):
                return result
            raise _Unreadable(f"{value._term.sort} has no {name}")
        raise _Unreadable(f"{_kind(value)} has no {name}")

    def _indexed(self, value: Any, index: Any) -> Any:
        if not isinstance(value, Expr):
            raise _Unreadable(f"{_kind(value)} cannot be indexed")
        try:
            return value[index]  # type: ignore[index]
        except TypeError:
            raise _Unreadable(f"{value._term.sort} cannot be indexed", "functions can: f[k]; a sequence has q.at(i)") from None

    def _called(self, function: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        if any(isinstance(arg, ast.Starred) for arg in args) or any(word.arg is None for word in keywords):
            raise _Unreadable("* and ** cannot stand in a formula")
        if isinstance(function, ast.Name) and function.id in _ASKING and function.id not in self._known:
            return self._asked(function.id, args)
        if isinstance(function, ast.Name) and function.id in _FUNCTIONS and function.id not in self._known:
            called: Any = _FUNCTIONS[function.id]
        else:
            called = self.read(function)
        what = ast.unparse(function)
        known = any(called is function for function in _FUNCTIONS.values())
        if not (isinstance(called, SortClass) or inspect.ismethod(called) or known):
            raise _Unreadable(f"{what} cannot be called", nearest(what, [*_FUNCTIONS, *_ASKING], "functions"))
        given = [self.read(arg) for arg in args]
        named = {str(word.arg): self.read(word.value) for word in keywords}
        try:
            return called(*given, **named)
        except TypeError:
            raise _Unreadable(f"{what} does not take these arguments") from None

    def _asked(self, op: str, args: list[ast.expr]) -> Any:
        """Whether an action can happen: `enabled(Commit, t1)`."""
        actions = {action.name: action for action in self._model.actions}
        first = args[0] if args else None
        name = first.id if isinstance(first, ast.Name) else None
        if name is None or name not in actions:
            hint = nearest(name, actions, "actions") if name is not None else f"{op}({next(iter(actions), 'A')})"
            raise _Unreadable(f"{op} takes the name of an action", hint)
        wanted = actions[name].given
        if len(args) > 1 and len(args) - 1 != len(wanted):
            raise _Unreadable(f"{name} takes {len(wanted)} arguments, not {len(args) - 1}")
        pairs = zip(wanted, args[1:], strict=False)
        terms = [coerce(self.read(arg), one.sort, f"argument {one.name} of {name}") for one, arg in pairs]
        return wrap(Term(op, tuple(terms), BOOL, name))


def _names(model: Model, members: Mapping[str, Term]) -> dict[str, Any]:
    """The meanings of the names of a model; of several meanings, the last one added here counts: a variable before a label."""
    known: dict[str, Any] = dict(_WORDS)
    sorts = [sort for sort in model.vocabulary.sorts.values() if sort.is_declared]
    known |= {lemma.name: wrap(lemma.formula) for lemma in model.lemmas}
    stated = (prop for prop in (*model.properties, *model.reachable) if prop.kind in ("state", "reachable"))
    known |= {prop.name: wrap(prop.formula) for prop in stated}
    known |= {name: wrap(member) for name, member in members.items()}
    for sort in sorts:
        if isinstance(sort, EnumSort):
            known |= {name: wrap(literal(name, sort)) for name in sort.labels}
        if isinstance(sort, ScalarSort):
            known |= {name: wrap(literal(name, sort)) for name in sort.constants}
    for name, parameter in model.parameters.items():
        of = next((sort for sort in sorts if parameter.sort is not None and str(sort) == parameter.sort), None)
        known[name] = wrap(Term("parameter", (), INT, name) if of is None else size_of(name, of))
    for sort in sorts:
        known[str(sort)] = class_of(sort)
    known["s"] = StateView(model.variables)
    for declared in model.variables:
        known[declared.name] = wrap(state(declared.name, declared.sort))
    return known


def _of_sort(cls: SortClass) -> dict[str, Any]:
    """The labels and constants of a sort, and its size."""
    sort = cls.sort
    names = sort.labels if isinstance(sort, EnumSort) else sort.constants if isinstance(sort, ScalarSort) else ()
    known = {name: wrap(literal(name, sort)) for name in names}
    size = vars(cls).get("size")
    return known if size is None else {**known, "size": size}


def _kind(value: Any) -> str:
    if isinstance(value, Expr):
        return str(value._term.sort)
    return "a sort" if isinstance(value, SortClass) else type(value).__name__.lstrip("_").lower()
