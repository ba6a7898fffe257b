"""The questions that a certificate at published scope must answer, put together from its definitions by a fixed scheme.

A certificate defines formulas over one state (`Typed`, `Init`, `Constraint`, `Axiom i`, `Lemma i`, `Bad`) or over two
(`BadStep` and the steps of each action); it does not choose the questions about them. Axioms are shown to hold initially and to
be preserved, as typedness is, and may be assumed wherever it is. The scheme of each method is a proof rule:

- inductive at depth 1 (`k-induction`, `lemmas`, `pdr` with k = 1): typed, lemmas and property hold initially, and every action
  preserves them together;
- `k-induction`, `lemmas` with k > 1: typed and lemmas are inductive; no violation on paths of fewer than k steps; k states
  without a violation exclude one in the next, whatever action comes last;
- `horizon`: typed is inductive; no violation on paths of fewer than k steps; no path of k steps;
- `trivial`: typed is inductive; no typed state and no step between typed states violates the property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Expected = Literal["unsat", "sat"]

INDUCTIVE = ("k-induction", "lemmas", "pdr")
METHODS = (*INDUCTIVE, "horizon", "trivial")


@dataclass(frozen=True, slots=True)
class Question:
    """A formula that must be unsatisfiable (an obligation) or satisfiable (a witness); `smtlib` asserts it."""

    name: str
    kind: str
    action: str | None
    expected: Expected
    smtlib: str

    def document(self) -> dict[str, Any]:
        """The question as a certificate has it."""
        return {"name": self.name, "kind": self.kind, "action": self.action, "smtlib": self.smtlib}


@dataclass(frozen=True, slots=True)
class Scheme:
    """The shape of a certificate: its fields and their sorts, actions with the width of their instances' numbers, lemmas."""

    fields: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, int], ...]
    lemmas: int
    method: str
    k: int
    axioms: int = 0

    # -- definitions -------------------------------------------------------------------------------------------------

    def definitions(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """The names that must be defined, in order, each with the names and sorts of its parameters."""
        state = self.fields
        after = tuple((f"{name}'", sort) for name, sort in self.fields)
        lemmas = {f"Lemma {number + 1}": state for number in range(self.lemmas)}
        steps = {f"Action {name}": (*state, *after, ("?pick", _bits(width))) for name, width in self.actions}
        axioms = (f"Axiom {number + 1}" for number in range(self.axioms))
        over_state = dict.fromkeys(("Typed", "Init", "Constraint", *axioms), state)
        return {**over_state, **steps, **lemmas, "Bad": state, "BadStep": (*state, *after)}

    def define(self, name: str, body: str) -> str:
        """The definition of one of the names."""
        parameters = " ".join(f"(|{parameter}| {sort})" for parameter, sort in self.definitions()[name])
        return f"(define-fun |{name}| ({parameters}) Bool {body})"

    def declarations(self) -> list[str]:
        """The constants of the states of the longest path, and of the instances between them."""
        result = []
        for step in range(self._longest + 1):
            result += [f"(declare-fun |{name}@{step}| () {sort})" for name, sort in self.fields]
            result += [f"(declare-fun |?pick {name}@{step}| () {_bits(width)})" for name, width in self.actions]
        return result

    @property
    def constants(self) -> int:
        """The number of declarations."""
        return (self._longest + 1) * (len(self.fields) + len(self.actions))

    @property
    def _longest(self) -> int:
        """The length of the longest path in a question."""
        return max(1, self.k if self.method != "trivial" else 1)

    def numbered(self) -> Scheme:
        """The same scheme with numbers for the names of fields and actions, as solvers get it."""
        fields = tuple((f"f{number}", sort) for number, (_, sort) in enumerate(self.fields))
        actions = tuple((f"a{number}", width) for number, (_, width) in enumerate(self.actions))
        return Scheme(fields, actions, self.lemmas, self.method, self.k, self.axioms)

    # -- formulas ----------------------------------------------------------------------------------------------------

    def _state(self, step: int) -> str:
        return " ".join(f"|{name}@{step}|" for name, _ in self.fields)

    def _of(self, name: str, step: int) -> str:
        return f"(|{name}| {self._state(step)})" if self.fields else f"|{name}|"

    def _fires(self, name: str, step: int) -> str:
        return f"(|Action {name}| {self._state(step)} {self._state(step + 1)} |?pick {name}@{step}|)"

    def _any(self, step: int) -> str:
        return _or(self._fires(name, step) for name, _ in self.actions)

    def _bad(self, step: int) -> str:
        """Violated in the state, or by the step that led there."""
        state = self._of("Bad", step)
        if step == 0:
            return state
        values = f"{self._state(step - 1)} {self._state(step)}"
        return f"(or {state} (|BadStep| {values}))" if self.fields else f"(or {state} |BadStep|)"

    def _lemmas(self, step: int) -> list[str]:
        return [self._of(f"Lemma {number + 1}", step) for number in range(self.lemmas)]

    def _invariant(self, step: int) -> list[str]:
        """The facts that the proof shows by itself in every reachable state, including the property at depth 1."""
        return [*self._typed(step), *self._lemmas(step)]

    def _typed(self, step: int) -> list[str]:
        """The state is typed, and the axioms hold in it."""
        return [self._of("Typed", step), *(self._of(f"Axiom {number + 1}", step) for number in range(self.axioms))]

    def _path(self, length: int) -> list[str]:
        result = [self._of("Init", 0)]
        for step in range(length):
            result += [self._of("Constraint", step), self._any(step)]
        return result

    def _step(self, action: str, at: int = 0) -> list[str]:
        return [self._of("Constraint", at), self._fires(action, at)]

    # -- questions ---------------------------------------------------------------------------------------------------

    def obligations(self) -> list[Question]:
        """The formulas that must be unsatisfiable."""
        inductive = self.method in INDUCTIVE
        joint = inductive and self.k == 1
        questions = [_ask("initiation", "initiation", None, [self._of("Init", 0), _not(_and(self._invariant(0)))])]
        before = [*self._invariant(0), *([_not(self._of("Bad", 0))] if joint else [])]
        kept = [*self._invariant(1), *([_not(self._bad(1))] if joint else [])]
        for name, _ in self.actions:
            parts = [*before, *self._step(name), _not(_and(kept))]
            questions.append(_ask(f"consecution of {name}", "consecution", name, parts))
        if self.method == "trivial":
            questions.append(_ask("safety", "safety", None, [*self._typed(0), self._of("Bad", 0)]))
            for name, _ in self.actions:
                parts = [*self._typed(0), *self._step(name), self._bad(1)]
                questions.append(_ask(f"safety of {name}", "safety", name, parts))
            return questions
        for depth in range(self.k):
            questions.append(_ask(f"base case {depth}", "base", None, [*self._path(depth), self._bad(depth)]))
        if self.method == "horizon":
            questions.append(_ask(f"no path of {self.k} steps", "horizon", None, self._path(self.k)))
        elif joint:
            parts = [*before, self._of("Bad", 0)]
            questions.append(_ask("safety", "safety", None, parts))
        else:
            questions += [self._deep(name) for name, _ in self.actions]
        return questions

    def _deep(self, last: str) -> Question:
        """The induction step of depth k whose last step is by one action."""
        parts = []
        for step in range(self.k):
            parts += [*self._invariant(step), _not(self._bad(step)), self._of("Constraint", step)]
            parts.append(self._fires(last, step) if step == self.k - 1 else self._any(step))
        parts += [*self._invariant(self.k), self._bad(self.k)]
        return _ask(f"induction step {self.k} by {last}", "step", last, parts)

    def witnesses(self, given: Sequence[Mapping[str, Any]]) -> list[Question]:
        """The formulas that must be satisfiable, each by the state (and step) given for it, in the same order.

        A formula that is given with `expected` unsat is an obligation instead: that an action cannot fire, or that no
        well-typed state or step violates the property.
        """
        fine = [*self._invariant(0), _not(self._of("Bad", 0))]
        asked: list[tuple[str, str | None, list[str]]] = [("initial and invariant", None, [self._of("Init", 0), *fine])]
        asked += [(f"invariant and {name} fires", name, [*fine, *self._step(name)]) for name, _ in self.actions]
        typed = [*self._typed(0), *self._typed(1)]
        asked.append(("the property can fail", None, [*typed, _or((self._of("Bad", 0), self._bad(1)))]))
        result = []
        for number, (name, action, parts) in enumerate(asked):
            entry = given[number] if number < len(given) else {}
            expected: Expected = "unsat" if entry.get("expected") == "unsat" and number else "sat"
            values = [] if expected == "unsat" else self._values(entry, action)
            result.append(Question(name, "witness", action, expected, f"(assert {_and([*parts, *values])})"))
        return result

    def _values(self, entry: Mapping[str, Any], action: str | None) -> list[str]:
        """The formulas that give the constants the values of a witness."""
        result = []
        for step, key in enumerate(("state", "next")):
            values = entry.get(key) or []
            pairs = zip(self.fields, values, strict=False)
            result += [f"(= |{name}@{step}| {value})" for (name, _), value in pairs]
        if action is not None and entry.get("pick"):
            result.append(f"(= |?pick {action}@0| {entry['pick']})")
        return result


def scheme_of(certificate: Mapping[str, Any]) -> Scheme:
    """The scheme of a certificate document at published scope. The set of states that a search found is an invariant like any
    other.
    """
    method, k = certificate["method"], certificate["k"]
    if method == "exhaustive":
        method, k = "lemmas", 1
    return Scheme(
        tuple((entry["name"], entry["sort"]) for entry in certificate["fields"]),
        tuple((entry["name"], entry["width"]) for entry in certificate["actions"]),
        sum(1 for entry in certificate["definitions"] if entry["name"].startswith("Lemma ")),
        method,
        k,
        sum(1 for entry in certificate["definitions"] if entry["name"].startswith("Axiom ")),
    )


def _bits(width: int) -> str:
    return f"(_ BitVec {width})"


def _ask(name: str, kind: str, action: str | None, parts: list[str]) -> Question:
    return Question(name, kind, action, "unsat", f"(assert {_and(parts)})")


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"(and {' '.join(parts)})"


def _or(parts: Iterable[str]) -> str:
    kept = list(parts)
    return "false" if not kept else kept[0] if len(kept) == 1 else f"(or {' '.join(kept)})"


def _not(part: str) -> str:
    return f"(not {part})"
