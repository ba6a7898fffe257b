"""Deliberately wrong versions of the quantified semantics, which a comparison with the concrete semantics has to notice.

Each changes one thing: `VALUES` what an operator means, `USES` where an operator is undefined, `RULES` anything else. A mutant is
a function that makes the change for the time of one test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, cast

import pytest

from verifier.kernel.definedness import Use
from verifier.kernel.operators import those
from verifier.kernel.sorts import (
    BOOL,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import (
    TRUE,
    Term,
    conjunction,
    exists,
    implication,
    literal,
    negation,
)
from verifier.semantics.quantified import lowering, meanings, obligations
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.quantified.lowering import Environment, Lowering
from verifier.semantics.quantified.obligations import Quantified
from verifier.semantics.quantified.shapes import (
    FunctionValue,
    KeyedValue,
    OptionValue,
    RecordValue,
    SequenceValue,
    SetValue,
    Value,
)
from verifier.semantics.quantified.values import Values
from verifier.semantics.scope.expressible import is_flat

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]
Handler = Callable[[Lowering, Term, Environment], Value]

INEXPRESSIBLE = those(lambda operator: operator.refused)
"""The operators that first-order logic does not bear; models that use them are refused at unbounded scope."""
RESOLVED = those(lambda operator: operator.resolved)
"""The operators that are gone when a model is made of a protocol."""

right = Lowering._lower


def lowered(op: str, handler: Handler) -> Mutant:
    """Lowers an operator by a handler of its own."""

    def install(patch: Patch) -> None:
        def lower(self: Lowering, term: Term, env: Environment) -> Value:
            return handler(self, term, env) if term.op == op else right(self, term, env)

        patch.setattr(Lowering, "_lower", lower)

    return install


def like(op: str, other: str) -> Mutant:
    """Lowers an operator as if it were another one."""
    return lowered(op, lambda self, term, env: right(self, replace(term, op=other), env))


def changed(op: str, change: Callable[[Lowering, Term, Value], Value]) -> Mutant:
    """Lowers an operator rightly, then changes the value."""
    return lowered(op, lambda self, term, env: change(self, term, right(self, term, env)))


def argument(op: str, number: int) -> Mutant:
    """Takes the value of an argument for the value of the whole."""
    return lowered(op, lambda self, term, env: self.term(term.args[number], env))


def negated(self: Lowering, term: Term, value: Value) -> Value:
    return self.smt.negate(value)


def some_value(self: Lowering, term: Term, value: Value) -> Value:
    """A value of the sort about which nothing is known."""
    return self.values.default(term.sort)


def other_literal(self: Lowering, term: Term, value: Value) -> Value:
    sort = term.sort
    if isinstance(term.data, bool):
        return self.smt.negate(value)
    if isinstance(term.data, int):
        return self.smt.integer(term.data + 1)
    if isinstance(sort, EnumSort):
        return self.values.constant(sort, sort.labels[(sort.labels.index(term.data) + 1) % len(sort.labels)])
    return self.values.default(sort)


def reordered(op: str, *order: int) -> Mutant:
    """Lowers an operator with its arguments in another order."""
    return lowered(
        op, lambda self, term, env: right(self, replace(term, args=tuple(term.args[place] for place in order)), env)
    )


def at_one_place(self: Lowering, term: Term, env: Environment) -> Value:
    """The function applied somewhere, wherever it should be."""
    sort = cast(FunctionSort, term.args[0].sort)
    return self.term(term.args[0], env).at(self.values.default(sort.index))


def constant_function(self: Lowering, term: Term, value: Value) -> Value:
    place = self.values.default(cast(FunctionSort, term.sort).index)
    return FunctionValue(lambda i: value.at(place))


def complement(self: Lowering, term: Term, value: Value) -> Value:
    return SetValue(lambda x: self.smt.negate(value.has(x)))


def shuffled(self: Lowering, term: Term, value: Value) -> Value:
    fields = cast(RecordSort, term.sort).fields
    return RecordValue(tuple(self.values.default(of) for _, of in fields[:-1]) + value.fields[-1:])


def other_field(self: Lowering, term: Term, env: Environment) -> Value:
    sort = cast(RecordSort, term.args[0].sort)
    others = [name for name, of in sort.fields if of == term.sort and name != term.data]
    return right(self, replace(term, data=others[0]), env) if others else self.values.default(term.sort)


def any_record(self: Lowering, term: Term, env: Environment) -> Value:
    sort = cast(KeyedSort, term.args[0].sort)
    return self.term(term.args[0], env).record(self.values.default(sort.key_sort))


def one_further(self: Lowering, term: Term, env: Environment) -> Value:
    """The element behind the one that is asked for."""
    place = self.smt.arithmetic("add", self.term(term.args[1], env), self.smt.integer(1))
    return self.term(term.args[0], env).at(place)


def full(self: Lowering, term: Term, value: Value) -> Value:
    return KeyedValue(lambda k: self.smt.true, value.record)


def none_at_all(self: Lowering, term: Term, value: Value) -> Value:
    return OptionValue(self.smt.false, value.payload)


def something(self: Lowering, term: Term, value: Value) -> Value:
    return OptionValue(self.smt.true, self.values.default(cast(OptionSort, term.sort).element))


def defined_as(op: str, other: str) -> Mutant:
    """Defines the witness of a minimum or maximum as that of the other."""

    def install(patch: Patch) -> None:
        definition = Lowering._definition

        def wrong(self: Lowering, term: Term, witness: Value, env: Environment) -> Any:
            return definition(self, replace(term, op=other) if term.op == op else term, witness, env)

        patch.setattr(Lowering, "_definition", wrong)

    return install


def chosen_wrongly(patch: Patch) -> None:
    """What is chosen does not satisfy the formula."""
    definition = Lowering._definition

    def wrong(self: Lowering, term: Term, witness: Value, env: Environment) -> Any:
        if term.op == "choose":
            term = replace(term, args=(negation(term.args[0]),))
        return definition(self, term, witness, env)

    patch.setattr(Lowering, "_definition", wrong)


def never_stepped(patch: Patch) -> None:
    """What is read of the next state is read of the current one."""
    after = obligations.after
    patch.setattr(obligations, "after", lambda root, updates: after(root, {}))


def shifted(self: Lowering, term: Term, value: Value) -> Value:
    """The sequence from its second element, of the same length."""
    return SequenceValue(value.length, lambda i: value.at(self.smt.arithmetic("add", i, self.smt.integer(1))))


def as_in_smtlib(op: Literal["div", "mod"]) -> Mutant:
    """Divides as SMT-LIB does, which rounds the other way for negative divisors."""
    return lowered(op, lambda self, term, env: self.smt.arithmetic(op, *(self.term(arg, env) for arg in term.args)))


VALUES: dict[str, Mutant] = {
    "literal": changed("literal", other_literal),
    "parameter": changed("parameter", lambda self, term, value: self.smt.arithmetic("add", value, self.smt.integer(1))),
    "bound": changed("bound", some_value),
    "state": changed("state", some_value),
    "next": never_stepped,
    "not": argument("not", 0),
    "and": like("and", "or"),
    "or": like("or", "and"),
    "implies": like("implies", "or"),
    "ite": reordered("ite", 0, 2, 1),
    "eq": changed("eq", negated),
    "lt": like("lt", "le"),
    "le": like("le", "lt"),
    "add": like("add", "sub"),
    "sub": like("sub", "add"),
    "mul": like("mul", "add"),
    "forall_upto": like("forall_upto", "exists_upto"),
    "exists_upto": like("exists_upto", "forall_upto"),
    "tabulate": changed("tabulate", shifted),
    "div": as_in_smtlib("div"),
    "mod": as_in_smtlib("mod"),
    "apply": lowered("apply", at_one_place),
    "function": changed("function", constant_function),
    "update": argument("update", 0),
    "member": changed("member", negated),
    "set": changed("set", complement),
    "cardinality": changed("cardinality", lambda self, term, value: self.smt.arithmetic("add", value, self.smt.integer(1))),
    "sum": changed("sum", lambda self, term, value: self.smt.arithmetic("add", value, self.smt.integer(1))),
    "minimum": defined_as("minimum", "maximum"),
    "maximum": defined_as("maximum", "minimum"),
    "record": changed("record", shuffled),
    "field": lowered("field", other_field),
    "none": changed("none", something),
    "some": changed("some", none_at_all),
    "is_some": changed("is_some", negated),
    "payload": changed("payload", some_value),
    "keyed": changed("keyed", full),
    "insert": argument("insert", 0),
    "remove": argument("remove", 0),
    "has_key": changed("has_key", negated),
    "lookup": lowered("lookup", any_record),
    "sequence": changed("sequence", some_value),
    "append": argument("append", 0),
    "length": changed("length", lambda self, term, value: self.smt.arithmetic("add", value, self.smt.integer(1))),
    "at": lowered("at", one_further),
    "put": argument("put", 0),
    "tail": argument("tail", 0),
    "forall": like("forall", "exists"),
    "exists": like("exists", "forall"),
    "forall_in": like("forall_in", "exists_in"),
    "exists_in": like("exists_in", "forall_in"),
    "choose": chosen_wrongly,
    "within": changed("within", some_value),
}


# -- definedness ---------------------------------------------------------------------------------------------------------

own, collect = Definedness._own, Definedness._collect


def never_undefined(op: str) -> Mutant:
    """The operation itself has a value for all arguments."""

    def install(patch: Patch) -> None:
        patch.setattr(Definedness, "_own", lambda self, term: TRUE if term.op == op else own(self, term))

    return install


def collected(op: str, handler: Callable[[Definedness, Term], list[Use]]) -> Mutant:
    def install(patch: Patch) -> None:
        patch.setattr(
            Definedness, "_collect", lambda self, term: handler(self, term) if term.op == op else collect(self, term)
        )

    return install


def all_looked_at(op: str) -> Mutant:
    """All arguments are looked at, those too that the ones to their left make irrelevant."""
    return collected(op, lambda self, term: [use for arg in term.args for use in self.uses(arg)])


def only_its_own(self: Definedness, term: Term) -> list[Use]:
    needed = self._own(term)
    return [] if needed is TRUE else [Use(term.at, needed, term)]


def arguments_always_defined(op: str) -> Mutant:
    """Whatever the arguments are, only the operation itself can be undefined."""
    return collected(op, only_its_own)


def looked_at_elsewhere(self: Definedness, term: Term) -> list[Use]:
    """The right side is looked at where it is not."""
    left, inner = term.args[0], self.uses(term.args[1])
    condition = negation(left) if term.op in ("and", "implies") else left
    return [*self.uses(left), *(use.of(implication(condition, use.formula)) for use in inner)]


def one_instance(self: Definedness, term: Term) -> list[Use]:
    """Some instance has to be defined, not each."""
    inner = self.uses(term.args[-1])
    if term.op in ("forall_in", "exists_in"):
        some = [u.of(Term("exists_in", (term.args[0], u.formula), BOOL, term.bound)) for u in inner]
        return [*self.uses(term.args[0]), *some]
    return [*(u.of(exists(term.bound, u.formula)) for u in inner), *only_its_own(self, term)]


def unique_only(patch: Patch) -> None:
    """A choice is defined if there is at most one value."""

    def wrong(self: Definedness, term: Term) -> Term:
        found = own(self, term)
        return exists(found.bound, found.args[0].args[1]) if term.op == "choose" else found

    patch.setattr(Definedness, "_own", wrong)


def some_only(patch: Patch) -> None:
    """A choice is defined if there is at least one value."""

    def wrong(self: Definedness, term: Term) -> Term:
        found = own(self, term)
        return exists(found.bound, found.args[0].args[0]) if term.op == "choose" else found

    patch.setattr(Definedness, "_own", wrong)


def guards_apart(patch: Patch) -> None:
    """Each guard is looked at, also where those before it fail."""

    def wrong(self: Definedness, action: Any) -> tuple[Use, ...]:
        together = conjunction(guard.condition for guard in action.guards)
        updates = [use for update in action.updates for use in self.uses(update.value)]
        guards = [use for guard in action.guards for use in self.uses(guard.condition)]
        return self._attempted(action, guards, together, updates)

    patch.setattr(Definedness, "action", wrong)


def updates_always(patch: Patch) -> None:
    """Updates are looked at, also where the action does not fire."""
    attempted = Definedness._attempted
    patch.setattr(
        Definedness,
        "_attempted",
        lambda self, action, guards, together, updates: (*attempted(self, action, guards, together, ()), *updates),
    )


def updates_never(patch: Patch) -> None:
    """Updates are always defined."""
    attempted = Definedness._attempted
    patch.setattr(
        Definedness,
        "_attempted",
        lambda self, action, guards, together, updates: attempted(self, action, guards, together, ()),
    )


def guards_never(patch: Patch) -> None:
    """Guards are always defined."""
    attempted = Definedness._attempted
    patch.setattr(
        Definedness,
        "_attempted",
        lambda self, action, guards, together, updates: attempted(self, action, (), together, updates),
    )


def for_some_witness(patch: Patch) -> None:
    """Guards have to be defined for some witness, not for each."""
    patch.setattr(
        Definedness,
        "_attempted",
        lambda self, action, guards, together, updates: (
            *(u.of(exists(tuple(w.variable for w in action.witnesses), u.formula)) for u in guards),
            *updates,
        ),
    )


def members_in_their_sort(patch: Patch) -> None:
    """A variable that runs over the records of a keyed set is within its sort."""

    def wrong(self: Definedness, term: Term) -> Term:
        self._members.clear()
        return own(self, term)

    patch.setattr(Definedness, "_own", wrong)


def never_leaves(patch: Patch) -> None:
    """What has no place in a set is undefined, wherever it is put."""
    patch.setattr(Definedness, "_leaves", lambda self, variable, use: False)


def always_leaves(patch: Patch) -> None:
    """Whatever is undefined in a new value leaves the range of the variable."""
    patch.setattr(Definedness, "_leaves", lambda self, variable, use: True)


def always_stored(patch: Patch) -> None:
    """Whatever is put into a set fits there."""
    patch.setattr(Definedness, "stored", lambda self, action, variable: ())


_STRICT = ("not", "and", "or", "implies", "ite", "eq", "lt", "le", "add", "apply", "member", "is_some")
_INSTANCES = ("function", "set", "choose", "forall", "exists", "forall_in", "exists_in")

USES: dict[str, Mutant] = {
    **{
        f"{op}, never undefined": never_undefined(op)
        for op in sorted(those(lambda operator: operator.partial) - INEXPRESSIBLE)
    },
    **{f"{op}, all looked at": all_looked_at(op) for op in ("and", "or", "implies", "ite")},
    **{f"{op}, the other side looked at": collected(op, looked_at_elsewhere) for op in ("and", "or", "implies")},
    **{f"{op}, arguments always defined": arguments_always_defined(op) for op in (*_STRICT, *_INSTANCES)},
    **{f"{op}, one instance": collected(op, one_instance) for op in _INSTANCES},
    "choose, unique only": unique_only,
    "choose, some only": some_only,
    "guards apart": guards_apart,
    "guards never": guards_never,
    "updates always": updates_always,
    "updates never": updates_never,
    "some witness": for_some_witness,
    "members in their sort": members_in_their_sort,
    "never leaves": never_leaves,
    "always leaves": always_leaves,
    "always stored": always_stored,
}


# -- ranges --------------------------------------------------------------------------------------------------------------

within = Definedness.within


def unchecked(kind: type[Sort]) -> Mutant:
    """Nothing inside a sort of this kind has to be in its range."""

    def install(patch: Patch) -> None:
        patch.setattr(
            Definedness,
            "within",
            lambda self, value, sort: TRUE if isinstance(sort, kind) else within(self, value, sort),
        )

    return install


def one_end(keep: int) -> Mutant:
    """Of a range, only one end counts."""

    def install(patch: Patch) -> None:
        def wrong(self: Definedness, value: Term, sort: Sort) -> Term:
            found = within(self, value, sort)
            return found.args[keep] if isinstance(sort, RangeSort) and found.op == "and" else found

        patch.setattr(Definedness, "within", wrong)

    return install


def payload_always(patch: Patch) -> None:
    """The payload of `none` has to be in range."""

    def wrong(self: Definedness, value: Term, sort: Sort) -> Term:
        found = within(self, value, sort)
        return found.args[1] if isinstance(sort, OptionSort) and found is not TRUE else found

    patch.setattr(Definedness, "within", wrong)


# -- values --------------------------------------------------------------------------------------------------------------


def no_domain(kind: type[Sort]) -> Mutant:
    """A variable over such a sort runs over all integers in it."""

    def install(patch: Patch) -> None:
        domain = Values.domain
        patch.setattr(
            Values,
            "domain",
            lambda self, value, sort: self.smt.true if isinstance(sort, kind) else domain(self, value, sort),
        )

    return install


def unranged(patch: Patch) -> None:
    quantify = Values.quantify
    patch.setattr(
        Values,
        "quantify",
        lambda self, universal, bound, body, ranged=True: quantify(self, universal, bound, body, False),
    )


def always_equal(kind: type[Sort]) -> Mutant:
    def install(patch: Patch) -> None:
        equal = Values.equal
        patch.setattr(
            Values,
            "equal",
            lambda self, a, b, sort: self.smt.true if isinstance(sort, kind) else equal(self, a, b, sort),
        )

    return install


def payload_counts(patch: Patch) -> None:
    """The payload of `none` counts in equality."""
    equal = Values.equal

    def wrong(self: Values, left: Value, right: Value, sort: Sort) -> Any:
        if isinstance(sort, OptionSort) and None not in (left.payload, right.payload):
            present = self.smt.equal(left.present, right.present)
            return self.smt.conjunction([present, wrong(self, left.payload, right.payload, sort.element)])
        return equal(self, left, right, sort)

    patch.setattr(Values, "equal", wrong)


def equal_within_range(kind: type[Sort]) -> Mutant:
    """Sets are compared over the range of their elements, keyed sets over that of their keys."""

    def install(patch: Patch) -> None:
        equal, quantify = Values.equal, Values.quantify

        def wrong(self: Values, left: Value, right: Value, sort: Sort) -> Any:
            if not isinstance(sort, kind):
                return equal(self, left, right, sort)
            with pytest.MonkeyPatch.context() as inner:
                inner.setattr(Values, "quantify", lambda s, u, b, body, ranged=True: quantify(s, u, b, body, True))
                return equal(self, left, right, sort)

        patch.setattr(Values, "equal", wrong)

    return install


def keys_only(patch: Patch) -> None:
    """Keyed sets with the same keys are equal."""
    equal = Values.equal

    def wrong(self: Values, left: Value, right: Value, sort: Sort) -> Any:
        if isinstance(sort, KeyedSort):
            return self.quantify(
                True, [("k", sort.key_sort)], lambda k: self.smt.equal(left.has(k[0]), right.has(k[0])), ranged=False
            )
        return equal(self, left, right, sort)

    patch.setattr(Values, "equal", wrong)


def one_branch(kind: type) -> Mutant:
    """Of two values of this kind the second is chosen, whatever the condition."""

    def install(patch: Patch) -> None:
        ite = Values.ite

        def wrong(self: Values, condition: Any, then: Value, otherwise: Value) -> Value:
            if isinstance(then, kind) and isinstance(otherwise, kind):
                return otherwise
            return ite(self, condition, then, otherwise)

        patch.setattr(Values, "ite", wrong)

    return install


def first_field_orders(patch: Patch) -> None:
    """Of ordered records only the first fields are compared."""
    less = Values.less

    def wrong(self: Values, left: Value, right: Value, sort: Sort, strict: bool) -> Any:
        if isinstance(sort, RecordSort):
            return self.ordered(left.fields[0], right.fields[0], strict)
        return less(self, left, right, sort, strict)

    patch.setattr(Values, "less", wrong)


def last_field_first(patch: Patch) -> None:
    """The last field of ordered records is the most significant one."""
    less = Values.less

    def wrong(self: Values, left: Value, right: Value, sort: Sort, strict: bool) -> Any:
        if isinstance(sort, RecordSort):
            left, right = RecordValue(left.fields[::-1]), RecordValue(right.fields[::-1])
        return less(self, left, right, sort, strict)

    patch.setattr(Values, "less", wrong)


def junk_payloads(patch: Patch) -> None:
    """As an index or an element, `none` is its payload, too."""
    flatten = Values.flatten

    def wrong(self: Values, value: Value, sort: Sort) -> list[Any]:
        if isinstance(sort, OptionSort) and value.payload is not None:
            return [value.present, *self.flatten(value.payload, sort.element)]
        return flatten(self, value, sort)

    patch.setattr(Values, "flatten", wrong)


def any_quorum_member(patch: Patch) -> None:
    patch.setattr(Values, "in_quorum", lambda self, sort, member, quorum: self.smt.true)


def members_by_key(patch: Patch) -> None:
    """A record is in a keyed set if one with its key is."""
    member = meanings.member

    def wrong(values: Values, item: Value, collection: Value, sort: Sort) -> Any:
        if isinstance(sort, KeyedSort):
            names = [name for name, _ in sort.element.fields]
            return collection.has(item.fields[names.index(sort.key)])
        return member(values, item, collection, sort)

    for module in (meanings, lowering):
        patch.setattr(module, "member", wrong)


def elements_out_of_range(patch: Patch) -> None:
    """A comprehension has whatever satisfies its formula, in range or not."""

    def lower(self: Lowering, term: Term, env: Environment) -> Value:
        if term.op == "set":
            return SetValue(lambda x: self._body(term, x, env))
        return right(self, term, env)

    patch.setattr(Lowering, "_lower", lower)


# -- minima, maxima, choices ---------------------------------------------------------------------------------------------


def one_witness_for_all(patch: Patch) -> None:
    """All minima, and all choices, of one sort are the same value."""
    first: dict[Any, Term] = {}

    def wrong(self: Lowering, term: Term) -> Term:
        return first.setdefault((id(self), term.op, term.sort, len(self.free(term))), term)

    patch.setattr(Lowering, "_representative", wrong)


def literals_alike(patch: Patch) -> None:
    """Terms that differ in a literal share a witness."""
    shape = Lowering._shape

    def wrong(self: Lowering, term: Term, *rest: Any) -> Any:
        return shape(self, replace(term, data=0) if term.op == "literal" else term, *rest)

    patch.setattr(Lowering, "_shape", wrong)


def not_a_function(patch: Patch) -> None:
    """A witness does not depend on the variables around it."""
    patch.setattr(Lowering, "_around", lambda self, term: ())
    patch.setattr(Lowering, "_representative", lambda self, term: term)
    patch.setattr(Lowering, "_definition", lambda self, term, witness, env: _definition(self, term, witness, env))


_definition_of = Lowering._definition


def _definition(self: Lowering, term: Term, witness: Value, env: Environment) -> Any:
    missing = {v: self.values.default(v.sort) for v in self.free(term) if v not in self.constants}
    return _definition_of(self, term, witness, {**missing, **env})


def always_there(patch: Patch) -> None:
    """Every set has a least element, every choice a value."""
    definition = Lowering._definition

    def wrong(self: Lowering, term: Term, witness: Value, env: Environment) -> Any:
        smt = self.smt
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(smt, "implication", lambda premise, conclusion: conclusion, raising=True)
            return definition(self, term, witness, env)

    patch.setattr(Lowering, "_definition", wrong)


def chosen_out_of_range(patch: Patch) -> None:
    """What is chosen may be any integer."""
    patch.setattr(lowering.Values, "domain", lambda self, value, sort: self.smt.true)


# -- obligations ---------------------------------------------------------------------------------------------------------


def without(tag: str) -> Mutant:
    """A step, or an initial state, without the premises of one kind."""

    def install(patch: Patch) -> None:
        stepping, initial = Quantified._stepping, Quantified._initial
        patch.setattr(
            Quantified,
            "_stepping",
            lambda self, *given, **named: [p for p in stepping(self, *given, **named) if p.tag != tag],
        )
        patch.setattr(Quantified, "_initial", lambda self: [p for p in initial(self) if p.tag != tag])

    return install


def not_where_undefined(patch: Patch) -> None:
    """What is undefined counts as false."""
    patch.setattr(Quantified, "holds", lambda self, formula: conjunction([self.definedness.defined(formula), formula]))


def whatever_where_undefined(patch: Patch) -> None:
    """What is undefined counts as what it happens to be."""
    patch.setattr(Quantified, "holds", lambda self, formula: formula)


def never_begun(patch: Patch) -> None:
    """Initial values do not count."""
    patch.setattr(Quantified, "_initially", lambda self, formula: formula)


def one_update(patch: Patch) -> None:
    """Of several updates only the first counts."""
    after = obligations.after
    patch.setattr(obligations, "after", lambda root, updates: after(root, dict(list(updates.items())[:1])))


def range_of_one(patch: Patch) -> None:
    """No stored value has to be within its range."""
    patch.setattr(Quantified, "_within", lambda self, name: literal(True, BOOL))


def outside_constraints(patch: Patch) -> None:
    """What actions use outside the constraints has to be defined."""
    original = obligations.Quantified.defined_uses

    def wrong(self: Quantified, found: Any) -> list[Use]:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Quantified, "holds", lambda s, formula: TRUE)
            return original(self, found)

    patch.setattr(Quantified, "defined_uses", wrong)


def arguments_unranged(patch: Patch) -> None:
    """What holds of all sets and functions that an action may be given is asked of those, too, that are not of their sorts."""
    opened = Quantified._without_quantifiers

    def wrong(self: Quantified, goal: Term) -> Term:
        found = opened(self, goal)
        constants = goal.op == "forall" and not all(is_flat(v.sort) for v in goal.bound)
        return found.args[1] if constants and found.op == "implies" else found

    patch.setattr(Quantified, "_without_quantifiers", wrong)


RULES: dict[str, Mutant] = {
    "arguments unranged": arguments_unranged,
    **{
        f"{kind.__name__} unchecked": unchecked(kind)
        for kind in (RangeSort, FunctionSort, SetSort, KeyedSort, RecordSort, SequenceSort)
    },
    "OptionSort unchecked": unchecked(OptionSort),
    "only lower ends": one_end(0),
    "only upper ends": one_end(1),
    "payload always in range": payload_always,
    **{f"{kind.__name__} without domain": no_domain(kind) for kind in (RangeSort, OptionSort, RecordSort)},
    "quantifiers unranged": unranged,
    **{
        f"{kind.__name__} always equal": always_equal(kind)
        for kind in (FunctionSort, SetSort, OptionSort, RecordSort, KeyedSort, SequenceSort)
    },
    "payload of none counts": payload_counts,
    "sets compared within range": equal_within_range(SetSort),
    "keyed sets with the same keys": keys_only,
    **{
        f"{kind.__name__}, one branch": one_branch(kind)
        for kind in (FunctionValue, SetValue, OptionValue, RecordValue, KeyedValue, SequenceValue)
    },
    "first field orders": first_field_orders,
    "last field first": last_field_first,
    "junk payloads": junk_payloads,
    "any quorum member": any_quorum_member,
    "members by key": members_by_key,
    "elements out of range": elements_out_of_range,
    "one witness for all": one_witness_for_all,
    "literals alike": literals_alike,
    "witness not a function": not_a_function,
    "always there": always_there,
    "steps without range": without("range"),
    "steps without guard": without("guard"),
    "steps without constraint": without("constraint"),
    "steps without defined": without("defined"),
    "no initial predicate": without("initial"),
    "false where undefined": not_where_undefined,
    "whatever where undefined": whatever_where_undefined,
    "never begun": never_begun,
    "one update": one_update,
    "no range": range_of_one,
    "uses outside constraints": outside_constraints,
}
