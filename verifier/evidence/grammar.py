"""The grammar of the text of a certificate: formulas are read with their sorts, and printed again for the solvers.

No text of a document reaches a solver unchanged. Every name becomes a letter and a number; the rest consists of the words
below, literals and parentheses, each placed by this module. A formula that was read is well-sorted, so solvers can differ only
in the answer. `BITS` is the theory of definitions at published scope, `ANY` that of scripts at unbounded scope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NewType

from verifier.evidence.sexpr import Expression, SyntaxFault, is_symbol, read, read_one, symbol, write

Printed = NewType("Printed", str)
"""Text that was read and printed again, or put together here. Solvers get no other text."""

_WIDEST = 9_999
_BITS = re.compile(r"\(_ BitVec ([1-9][0-9]{0,3})\)")
_INDEXED = {"extract": 2, "sign_extend": 1, "zero_extend": 1}
_COMPARED = {"BITS": ("bvule", "bvsle"), "ANY": ("<", "<=")}
_COMPUTED = {"BITS": ("bvadd", "bvsub", "bvmul"), "ANY": ("+", "-", "*", "div", "mod")}
_RESERVED = frozenset(
    (
        *("true", "false", "not", "and", "or", "=>", "=", "distinct", "ite", "let", "forall", "exists", "_", "!", "as"),
        *("Bool", "Int", "BitVec", "<", "<=", "+", "-", "*", "div", "mod"),
        *("bvule", "bvsle", "bvadd", "bvsub", "bvmul"),
        *("extract", "sign_extend", "zero_extend"),
        *("assert", "declare-sort", "declare-fun", "declare-datatypes", "define-fun"),
    )
)


class Unreadable(Exception):
    """Text of a certificate that is outside the grammar: `part` says where it stands, `reason` what is wrong."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"{part}: {reason}")
        self.part = part
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Function:
    """A function or, without arguments, a constant: how it is printed, and its sorts."""

    printed: str
    arguments: tuple[str, ...]
    sort: str


def bits(width: int) -> str:
    """The sort of bit-vectors of a width."""
    return f"(_ BitVec {width})"


def _width(sort: str) -> int:
    """The number of bits of a sort; 0 if it is not one of bit-vectors."""
    match = _BITS.fullmatch(sort)
    return int(match[1]) if match else 0


