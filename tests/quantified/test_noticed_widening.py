"""The test of the tests of widening: whichever rule is weakened, they notice.

A rule is weakened by changing a line of it. What the weakened rules admit is compared at smaller and larger bounds by the
concrete semantics: some term that they admit says at a larger bound what it must not.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import CodeType, FunctionType, ModuleType

import pytest

from tests.quantified import test_dropped, test_unbounded, test_widening
from tests.quantified.corpus import hand_written, random_terms
from tests.quantified.widened import Direction, admitted, breaks, unsound
from verifier.kernel import definedness as needs
from verifier.kernel.errors import VerifyError
from verifier.kernel.terms import Term
from verifier.proof.strategy.errors import Inconsistency
from verifier.semantics.obligations import instance
from verifier.semantics.quantified import definedness
from verifier.semantics.scope import inside, unbounded, widening

pytestmark = pytest.mark.full


@cache
def terms() -> tuple[Term, ...]:
    return (*hand_written().values(), *random_terms(range(500)))


def weaken(module: ModuleType, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes one place in the source of a module, for the classes and functions that others have imported already."""
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{source.count(old)} times: {old}"
    changed = ModuleType(module.__name__)
    exec(compile(source.replace(old, new), str(module.__file__), "exec"), vars(changed))
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            monkeypatch.setattr(module, name, getattr(changed, name))
        if isinstance(value, type) and value.__module__ == module.__name__:
            replace_methods(value, getattr(changed, name), monkeypatch)


