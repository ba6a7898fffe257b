"""The C of a thread: declarations, assignments, plain and atomic accesses, fences, `if`; read as instructions."""

from __future__ import annotations

import re

from verifier.kernel.errors import ModelError
from verifier.lib.programs import (
    ALLOWED,
    OLD,
    Expression,
    Instruction,
    Value,
    cas,
    expression,
    fence,
    local,
    operation,
    read,
    reg,
    rmw,
    when,
    write,
)
from verifier.litmus.tokens import Token, Tokens

_ORDERS = {
    "memory_order_relaxed": "rlx",
    "memory_order_acquire": "acq",
    "memory_order_release": "rel",
    "memory_order_acq_rel": "ar",
    "memory_order_seq_cst": "sc",
}
_WORDS = r"const|volatile|unsigned|signed|int|long|short|char|bool|_Bool|auto|intptr_t|u?int\d+_t|atomic_\w*int\w*"
_TYPES = re.compile(rf"(?:{_WORDS})\Z")
_SWAPS = {"compare_exchange_strong": False, "compare_exchange_weak": True}
_FETCH = {"add": "+", "sub": "-", "and": "&", "or": "|", "xor": "^"}
_LOOPS = ("while", "for", "do", "goto", "switch", "return", "break", "continue")
_LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*",))
_LINUX = re.compile(r"(?:READ_ONCE|WRITE_ONCE|smp_\w+|rcu_\w+|x?chg\w*|spin_\w+|synchronize_\w+)\Z")


