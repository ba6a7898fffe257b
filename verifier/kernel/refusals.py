"""The errors, with advice, for Python's operators on expressions where the language gives them no meaning.

The operators stand on the base class of all expressions; a class whose sort has one overrides it. Type checkers do not see
them, so they report the same mistakes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.kernel.errors import ModelError, here
from verifier.kernel.sorts import BoolSort, FunctionSort, KeyedSort, OptionSort, RecordSort, SequenceSort, SetSort, Sort

_JOINS = "put each comparison into parentheses: (a > 0) & (b == c)"
_ARITHMETIC = "integers have +, -, *, // (rounded down), % and comparisons"


def _sum_hint(sort: Sort) -> str | None:
    match sort:
        case SequenceSort():
            return "write q.append(x)"
        case SetSort() | KeyedSort():
            return "write a | b for sets, r.insert(x) and r.remove(key) for keyed sets"
        case OptionSort():
            return "write x.value where x is known to be some value"
    return None


def _order_hint(sort: Sort) -> str | None:
    match sort:
        case SetSort():
            return "a <= b says that a is a subset of b"
        case OptionSort():
            return "write x.value where x is known to be some value"
        case BoolSort():
            return "write implies(a, b), or a == b"
    return "a Range, an Ordered sort and a Scalarset with ordered=True have one"


def _index_hint(sort: Sort) -> str | None:
    match sort:
        case SequenceSort():
            return "write q.at(i), counted from 1, and q.put(i, x) for a changed copy"
        case KeyedSort(key=key):
            return f"write r.get(x) for the record with {key} x"
        case SetSort():
            return "write s.contains(x)"
        case RecordSort(fields=fields):
            return f"write r.{fields[0][0]}, and r.replace({fields[0][0]}=x) for a changed copy"
        case OptionSort():
            return "write x.value[i] where x is known to be some value"
    return None


def _refuse(symbol: str, sort: Sort) -> ModelError:
    """The error for `symbol` on an expression of `sort`."""
    match symbol:
        case "&" | "|" | "~":
            return ModelError(f"`{symbol}` joins formulas, not {sort}", hint=_JOINS, position=here())
        case "^" | ">>" | "<<":
            hint = "write a != b for exclusive or, implies(a, b) for implication"
            return ModelError(f"the language has no `{symbol}`", hint=hint, position=here())
        case "//" | "%":
            return ModelError(f"`{symbol}` takes integers, not {sort}", position=here())
        case "/" | "**" | "divmod":
            return ModelError(f"the language has no `{symbol}`", hint=_ARITHMETIC, position=here())
        case "+" | "-" | "*":
            return ModelError(f"`{symbol}` takes integers, not {sort}", hint=_sum_hint(sort), position=here())
        case "<" | "<=" | ">" | ">=":
            return ModelError(f"{sort} has no `{symbol}`", hint=_order_hint(sort), position=here())
        case "()":
            how = "write f[i]" if isinstance(sort, FunctionSort) else None
            return ModelError(f"an expression of sort {sort} cannot be called", hint=how, position=here())
    return ModelError(f"{sort} has no elements to index", hint=_index_hint(sort), position=here())


class Refusals:
    """The operators of Python that an expression rejects unless its class defines them."""

    __slots__ = ()


_METHODS = {
    "and": "&", "or": "|", "xor": "^", "rshift": ">>", "lshift": "<<", "truediv": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "divmod": "divmod", "add": "+", "sub": "-", "mul": "*",
}  # fmt: skip
_UNARY = {"invert": "~", "neg": "-"}
_OTHERS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "getitem": "[]", "setitem": "[]", "call": "()"}


def _method(symbol: str) -> Callable[..., Any]:
    def refuse(self: Any, *operands: Any, **names: Any) -> Any:
        raise _refuse(symbol, self._term.sort)

    return refuse


for _name, _symbol in _METHODS.items():
    setattr(Refusals, f"__{_name}__", _method(_symbol))
    setattr(Refusals, f"__r{_name}__", _method(_symbol))
for _name, _symbol in {**_UNARY, **_OTHERS}.items():
    setattr(Refusals, f"__{_name}__", _method(_symbol))