def replace_methods(target: type, changed: type, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in vars(changed).items():
        if isinstance(value, FunctionType) and not is_alike(value, vars(target)[name]):
            monkeypatch.setattr(target, name, value)


def is_alike(left: FunctionType, right: object) -> bool:
    """Whether two functions do the same, as far as their code says; what is alike keeps the class that it belongs to."""
    return isinstance(right, FunctionType) and code(left) == code(right)


def code(function: FunctionType) -> tuple[object, ...]:
    found = function.__code__
    consts = tuple(part.co_code if isinstance(part, CodeType) else part for part in found.co_consts)
    inner = tuple(part.co_names for part in found.co_consts if isinstance(part, CodeType))
    return found.co_code, consts, found.co_names, inner


@cache
def rightly_admitted() -> dict[Term, tuple[Direction, ...]]:
    return {term: tuple(admitted(term)) for term in terms()}


def is_noticed() -> bool:
    """Whether a rule as it is now admits what the rules as they are do not, and that is wrong."""
    before = rightly_admitted()
    wrong = ((t, d) for t in terms() for d in admitted(t) if d not in before[t])
    return any(breaks(t, d) is not None for t, d in wrong)


@pytest.mark.nightly
def test_the_rules_as_they_are_admit_nothing_wrong() -> None:
    assert unsound(terms()) is None


INSIDE = {
    "an end below the end": (
        'at_most(limit, other) if side == "high" else at_most(other, limit)',
        'at_most(other, limit) if side == "high" else at_most(limit, other)',
    ),
    "a sort is enough": (
        "isinstance(one, RangeSort) and respects",
        "isinstance(one, RangeSort) or respects",
    ),
    "any bound variable": ("return term not in self.loose and self._covers", "return self._covers"),
    "one side of a choice": ("all(self._made(arg, sort, side) for arg in args[1:])", "self._made(args[1], sort, side)"),
    "any index": ("self.of(\n                    args[1], function.index\n                )", "True"),
    "any payload": ("return self._made(args[0], OptionSort(sort), side)", "return True"),
    "any field": ("return self._made(args[0], args[0].sort, side) and self._covers(", "return self._covers("),
    "any step": ('step = {"low": "add", "high": "sub"}[side]', 'step = {"low": "sub", "high": "add"}[side]'),
    "any value of a function": ("return self._made(args[0], value, side)\n", "return True\n"),
    "a changed function's old values": (
        "return self._made(args[0], sort, side) and self._made(args[2], value, side)",
        "return self._made(args[0], sort, side)",
    ),
    "any option": ("return self._made(args[0], element, side)\n", "return True\n"),
    "some field of a record": (
        "return all(self._made(arg, of, side) for arg, (_, of)",
        "return any(self._made(arg, of, side) for arg, (_, of)",
    ),
    "any inserted record": (
        "return self._made(args[0], sort, side) and self._made(args[1], record, side)",
        "return self._made(args[0], sort, side)",
    ),
    "any length": ("return self._stored(sequence) and respects(", "return respects("),
    "lengths within any capacity": ("respects(cast(SequenceSort, sequence.sort).capacity, sort, side)", "True"),
    "whatever is read": ("return not reads(term, free) and all(", "return all("),
}
VISITED = {
    "a negation is what it negates": (
        'self._visit(args[0], _flipped(allowed))\n            case "implies"',
        'self._visit(args[0], allowed)\n            case "implies"',
    ),
    "a premise is a conclusion": (
        "return self._visit(args[0], _flipped(allowed)) or",
        "return self._visit(args[0], allowed) or",
    ),
    "a condition is what it decides": (
        'return self._visit(args[0], "neither") or self._all(args[1:], allowed)',
        "return self._all(args, allowed)",
    ),
    "any quantifier": (
        'fault = None if allowed == term.op else self._unlimited(term, term.op == "exists")',
        "fault = None",
    ),
    "limits where the body is true": ('self._unlimited(term, term.op == "exists")', "self._unlimited(term, True)"),
    "any member": ("                self._note_member(term)\n", ""),
    "any comprehension that is asked": (
        'fault = None if allowed == "exists" else self._beyond(args[0], args[1])',
        "fault = None",
    ),
    "any set": (
        'return self._unlimited(term, True) or self._all(args, "neither")',
        'return self._all(args, "neither")',
    ),
    "any comparison": ('case "eq" | "member" if allowed != "forall":', 'case "eq" | "member" if False:'),
    "comparisons of functions alone": ('case "eq" | "member" if allowed', 'case "eq" if allowed'),
    "any operand": ('        return self._all(args, "neither")\n\n', "        return self._all(args, allowed)\n\n"),
    "some variable of several": ("waiting = [v for v in waiting if v not in known]", "waiting = []"),
    "any item": ("if self.inside.of(item, element.sort) or", "if True or"),
}
LIMITS = {
    "any conjunct of an alternative": (
        'return any(parts) if value == (formula.op == "and") else all(parts)',
        "return any(parts)",
    ),
    "either side of an implication": (
        "return (premise and conclusion) if value else (premise or conclusion)",
        "return premise or conclusion",
    ),
    "a premise as it stands": (
        "premise = self.limits(args[0], not value, variable, free, looked)",
        "premise = self.limits(args[0], value, variable, free, looked)",
    ),
    "all positions": (
        "return some and self.limits(args[1], value, variable, free, Looked(False, looked.parts))",
        "return self.limits(args[1], value, variable, free, Looked(False, looked.parts))",
    ),
    "a negation that limits": (
        "return self.limits(args[0], not value, variable, free, looked)",
        "return self.limits(args[0], value, variable, free, looked)",
    ),
    "one side of a choice": (
        "                return all(\n                    self.limits(condition",
        "                return any(\n                    self.limits(condition",
    ),
    "a condition whichever": (
        "chosen = (args[0], True, args[1]), (args[0], False, args[2])",
        "chosen = (args[0], True, args[1]), (args[0], True, args[2])",
    ),
    "a literal": ("return formula.data is not value", "return True"),
    "variables inside": (
        "if self.limits(body, value, variable, [*free, *inner], looked):",
        "if self.limits(body, value, variable, free, looked):",
    ),
    "all members": ('if value != (formula.op == "exists_in"):\n                    return False', "pass"),
    "members of any set": ("free if held else [*free, formula.bound[0]], looked)", "free, looked)"),
    "any equation": (
        "return any(a is variable and self._is_limit(b, variable.sort, free, looked) for a, b in sides)",
        "return True",
    ),
    "an equation that is false": ('case "eq" if value:', 'case "eq":'),
    "membership that is false": (
        'case "member" if value and args[0] is variable:',
        'case "member" if args[0] is variable:',
    ),
    "any comparison": ("low, high = args if value else args[::-1]", "low, high = args"),
    "a comparison from the wrong side": (
        '("high", low, high), ("low", high, low)',
        '("low", low, high), ("high", high, low)',
    ),
    "a value that is compared": ("return self.inside.of(limit, variable.sort, free)", "return not reads(limit, free)"),
    "elements of any comprehension": (
        "return limited and self.inside.covers(element.sort, sort)",
        "return self.inside.covers(element.sort, sort)",
    ),
    "what is not always looked at": (
        "return Looked(False, self.parts) if any(reads(c, variables) for c in conditions) else self",
        "return self",
    ),
    "sets that are not always looked at": (
        "inner = Looked(True, collection.args[1:]) if looked.at(collection) else Looked(False)",
        "inner = Looked(True, collection.args[1:])",
    ),
    "variables of a quantifier that are not limited": (
        "return limited and self.limits(body",
        "return self.limits(body",
    ),
    "any instance": ('if value == (formula.op == "forall"):', "if True:"),
}
SETTLED = {
    "any element": ('if part.op == "within" and self._opens(part.sort) and', "if False and"),
    "any index": ("if self._opens(index) and not self.inside.of(part.args[1], index):", "if False:"),
    "any choice": ('if part.op == "choose" and (fault := self._unlimited(part, True)):', "if False:"),
}
CASES = [
    pytest.param(module, *change, id=f"{kind}: {name}")
    for module, kind, changes in [
        (inside, "inside", INSIDE),
        (widening, "visited", VISITED),
        (widening, "limits", LIMITS),
        (widening, "settled", SETTLED),
    ]
    for name, change in changes.items()
]


@pytest.mark.parametrize(("module", "old", "new"), CASES)
def test_a_weakened_rule_is_noticed(module: ModuleType, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rightly_admitted()
    weaken(module, old, new, monkeypatch)
    assert is_noticed()


# What is said of whole models is noticed by the tests of these: each of them fails.
MODELS: dict[str, tuple[ModuleType, str, str, Callable[[], None]]] = {
    "guards": (
        unbounded,
        'guard.condition, "exists", guard.position',
        'guard.condition, "forall", guard.position',
        lambda: test_widening.test_a_guard_that_would_lose_steps_is_refused("no next"),
    ),
    "updates": (
        unbounded,
        'yield _Stated(what, update.value, "neither", update.position)',
        'yield _Stated(what, update.value, "forall", update.position)',
        lambda: test_widening.test_so_is_whatever_else_would("an update"),
    ),
    "initial predicates": (
        unbounded,
        'named.formula, "exists", named.position)\n        for named in self.constraints',
        'named.formula, "forall", named.position)\n        for named in self.constraints',
        lambda: test_widening.test_so_is_whatever_else_would("an initial predicate"),
    ),
    "constraints": (
        unbounded,
        'named.formula, "exists", named.position, settled',
        'named.formula, "forall", named.position, settled',
        lambda: test_widening.test_so_is_whatever_else_would("a constraint"),
    ),
    "constraints without a value": (
        unbounded,
        ", settled=True)",
        ")",
        test_widening.test_a_constraint_must_not_get_a_value_beyond_an_end,
    ),
    "initial values": (
        unbounded,
        'declared.initial, "neither", declared.position',
        'declared.initial, "exists", declared.position',
        lambda: test_widening.test_so_is_whatever_else_would("an initial value"),
    ),
    "properties": (
        unbounded,
        '_reason(self.widening.wrong(prop.formula, "forall"))',
        '_reason(self.widening.wrong(prop.formula, "exists"))',
        lambda: test_widening.test_what_is_computed_is_not_a_limit("a sum", "eq"),
    ),
    "sizes that a property looks at": (
        unbounded,
        "needed |= fault.parameters",
        "pass",
        lambda: test_unbounded.test_an_ordered_sort_keeps_its_size_where_all_of_it_is_looked_at("a property of some"),
    ),
    "sizes": (
        unbounded,
        "while needed := dropping.needed():",
        "while needed := frozenset():",
        test_widening.test_the_size_of_an_ordered_sort_stays_where_an_action_depends_on_it,
    ),
    "budgets of sizes that stay": (
        unbounded,
        "return bool(read & self.gone) or not read & stays",
        "return True",
        test_widening.test_the_size_of_an_ordered_sort_stays_where_an_action_depends_on_it,
    ),
    "ends that count": (
        unbounded,
        "return not all(self._ends.of(value, declared.sort) for value in values)",
        "return False",
        lambda: test_dropped.test_a_variable_that_may_leave_an_end_that_counts_stays("down"),
    ),
    "ranges of what cannot stay": (
        unbounded,
        "self._read_kept, self._ranges_kept)",
        "self._read_kept)",
        test_dropped.test_a_range_is_not_stated_of_what_cannot_stay,
    ),
    "initial values that are dropped": (
        definedness,
        "for v in self.scope.original.variables if v.initial is not None]",
        "for v in self.scope.model.variables if v.initial is not None]",
        test_dropped.test_an_initial_value_that_is_dropped_must_have_a_value,
    ),
    "initial values at ends that count": (
        unbounded,
        "return not all(self._ends.of(value, declared.sort) for value in values)",
        "return not all(self._ends.of(value, declared.sort) for value in values[:-1])",
        test_dropped.test_a_variable_that_starts_outside_its_range_stays,
    ),
    "capacities that count": (
        unbounded,
        "if any(not parameter_names(sort.capacity) & self.gone for sort in sequences):",
        "if False:",
        lambda: test_dropped.test_a_sequence_whose_capacity_counts_stays(True),
    ),
    "what is read by a dropped guard": (
        unbounded,
        "read |= state_names(*(term for term in dropped if may_be_undefined(term)))",
        "pass",
        test_dropped.test_what_is_read_to_see_whether_a_dropped_part_has_a_value_stays,
    ),
    "what is read by a dropped update": (
        unbounded,
        "if may_be_undefined(update.value):",
        "if False:",
        test_dropped.test_so_does_what_a_dropped_update_needs,
    ),
    "what cannot be expressed": (
        unbounded,
        "            self._raise(what, unsupported(term), position)\n\n    def _open",
        "            pass\n\n    def _open",
        test_dropped.test_a_dropped_part_that_cannot_be_expressed_is_refused,
    ),
    "dropped budgets": (
        definedness,
        "guards += self._under(conjunction(conditions), self.uses(guard.condition))",
        "pass",
        lambda: test_dropped.test_a_dropped_part_without_a_value_violates_defined(test_dropped.undefined_budget),
    ),
    "dropped updates": (
        definedness,
        "for u in gone for use in self.uses(u.value)",
        "for u in gone[:0] for use in self.uses(u.value)",
        lambda: test_dropped.test_a_dropped_part_without_a_value_violates_defined(test_dropped.undefined_update),
    ),
    "guards after a dropped one": (
        definedness,
        "self._under(conjunction(conditions), self.uses(guard.condition))",
        "self._under(conjunction(g.condition for g in whole.guards if g is not guard), self.uses(guard.condition))",
        lambda: test_dropped.test_a_dropped_part_without_a_value_violates_defined(
            test_dropped.undefined_before_the_guard
        ),
    ),
    "dropped constraints": (
        definedness,
        "c.name not in kept]",
        "c.name in kept]",
        test_dropped.test_a_dropped_constraint_is_looked_at_too,
    ),
    "members of what was not stored": (
        needs,
        " and index not in self._members",
        "",
        test_dropped.test_a_member_of_a_set_just_made_may_be_outside_its_sort,
    ),
    "ends that are dropped": (
        instance,
        "return self.circuit.and_((use.happens, lasting))",
        "return use.happens",
        lambda: test_dropped.test_what_is_undefined_at_an_end_that_is_dropped_is_no_violation("apply", True, False),
    ),
    "uses that change with the end": (
        instance,
        'if self.quantified.scope.admits(use.formula, "forall"):',
        "if True:",
        lambda: test_dropped.test_what_is_undefined_at_an_end_that_is_dropped_is_no_violation("choose", True, False),
    ),
}


@pytest.mark.parametrize("rule", MODELS)
def test_a_weakened_rule_of_models_fails_a_test(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, old, new, test = MODELS[rule]
    test()
    weaken(module, old, new, monkeypatch)
    with pytest.raises((AssertionError, ValueError, KeyError, pytest.fail.Exception, VerifyError, Inconsistency)):
        test()