class Reader:
    """Reads formulas of one theory over known functions; `sorts` are the declared ones, and how they are printed."""

    def __init__(self, theory: str, functions: Mapping[str, Function], sorts: Mapping[str, str] | None = None) -> None:
        self.theory = theory
        self.functions = dict(functions)
        self.sorts = dict(sorts or {})
        self._out: list[str] = []
        self._found: list[str] = []
        self._todo: list[Expression | Callable[[], None]] = []
        self._local: dict[str, Function] = {}
        self._count = 0

    def formula(self, expression: Expression) -> str:
        """The text of a truth value. Raises SyntaxFault if it is not one."""
        self._out, self._found, self._local, self._count = [], [], {}, 0
        self._todo = [expression]
        # Not by recursion: expressions are nested deeper than Python's stack.
        while self._todo:
            item = self._todo.pop()
            if callable(item):
                item()
            elif isinstance(item, str):
                self._atom(item)
            else:
                self._compound(item)
        self._wanted(self._found.pop(), "Bool", expression)
        return " ".join(self._out)

    def sort(self, expression: Expression) -> str:
        """The text of a sort. Raises SyntaxFault if it is not one."""
        if expression == "Bool" or (expression == "Int" and self.theory == "ANY"):
            return str(expression)
        if isinstance(expression, str) and is_symbol(expression) and symbol(expression) in self.sorts:
            return self.sorts[symbol(expression)]
        text = write(expression)
        if self.theory != "BITS" or not _width(text):
            raise SyntaxFault(f"{_shown(expression)} is not a sort of a certificate")
        return text

    # -- terms -------------------------------------------------------------------------------------------------------

    def _atom(self, token: str) -> None:
        if token in ("true", "false"):
            sort = "Bool"
        elif token.startswith("#b") and self.theory == "BITS":
            sort = self._bits(len(token) - 2, token)
        elif token[0].isdigit() and self.theory == "ANY":
            sort = "Int"
        else:
            known = self._known(token)
            if known is None or known.arguments:
                raise SyntaxFault(f"{_shown(token)} is not known here")
            token, sort = known.printed, known.sort
        self._out.append(token)
        self._found.append(sort)

    def _known(self, token: Expression) -> Function | None:
        if not isinstance(token, str) or not is_symbol(token):
            return None
        name = symbol(token)
        return self._local.get(name) or self.functions.get(name)

    def _compound(self, expression: list[Expression]) -> None:
        head = expression[0] if expression else []
        if head == "let":
            self._let(expression)
        elif head in ("forall", "exists") and self.theory == "ANY":
            self._quantifier(expression)
        else:
            known = self._known(head)
            self._out.append(f"({known.printed if known else self._operation(head)}")
            self._todo.append(lambda: self._apply(expression, known))
            self._todo.extend(reversed(expression[1:]))

    @staticmethod
    def _operation(head: Expression) -> str:
        if isinstance(head, str) and head in _RESERVED:
            return head
        indexed = isinstance(head, list) and len(head) > 1 and head[0] == "_" and isinstance(head[1], str)
        if not indexed or len(head) != 2 + _INDEXED.get(str(head[1]), -9):
            raise SyntaxFault(f"{_shown(head)} is not an operation of a certificate")
        if not all(isinstance(index, str) and re.fullmatch("[0-9]{1,4}", index) for index in head[2:]):
            raise SyntaxFault(f"{_shown(head)} is not an operation of a certificate")
        return write(head)

    def _apply(self, expression: list[Expression], known: Function | None) -> None:
        """Closes an application whose arguments have been read, and finds its sort."""
        self._out.append(")")
        count = len(expression) - 1
        sorts = tuple(self._found[len(self._found) - count :])
        del self._found[len(self._found) - count :]
        sort = self._result(expression[0], sorts) if known is None else None
        if known is not None and known.arguments and sorts == known.arguments:
            sort = known.sort
        if sort is None:
            raise SyntaxFault(f"{_shown(expression)}: the arguments do not fit")
        self._found.append(sort)

    def _result(self, head: Expression, sorts: tuple[str, ...]) -> str | None:
        """The sort of an operation's result; None if it is not one of this theory, or not for these arguments."""
        alike, count = len(set(sorts)) == 1, len(sorts)
        if isinstance(head, list):
            return self._resized(head, sorts)
        match head:
            case "not":
                return "Bool" if sorts == ("Bool",) else None
            case "and" | "or" | "=>":
                return "Bool" if count > 1 and set(sorts) == {"Bool"} else None
            case "=" | "distinct":
                return "Bool" if count > 1 and alike else None
            case "ite":
                return sorts[1] if count == 3 and sorts[0] == "Bool" and sorts[1] == sorts[2] else None
        if not alike or sorts[0] != ("Int" if self.theory == "ANY" else bits(_width(sorts[0]))):
            return None
        if head in _COMPARED[self.theory]:
            return "Bool" if count == 2 else None
        # Integers are added up in rows, and a minus may stand before one; everything else takes two.
        rows = self.theory == "ANY" and head not in ("div", "mod")
        fits = count == 2 or (rows and (count > 2 or head == "-"))
        return sorts[0] if head in _COMPUTED[self.theory] and fits else None

    def _resized(self, head: list[Expression], sorts: tuple[str, ...]) -> str | None:
        width = _width(sorts[0]) if len(sorts) == 1 else 0
        if not width:
            return None
        first, *rest = (int(str(index)) for index in head[2:])
        if head[1] != "extract":
            return self._bits(width + first, head)
        return bits(first - rest[0] + 1) if width > first >= rest[0] else None

    @staticmethod
    def _bits(width: int, of: Expression) -> str:
        if not 1 <= width <= _WIDEST:
            raise SyntaxFault(f"{_shown(of)} has more than {_WIDEST} bits")
        return bits(width)

    # -- binders -----------------------------------------------------------------------------------------------------

    def _let(self, expression: list[Expression]) -> None:
        pairs = _pairs(expression)
        printed = [self._fresh() for _ in pairs]
        self._out.append("(let (")
        self._todo.append(lambda: self._bind(expression, [name for name, _ in pairs], printed))
        for (_, value), name in reversed(list(zip(pairs, printed, strict=True))):
            self._todo += [partial(self._out.append, ")"), value, partial(self._out.append, f"({name}")]

    def _bind(self, expression: list[Expression], names: list[str], printed: list[str]) -> None:
        """Opens the body of a let, whose values have been read."""
        sorts = self._found[len(self._found) - len(names) :]
        del self._found[len(self._found) - len(names) :]
        self._out.append(")")
        self._enter({n: Function(p, (), s) for n, p, s in zip(names, printed, sorts, strict=True)})
        self._todo.append(expression[2])

    def _quantifier(self, expression: list[Expression]) -> None:
        result = {name: Function(self._fresh(), (), self.sort(sort)) for name, sort in _pairs(expression)}
        self._out.append(f"({expression[0]} ({' '.join(f'({bound.printed} {bound.sort})' for bound in result.values())})")
        self._todo.append(lambda: self._wanted(self._found[-1], "Bool", expression))
        self._enter(result)
        self._todo.append(expression[2])

    def _enter(self, names: Mapping[str, Function]) -> None:
        """Makes names known until the next entry put on the stack has been read."""
        before = {name: self._local.get(name) for name in names}

        def leave() -> None:
            self._out.append(")")
            for name, known in before.items():
                if known is None:
                    del self._local[name]
                else:
                    self._local[name] = known

        self._local.update(names)
        self._todo.append(leave)

    def _fresh(self) -> str:
        self._count += 1
        return f"v{self._count}"

    @staticmethod
    def _wanted(sort: str, wanted: str, expression: Expression) -> None:
        if sort != wanted:
            raise SyntaxFault(f"{_shown(expression)} is not a truth value")