class Body:
    """The body of one thread; `registers` are the local variables that it has."""

    def __init__(self, tokens: Tokens, locations: set[str], known: set[str]) -> None:
        """The thread is given the `locations`; `known` are those that have initial values."""
        self.tokens, self.locations = tokens, locations | known
        self.registers: set[str] = set()
        self._out: list[Instruction] = []
        self._temporary = 0

    def block(self) -> list[Instruction]:
        """Reads statements in braces."""
        outer, self._out = self._out, []
        self.tokens.expect("{")
        while not self.tokens.accept("}"):
            self._statement()
        result, self._out = self._out, outer
        return result

    def _statement(self) -> None:
        tokens = self.tokens
        token = tokens.now
        tokens.deeper()
        try:
            self._one(token)
        finally:
            tokens.shallower()

    def _one(self, token: Token) -> None:
        tokens = self.tokens
        if tokens.accept(";"):
            return
        if token.text == "{":
            self._out += self.block()
        elif token.text in _LOOPS:
            tokens.refuse(f"{token.text} is not read", "unroll loops; a thread is accesses and if")
        elif tokens.accept("if"):
            self._branch()
        elif token.kind == "word" and _TYPES.match(token.text):
            self._declaration()
        else:
            self._plain()
            tokens.expect(";")

    def _branch(self) -> None:
        self.tokens.expect("(")
        condition = expression(self._expression())
        self.tokens.expect(")")
        then = self._side()
        otherwise = self._side() if self.tokens.accept("else") else []
        self._out.append(when(condition, then, otherwise))

    def _side(self) -> list[Instruction]:
        if self.tokens.now.text == "{":
            return self.block()
        outer, self._out = self._out, []
        self._statement()
        result, self._out = self._out, outer
        return result

    def _declaration(self) -> None:
        tokens = self.tokens
        while tokens.now.kind == "word" and _TYPES.match(tokens.now.text):
            tokens.take()
        while True:
            if tokens.now.text == "*":
                tokens.refuse("pointers are not read", "a register holds a number")
            name = tokens.word("a variable").text
            if name in self.locations:
                tokens.refuse(f"{name} is a location of the test and a variable of the thread")
            self.registers.add(name)
            self._assign(name, self._expression() if tokens.accept("=") else 0)
            if not tokens.accept(","):
                tokens.expect(";")
                return

    def _assign(self, register: str, value: Value) -> None:
        self._out.append(local(register, value))

    def _plain(self) -> None:
        """An assignment to a register or a location, or a call."""
        tokens, token = self.tokens, self.tokens.now
        parenthesis = tokens.accept("(") if tokens.after().text == "*" else None
        if tokens.accept("*"):
            location = self._location()
            if parenthesis:
                tokens.expect(")")
            tokens.expect("=")
            self._out.append(write(location, self._expression(), "na"))
        elif token.kind == "word" and tokens.after().text == "=":
            tokens.take()
            tokens.take()
            if token.text in self.locations:
                tokens.refuse(f"{token.text} is a pointer to a location", f"write *{token.text} = ...", token.line)
            self.registers.add(token.text)
            self._assign(token.text, self._expression())
        elif token.kind == "word" and tokens.after().text == "(":
            self._call(statement=True)
        else:
            tokens.refuse(f"{token.text} cannot begin a statement")

    def _location(self) -> str:
        parenthesis = self.tokens.accept("(")
        self.tokens.accept("&")
        token = self.tokens.word("a location")
        if token.text not in self.locations:
            self.tokens.refuse(f"{token.text} is not a location that the thread is given", line=token.line)
        if parenthesis:
            self.tokens.expect(")")
        return token.text

    # -- expressions ---------------------------------------------------------------------------------------------------

    def _expression(self, level: int = 0) -> Value:
        if level == len(_LEVELS):
            return self._unary()
        result = self._expression(level + 1)
        while (token := self.tokens.accept(*_LEVELS[level])) is not None:
            before = len(self._out)
            right = self._expression(level + 1)
            if token.text in ("&&", "||") and len(self._out) > before:
                self.tokens.refuse(f"an access to the right of {token.text} is not read", "nest two ifs", token.line)
            result = operation(token.text, result, right)
        if level == 0 and self.tokens.now.text in ("?", "/", "%", "<<", ">>", "++", "--", ".", "->", "["):
            self.tokens.refuse(f"{self.tokens.now.text} is not read")
        return result

    def _unary(self) -> Value:
        self.tokens.deeper()
        try:
            return self._operand(self.tokens.now)
        finally:
            self.tokens.shallower()

    def _operand(self, token: Token) -> Value:
        tokens = self.tokens
        if tokens.accept("!"):
            return operation("==", self._unary(), 0)
        if tokens.accept("-"):
            return operation("-", 0, self._unary())
        if tokens.accept("*"):
            return self._loaded(self._location(), "na")
        if tokens.accept("("):
            if tokens.now.kind == "word" and _TYPES.match(tokens.now.text):
                tokens.refuse("casts are not read")
            result = self._expression()
            tokens.expect(")")
            return result
        if token.kind == "number":
            return tokens.number()
        if token.kind == "word" and tokens.after().text == "(":
            return self._call(statement=False)
        if token.kind == "word":
            tokens.take()
            if token.text in self.locations:
                tokens.refuse(f"{token.text} is a pointer to a location", f"write *{token.text}", token.line)
            if token.text not in self.registers:
                tokens.refuse(f"{token.text} has no value", "declare it with int", token.line)
            return reg(token.text)
        tokens.refuse(f"{token.text} cannot stand in an expression")

    def _loaded(self, location: str, order: str) -> Expression:
        self._temporary += 1
        register = f"<{self._temporary}>"
        self._out.append(read(location, register, order))
        return reg(register)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _call(self, *, statement: bool) -> Value:
        """An access: the value that it yields, 0 if none."""
        tokens, token = self.tokens, self.tokens.take()
        tokens.expect("(")
        name = token.text
        explicit = name.endswith("_explicit")
        action = name.removeprefix("atomic_").removesuffix("_explicit") if name.startswith("atomic_") else ""
        fetch = action.removeprefix("fetch_") if action.startswith("fetch_") else ""
        result: Value = 0
        try:
            if name == "atomic_thread_fence" and statement:
                self._out.append(fence(self._order("fence")))
            elif action == "load":
                location = self._location()
                result = self._loaded(location, self._ordered("read", explicit))
            elif action == "store" and statement:
                location, value = self._location(), self._argument()
                self._out.append(write(location, value, self._ordered("write", explicit)))
            elif action == "exchange" or fetch in _FETCH:
                location, value = self._location(), self._argument()
                new = operation(_FETCH[fetch], OLD, value) if fetch else value
                self._temporary += 1
                register = f"<{self._temporary}>"
                self._out.append(rmw(location, new, self._ordered("rmw", explicit), register))
                result = reg(register)
            elif action in _SWAPS:
                result = self._swap(token, explicit, weak=_SWAPS[action])
            else:
                self._unread(token, statement)
        except ModelError as error:
            tokens.refuse(error.message, error.hint, token.line)
        tokens.expect(")")
        return result

    def _swap(self, token: Token, explicit: bool, *, weak: bool) -> Value:
        """A compare-and-swap: whether it succeeds. Its expected value is in a location, accessed plainly, or a variable."""
        tokens, location = self.tokens, self._location()
        tokens.expect(",")
        held = self._variable()
        missed = "" if held else self._location()
        expected = reg(held) if held else self._loaded(missed, "na")
        before = len(self._out)
        desired = self._argument()
        if len(self._out) > before:
            tokens.refuse(f"an access in the value that {token.text} writes is not read", "load it before", token.line)
        order, failure = "sc", "sc"
        if explicit:
            order = self._ordered("rmw", explicit)
            tokens.expect(",")
            failure = self._order("read", "a compare-and-swap that fails")
        self._temporary += 1
        won = f"<{self._temporary}>"
        # What a variable holds after it is what was read: on success, that is what the variable has held.
        swap = cas(location, expected, desired, order, failure, register=won, old=held, weak=weak, missed=missed)
        self._out.append(swap)
        return reg(won)

    def _variable(self) -> str | None:
        """The variable of the thread whose address is given; None where it is a location."""
        tokens, address = self.tokens, self.tokens.now.text == "&"
        name = tokens.after() if address else tokens.now
        if name.kind != "word" or name.text in self.locations:
            return None
        if name.text not in self.registers:
            tokens.refuse(f"{name.text} is neither a location nor a variable", "declare it with int", name.line)
        if not address:
            tokens.refuse(f"{name.text} is a variable of the thread", f"write &{name.text}", name.line)
        tokens.take()
        tokens.take()
        return name.text

    def _unread(self, token: Token, statement: bool) -> None:
        """Says why a call is rejected."""
        name, tokens = token.text, self.tokens
        if name in ("atomic_store", "atomic_store_explicit", "atomic_thread_fence") and not statement:
            tokens.refuse(f"{name} has no value", line=token.line)
        if _LINUX.match(name):
            tokens.refuse(f"{name} is of the Linux kernel's dialect, which is not read", "use atomic_*_explicit", token.line)
        known = "atomic_load, atomic_store, atomic_exchange, atomic_fetch_add, atomic_compare_exchange_strong and _weak"
        hint = f"{known}, their _explicit forms, atomic_thread_fence"
        tokens.refuse(f"{name} is not read", hint, token.line)

    def _argument(self) -> Value:
        self.tokens.expect(",")
        return self._expression()

    def _ordered(self, access: str, explicit: bool) -> str:
        """The order of an access: the one that is given, or sc."""
        if not explicit:
            return "sc"
        self.tokens.expect(",")
        return self._order(access)

    def _order(self, access: str, what: str = "") -> str:
        token = self.tokens.word("a memory order")
        if token.text == "memory_order_consume":
            self.tokens.refuse("memory_order_consume is not in RC11", "use memory_order_acquire", token.line)
        order = _ORDERS.get(token.text)
        if order is None:
            self.tokens.refuse(f"{token.text} is not a memory order", ", ".join(_ORDERS), token.line)
        if order not in ALLOWED[access]:
            self.tokens.refuse(f"{token.text} cannot be the order of {what or f'a {access}'}", line=token.line)
        return order
