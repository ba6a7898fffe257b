"""Read a litmus test in herd's format, C dialect: its header, initial values, threads, and the condition on outcomes.

The grammar is that of the manual of herdtools7 (Alglave, Maranget); anything outside the subset is rejected, with the offending
line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from verifier.lib.programs import Expression, Instruction, Program, expression, final, operation
from verifier.litmus.code import Body
from verifier.litmus.tokens import Tokens, refuse

if TYPE_CHECKING:
    from verifier.wire.litmus import Outcome

Quantifier = Literal["exists", "~exists", "forall"]

DIALECTS = (
    "AArch64", "ARM", "ASL", "BPF", "CPP", "JAVA", "KVM", "LISA", "MIPS", "PPC", "PPCGen", "RISCV", "X86", "X86_64",
)  # fmt: skip
"""The other dialects of herd, which are named where one is rejected."""

_SUBSET = "atomic_*_explicit, atomic_thread_fence, plain accesses, if"


@dataclass(frozen=True)
class Test:
    """A litmus test: `outcome` is the condition on the final state, `quantifier` the executions that it ranges over.

    `expected` holds the outcomes that the file states for memory models by name, in lines `Allowed=...` and `Forbidden=...` of
    its header.
    """

    name: str
    program: Program
    quantifier: Quantifier
    outcome: Expression
    condition: str
    expected: dict[str, Outcome] = field(default_factory=dict)


def parse(name: str, text: str) -> Test:
    """The test that a file holds; `name` is the file's, for messages.

    Raises:
        UsageError: it is in another dialect, or outside the supported subset; the message has the line.
    """
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    called = _called(name, lines[first], first + 1)
    start = next((n for n, line in enumerate(lines[first + 1 :], first + 1) if line.lstrip().startswith("{")), None)
    if start is None:
        refuse(name, first + 1, "there are no initial values", "write { } after the header")
    expected = _expected(name, lines[first + 1 : start], first + 2)
    tokens = Tokens(name, "\n".join(lines[start:]), start + 1)
    initial = _initial(tokens)
    threads, registers = _threads(tokens, initial)
    program = Program(threads, initial=initial)
    quantifier, outcome, condition = _condition(tokens, registers, {e.location for e in program.events if e.location})
    return Test(called, program, quantifier, outcome, condition, expected)


def _called(name: str, line: str, number: int) -> str:
    words = line.split()
    dialect = words[0] if words else ""
    if dialect != "C":
        known = next((one for one in DIALECTS if one.lower() == dialect.lower()), None)
        if known is not None:
            refuse(name, number, f"the dialect is {known}; only C is read", "translate the test to C, with atomic_*_explicit")
        shown = dialect if re.fullmatch(r"[\w.-]{1,40}", dialect) else "this"
        refuse(name, number, f"{shown} is not a dialect of herd", "a test begins with C and its name")
    if len(words) != 2:
        refuse(name, number, "the first line has the dialect and the name of the test", "C MP+rel+acq")
    return words[1]


def _expected(name: str, lines: list[str], first: int) -> dict[str, Outcome]:
    """The outcomes that the header states for memory models; its other lines are for people."""
    result: dict[str, Outcome] = {}
    for number, line in enumerate(lines, first):
        key, equals, models = line.strip().partition("=")
        says: Outcome | None = {"Allowed": "allowed", "Forbidden": "forbidden"}.get(key.strip())  # type: ignore[assignment]
        if not equals or says is None:
            continue
        for model in models.replace(",", " ").split():
            if result.get(model.lower(), says) != says:
                refuse(name, number, f"{model} is said to allow the outcome and to forbid it")
            result[model.lower()] = says
    return result


def _initial(tokens: Tokens) -> dict[str, int]:
    """The initial values of locations; a location without one is 0."""
    result: dict[str, int] = {}
    tokens.expect("{")
    while not tokens.accept("}"):
        if tokens.accept(";"):
            continue
        if tokens.now.kind == "number" or (tokens.now.kind == "word" and tokens.after().text == ":"):
            tokens.refuse("initial values of registers are not read", "assign them in the thread")
        bracket = tokens.accept("[")
        while not bracket and tokens.now.kind == "word" and tokens.after().text not in ("=", ";", "}"):
            if tokens.after().text == "*":
                tokens.refuse("pointers are not read", "a location holds a number")
            if tokens.after().text == "[":
                tokens.refuse("arrays are not read", "give each element a name of its own")
            tokens.take()
        location = tokens.word("a location").text
        if bracket:
            tokens.expect("]")
        value = 0
        if tokens.accept("="):
            if tokens.now.kind == "word" or tokens.now.text == "&":
                tokens.refuse("pointers are not read", "a location holds a number")
            value = tokens.number()
        result[location] = value
    return result


def _threads(tokens: Tokens, initial: dict[str, int]) -> tuple[list[list[Instruction]], list[set[str]]]:
    """The instructions of each thread, and its registers."""
    threads: list[list[Instruction]] = []
    registers: list[set[str]] = []
    while re.fullmatch(r"P\d+", tokens.now.text):
        thread = tokens.take()
        if int(thread.text[1:]) != len(threads):
            tokens.refuse(f"{thread.text} where P{len(threads)} should be", line=thread.line)
        body = Body(tokens, _parameters(tokens), {*initial})
        threads.append(body.block())
        registers.append(body.registers)
    if not threads:
        tokens.refuse(f"{tokens.now.text} where the thread P0 should be")
    return threads, registers


def _parameters(tokens: Tokens) -> set[str]:
    """The locations that a thread is given."""
    result: set[str] = set()
    tokens.expect("(")
    while not tokens.accept(")"):
        pointers, name = 0, None
        while tokens.now.text not in (",", ")"):
            if tokens.accept("*"):
                pointers += 1
            else:
                name = tokens.word("a parameter")
        if name is None or pointers != 1:
            tokens.refuse("a parameter is a pointer to a location", "such as atomic_int* x")
        result.add(name.text)
        tokens.accept(",")
    return result


# -- the condition -----------------------------------------------------------------------------------------------------


def _condition(
    tokens: Tokens, registers: list[set[str]], locations: set[str]
) -> tuple[Quantifier, Expression, str]:
    if tokens.now.text == "locations":
        tokens.take()
        tokens.expect("[")
        while not tokens.accept("]"):
            tokens.take() if tokens.now.kind != "end" else tokens.expect("]")
    if tokens.now.text == "filter":
        tokens.refuse("filter is not read", "put it into the condition")
    quantifier: Quantifier
    if tokens.accept("~"):
        tokens.expect("exists")
        quantifier = "~exists"
    elif tokens.accept("exists"):
        quantifier = "exists"
    elif tokens.accept("forall"):
        quantifier = "forall"
    else:
        tokens.refuse(f"{tokens.now.text} where exists, ~exists or forall should be", f"of C there is {_SUBSET}")
    reader = _Condition(tokens, registers, locations)
    result = reader.either()
    if tokens.now.kind != "end":
        tokens.refuse(f"{tokens.now.text} after the condition")
    return quantifier, result, " ".join(reader.words).replace("( ", "(").replace(" )", ")")


class _Condition:
    """The condition on the end, as an expression; `words` are its text."""

    def __init__(self, tokens: Tokens, registers: list[set[str]], locations: set[str]) -> None:
        self.tokens, self.registers, self.locations = tokens, registers, locations
        self.words: list[str] = []

    def accept(self, *texts: str) -> bool:
        token = self.tokens.accept(*texts)
        if token is not None:
            self.words.append(token.text)
        return token is not None

    def either(self) -> Expression:
        result = self.both()
        while self.accept("\\/"):
            result = result | self.both()
        return result

    def both(self) -> Expression:
        result = self.one()
        while self.accept("/\\"):
            result = result & self.one()
        return result

    def one(self) -> Expression:
        self.tokens.deeper()
        try:
            return self.atom()
        finally:
            self.tokens.shallower()

    def atom(self) -> Expression:
        if self.accept("~", "not"):
            return ~self.one()
        if self.accept("("):
            result = self.either()
            self.tokens.expect(")")
            self.words.append(")")
            return result
        if self.accept("true", "false"):
            return expression(int(self.words[-1] == "true"))
        line = self.tokens.now.line
        value, text = self.left()
        compare = {"=": "==", "==": "==", "!=": "!="}.get(self.tokens.take().text)
        if compare is None:
            self.tokens.refuse(f"{text} is not compared with anything", f"write {text}=1", line=line)
        number = self.tokens.number()
        self.words.append(f"{text}{'=' if compare == '==' else '!='}{number}")
        return operation(compare, value, number)

    def left(self) -> tuple[Expression, str]:
        """A register of a thread, or a location."""
        tokens, token = self.tokens, self.tokens.take()
        if tokens.now.text == ":" and (thread := re.fullmatch(r"P?(\d+)", token.text)):
            tokens.take()
            number, register = int(thread.group(1)), tokens.word("a register").text
            if number >= len(self.registers):
                tokens.refuse(f"there is no thread P{number}", line=token.line)
            if register not in self.registers[number]:
                tokens.refuse(f"P{number} has no register {register}", line=token.line)
            return Expression("register", f"{number}:{register}"), f"{number}:{register}"
        if token.text == "[":
            token = tokens.word("a location")
            tokens.expect("]")
        if token.text not in self.locations:
            tokens.refuse(f"{token.text} is not a location of the test", line=token.line)
        return final(token.text), f"[{token.text}]"