def _pairs(expression: list[Expression]) -> list[tuple[str, Expression]]:
    """The names that a binder binds, and their values. Raises SyntaxFault where it is not `(binder ((name value) ...) body)`.
    """
    if len(expression) != 3 or not isinstance(expression[1], list) or not expression[1]:
        raise SyntaxFault(f"{_shown(expression)} is not a {_shown(expression[0])} of a certificate")
    result = []
    for pair in expression[1]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise SyntaxFault(f"{_shown(pair)} does not bind a name")
        result.append((declarable(pair[0]), pair[1]))
    if len(dict(result)) != len(result):
        raise SyntaxFault(f"{_shown(expression)} binds a name twice")
    return result


def declarable(token: Expression) -> str:
    """The name that a token introduces. Raises SyntaxFault if it cannot."""
    if not isinstance(token, str) or not is_symbol(token) or symbol(token) in _RESERVED:
        raise SyntaxFault(f"{_shown(token)} cannot name anything")
    return symbol(token)


def _shown(expression: Expression) -> str:
    """An expression in a message: its beginning."""
    text = write(expression) or "()"
    return text if len(text) <= 60 else f"{text[:57]}..."


# -- scripts ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Script:
    """A script as solvers get it: declarations, then the formulas that are asserted."""

    declarations: tuple[Printed, ...]
    asserts: tuple[Printed, ...]

    @property
    def text(self) -> Printed:
        """All of it."""
        return Printed("\n".join((*self.declarations, *self.asserts)))

    @property
    def premises(self) -> Script:
        """The script without its last assertion."""
        return Script(self.declarations, self.asserts[:-1])


