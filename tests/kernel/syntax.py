"""The syntax of the printed language: texts to nodes of which it is not yet known of which sorts they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verifier.kernel.fitting import joined
from verifier.kernel.sorts import BOOL, INT, FunctionSort, OptionSort, SetSort, Sort

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]\w*(?:-\w+)*)|(?P<number>\d+)"
    r"|(?P<symbol>\\(?:A|E|in|notin|subseteq|cup|cap|div)\b|\\/|\\|/\\|=>|\|->|->|<=|<<|>>|EXCEPT|\.\.|[-+*%=#<~(){}\[\],:.'!]))"
)
RELATIONS = {"=", "#", "<", "<=", "\\in", "\\notin", "\\subseteq"}
_SETS = {"\\cup": "or", "\\cap": "and", "\\": "minus"}
_CALLS = {
    "Cardinality": "cardinality", "Min": "minimum", "Max": "maximum", "Append": "append", "Len": "length", "Tail": "tail",
    "Insert": "insert", "Remove": "remove", "HasKey": "has_key", "Lookup": "lookup", "some": "some", "Within": "within",
}  # fmt: skip
_WORDS = {
    "SUM", "PICK", "FOLD", "IF", "THEN", "ELSE", "CHOOSE", "EXCEPT", "SUBSET", "BOOLEAN", "Int", "Option", "ENABLED",
    "CHOICE", "none",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word, number or symbol, and the column and line where it stands."""

    kind: str
    text: str
    column: int
    line: int


@dataclass(frozen=True)
class Node:
    """What the text says, before it is known of which sorts: an operator, its parts, and names."""

    op: str
    parts: tuple[Any, ...] = ()
    data: Any = None


class Unreadable(Exception):
    """The text does not belong to the language, or could mean two things."""


def tokens(text: str) -> list[Token]:
    """The tokens of a text; comments end their line."""
    found = []
    for number, line in enumerate(text.split("\n")):
        place = 0
        code = line.split("\\*")[0].rstrip()
        while place < len(code):
            match = _TOKEN.match(code, place)
            if match is None or match.end() == place:
                raise Unreadable(f"{code[place:]!r} in {line!r}")
            kind = str(match.lastgroup)
            found.append(Token(kind, match[kind], match.start(kind), number))
            place = match.end()
    return found