@dataclass(slots=True)
class _Declared:
    """The declarations of a script so far."""

    reader: Reader
    printed: list[Printed] = field(default_factory=list)

    def sort(self, token: Expression) -> str:
        name = declarable(token)
        if name in self.reader.sorts:
            raise SyntaxFault(f"{name} is declared twice")
        self.reader.sorts[name] = f"s{len(self.reader.sorts)}"
        return self.reader.sorts[name]

    def function(self, token: Expression, arguments: Sequence[str], sort: str) -> str:
        name = declarable(token)
        if name in self.reader.functions:
            raise SyntaxFault(f"{name} is declared twice")
        self.reader.functions[name] = Function(f"f{len(self.reader.functions)}", tuple(arguments), sort)
        return self.reader.functions[name].printed

    def command(self, command: Expression) -> None:
        """Reads one declaration. Raises SyntaxFault if it is not one."""
        match command:
            case ["declare-sort", name, "0"]:
                self.printed.append(Printed(f"(declare-sort {self.sort(name)} 0)"))
            case ["declare-fun", name, [*arguments], result]:
                kinds, sort = [self.reader.sort(kind) for kind in arguments], self.reader.sort(result)
                function = self.function(name, kinds, sort)
                self.printed.append(Printed(f"(declare-fun {function} ({' '.join(kinds)}) {sort})"))
            case ["declare-datatypes", [[name, "0"]], [[_, *_] as labels]]:
                sort = self.sort(name)
                constants = [self.function(self._label(label), (), sort) for label in labels]
                text = " ".join(f"({constant})" for constant in constants)
                self.printed.append(Printed(f"(declare-datatypes (({sort} 0)) (({text})))"))
            case _:
                raise SyntaxFault(f"{_shown(command)} is not a declaration or assertion of a certificate")

    @staticmethod
    def _label(label: Expression) -> Expression:
        if not isinstance(label, list) or len(label) != 1:
            raise SyntaxFault(f"{_shown(label)} is not a label of an enumeration")
        return label[0]


@lru_cache(maxsize=4096)  # a certificate is read before any is checked, and those of one run share many scripts
def script(text: str) -> Script:
    """A script at unbounded scope. Raises SyntaxFault where it says anything but declarations and then assertions."""
    declared = _Declared(Reader("ANY", {}))
    asserts: list[Printed] = []
    for command in expressions(text):
        if isinstance(command, list) and len(command) == 2 and command[0] == "assert":
            asserts.append(Printed(f"(assert {declared.reader.formula(command[1])})"))
        elif asserts:
            raise SyntaxFault(f"{_shown(command)} stands after an assertion")
        else:
            declared.command(command)
    if not asserts:
        raise SyntaxFault("it asserts nothing")
    return Script(tuple(declared.printed), tuple(asserts))


def expressions(text: str) -> list[Expression]:
    """The expressions of a text, most of which have lines of their own that are in other scripts too."""
    try:
        return [command for line in text.split("\n") for command in _line(line)]
    except SyntaxFault:
        return read(text)


@lru_cache(maxsize=8192)
def _line(text: str) -> list[Expression]:
    return read(text)


def body(definition: str, name: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The body of a definition at published scope, over numbered fields: `|f0|`, `|f1|`, and `|f0'|` in the next state.

    Raises SyntaxFault where it does not define a truth value of this name over these parameters, or uses anything else.
    """
    form = read_one(definition)
    if not isinstance(form, list) or len(form) != 5 or form[:2] != ["define-fun", f"|{name}|"] or form[3] != "Bool":
        raise SyntaxFault("it is not the definition of a truth value of this name")
    if write(form[2]) != f"({' '.join(f'(|{parameter}| {sort})' for parameter, sort in parameters)})":
        raise SyntaxFault("its parameters are not the state's fields")
    known: dict[str, Function] = {}
    for parameter, sort in parameters:
        before = known.get(parameter.removesuffix("'"))
        printed = f"|f{len(known)}|" if before is None else f"{before.printed[:-1]}'|"
        known[parameter] = Function("|?pick|" if parameter == "?pick" else printed, (), sort)
    return Reader("BITS", known).formula(form[4])