@dataclass
class Parser:
    """Reads tokens by the precedences of TLA+. A list of junctions ends where a token stands in its column or to the left."""

    given: list[Token]
    sorts: Mapping[str, Sort]
    place: int = 0
    columns: list[int] = field(default_factory=list)

    def peek(self) -> str:
        if self.place >= len(self.given):
            return ""
        token = self.given[self.place]
        if self.columns and token.column <= self.columns[-1] and self._is_first(self.place):
            return ""
        return token.text

    def _is_first(self, place: int) -> bool:
        return place == 0 or self.given[place - 1].line < self.given[place].line

    def take(self, expected: str | None = None) -> str:
        text = self.peek()
        if not text or (expected is not None and text != expected):
            raise Unreadable(f"{expected or 'more'} expected at {[t.text for t in self.given[self.place :]][:8]}")
        self.place += 1
        return text

    def name(self) -> str:
        if self.place >= len(self.given) or self.given[self.place].kind != "name" or self.peek() in _WORDS:
            raise Unreadable(f"a name expected at {self.peek()!r}")
        return self.take()

    def whole(self) -> Node:
        node = self.expression()
        if self.place != len(self.given):
            raise Unreadable(f"left over: {[t.text for t in self.given[self.place :]]}")
        return node

    def expression(self) -> Node:
        match self.peek():
            case "\\A" | "\\E":
                quantifier = self.take()
                bound = self.bound()
                self.take(":")
                return Node("quantified", (bound, self.expression()), quantifier)
            case "CHOOSE":
                self.take()
                bound = self.bound()
                self.take(":")
                return Node("choose", (bound, self.expression()))
            case "SUM" | "PICK":
                word = self.take()
                bound = self.bound()
                self.take(":")
                return Node(word.lower(), (bound, self.expression()))
            case "FOLD":
                return self.fold()
            case "IF":
                return self.conditional()
            case "/\\" | "\\/":
                return self.listed()
        return self.implication()

    def fold(self) -> Node:
        self.take()
        so_far = self.name()
        self.take("\\in")
        sort = self.sort()
        self.take("=")
        initial = self.set()
        self.take(",")
        item = self.name()
        self.take("\\in")
        source = self.source()
        self.take(":")
        return Node("fold", (initial, source, self.expression()), (so_far, sort, item))

    def conditional(self) -> Node:
        self.take("IF")
        if self.peek() == "CHOICE":
            self.take()
            named: Any = self.take()
        else:
            named = self.expression()
        self.take("THEN")
        then = self.expression()
        self.take("ELSE")
        otherwise = self.expression()
        if isinstance(named, str):
            return Node("choice", (then, otherwise), named)
        return Node("ite", (named, then, otherwise))

    def listed(self) -> Node:
        symbol = self.peek()
        first = self.given[self.place]
        parts = []
        outer = self.columns
        while self.peek() == symbol and self.given[self.place].column == first.column:
            self.place += 1
            self.columns = [*outer, first.column]
            parts.append(self.expression())
            self.columns = outer
        found = Node("and" if symbol == "/\\" else "or", tuple(parts))
        return self.implied(found)

    def implication(self) -> Node:
        return self.implied(self.junction())

    def implied(self, left: Node) -> Node:
        if self.peek() != "=>":
            return left
        self.take()
        if self.peek() in ("\\A", "\\E"):
            return Node("implies", (left, self.expression()))
        right = self.listed_alone() if self.peek() in ("/\\", "\\/") else self.junction()
        if self.peek() == "=>":
            raise Unreadable("a => b => c")
        return Node("implies", (left, right))

    def listed_alone(self) -> Node:
        found = self.listed()
        if found.op == "implies":
            raise Unreadable("a => b => c")
        return found

    def junction(self) -> Node:
        parts = [self.negation()]
        symbol = self.peek()
        if symbol not in ("/\\", "\\/"):
            return parts[0]
        while self.peek() == symbol:
            self.take()
            parts.append(self.negation())
        if self.peek() in ("/\\", "\\/"):
            raise Unreadable("a /\\ b \\/ c")
        return Node("and" if symbol == "/\\" else "or", tuple(parts))

    def negation(self) -> Node:
        if self.peek() == "~":
            self.take()
            return Node("not", (self.negation() if self.peek() == "~" else self.postfix(),))
        return self.relation()

    def relation(self) -> Node:
        left = self.set()
        if self.peek() not in RELATIONS:
            return left
        symbol = self.take()
        right = self.set()
        if self.peek() in RELATIONS:
            raise Unreadable("a = b = c")
        return Node(symbol, (left, right))

    def set(self) -> Node:
        left = self.sum()
        if self.peek() not in _SETS:
            return left
        symbol = self.take()
        right = self.sum()
        if self.peek() in _SETS:
            raise Unreadable("a \\cup b \\cup c")
        return Node("combined", (left, right), _SETS[symbol])

    def sum(self) -> Node:
        if self.peek() == "-":
            self.take()
            if self.given[self.place].kind == "number":
                left = Node("number", (), -int(self.take()))
            else:
                left = Node("sub", (Node("number", (), 0), self.postfix()))
        else:
            left = self.product()
        while self.peek() in ("+", "-"):
            op = "add" if self.take() == "+" else "sub"
            left = Node(op, (left, self.product()))
        return left

    def product(self) -> Node:
        left = self.postfix()
        if self.peek() in ("%", "\\div"):
            op = "mod" if self.take() == "%" else "div"
            return Node(op, (left, self.postfix()))
        while self.peek() == "*":
            self.take()
            left = Node("mul", (left, self.postfix()))
        return left

    def postfix(self) -> Node:
        node = self.atom()
        while True:
            match self.peek():
                case "[":
                    self.take()
                    node = Node("index", (node, self.expression()))
                    self.take("]")
                case ".":
                    self.take()
                    node = Node("dot", (node,), self.take())
                case "'":
                    self.take()
                    node = Node("prime", (node,))
                case _:
                    return node

    def atom(self) -> Node:
        text = self.peek()
        match text:
            case "(":
                self.take()
                node = self.expression()
                self.take(")")
                return node
            case "{":
                return self.braces()
            case "[":
                return self.brackets()
            case "<<":
                self.take()
                items = self.separated(">>")
                return Node("sequence", items)
            case "none":
                self.take()
                return Node("none")
            case "TRUE" | "FALSE":
                self.take()
                return Node("truth", (), text == "TRUE")
            case "ENABLED":
                self.take()
                changing = self.peek() == "<<"
                if changing:
                    self.take()
                name, given = self.take(), ()
                if self.peek() == "(":
                    self.take()
                    given = self.separated(")")
                if changing:
                    self.take(">>")
                    self.take("_vars")
                return Node("can_change" if changing else "enabled", given, name)
            case "CONSTANT" | "VARIABLE":
                self.take()
                return Node(text.lower(), (), self.take())
        if self.place < len(self.given) and self.given[self.place].kind == "number":
            return Node("number", (), int(self.take()))
        name = self.name()
        if name in self.sorts and self.peek() == "[":
            return Node("of record", (self.brackets(),), name)
        if name == "Within" and self.peek() == "(":
            self.take()
            node = self.expression()
            self.take(",")
            sort = self.sort()
            self.take(")")
            return Node("within", (node,), sort)
        if name == "Table" and self.peek() == "(":
            self.take()
            sort = self.sort()
            self.take(",")
            return Node("table", self.separated(")"), sort)
        if name in _CALLS and self.peek() == "(":
            self.take()
            return Node("call", self.separated(")"), _CALLS[name])
        return Node("name", (), name)

    def separated(self, end: str) -> tuple[Node, ...]:
        items = []
        while self.peek() != end:
            if items:
                self.take(",")
            items.append(self.expression())
        self.take(end)
        return tuple(items)

    def braces(self) -> Node:
        self.take("{")
        start = self.place
        # `{x \in S : P}` comes before `{v : x \in S}`, as in TLA+.
        try:
            bound = self.bound()
            self.take(":")
        except Unreadable:
            self.place = start
        else:
            body = self.expression()
            self.take("}")
            return Node("comprehension", (bound, body))
        if self.peek() == "}":
            self.take()
            return Node("listing")
        first = self.expression()
        if self.peek() == ":":
            self.take()
            bound = self.bound()
            self.take("}")
            return Node("image", (bound, first))
        items = [first]
        while self.peek() == ",":
            self.take()
            items.append(self.expression())
        self.take("}")
        return Node("listing", tuple(items))

    def brackets(self) -> Node:
        self.take("[")
        start = self.place
        try:
            bound = self.bound()
            self.take("|->")
        except Unreadable:
            self.place = start
        else:
            body = self.expression()
            self.take("]")
            return Node("function", (bound, body))
        try:
            return self.record()
        except Unreadable:
            self.place = start
        base = self.expression()
        self.take("EXCEPT")
        changes = []
        while not changes or self.peek() == ",":
            if changes:
                self.take(",")
            self.take("!")
            path = []
            while self.peek() in ("[", "."):
                if self.take() == "[":
                    path.append(self.expression())
                    self.take("]")
                else:
                    path.append(self.take())
            self.take("=")
            changes.append((tuple(path), self.expression()))
        self.take("]")
        return Node("except", (base, tuple(changes)))

    def record(self) -> Node:
        parts = []
        while not parts or self.peek() == ",":
            if parts:
                self.take(",")
            name = self.take()
            self.take("|->")
            parts.append((name, self.expression()))
        self.take("]")
        return Node("record", tuple(parts))

    def bound(self) -> tuple[tuple[tuple[str, ...], Any], ...]:
        """Groups of names, each with a sort or, for one name alone, an expression."""
        groups = []
        while not groups or self.peek() == ",":
            if groups:
                self.take(",")
            names = [self.name()]
            while self.peek() == ",":
                self.take()
                names.append(self.name())
            self.take("\\in")
            groups.append((tuple(names), self.source()))
        return tuple(groups)

    def source(self) -> Any:
        start = self.place
        if [token.text for token in self.given[start : start + 2]] == ["1", ".."]:
            self.take()
            self.take()
            return Node("upto", (self.postfix(),))
        try:
            sort = self.sort()
            if self.peek() in (":", ",", "|->", "}", ")"):
                return sort
        except Unreadable:
            pass
        self.place = start
        return self.set()

    def sort(self) -> Sort:
        match self.peek():
            case "BOOLEAN":
                self.take()
                return BOOL
            case "Int":
                self.take()
                return INT
            case "SUBSET":
                self.take()
                return SetSort(self.sort())
            case "Option":
                self.take()
                self.take("(")
                element = self.sort()
                self.take(")")
                return OptionSort(element)
            case "[":
                self.take()
                index = self.sort()
                self.take("->")
                value = self.sort()
                self.take("]")
                return FunctionSort(index, value)
        names = [self.name()]
        while self.peek() == "..":
            self.take()
            names.append(self.name())
        for name in names:
            if name not in self.sorts:
                raise Unreadable(f"{name} is not a sort")
        found = self.sorts[names[0]]
        for name in names[1:]:
            # The join of ranges is called by all of them.
            whole = joined(SetSort(found), SetSort(self.sorts[name]))
            assert isinstance(whole, SetSort)
            found = whole.element
        return found
