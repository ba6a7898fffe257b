"""Terms over the world of `widened`: what limits a variable whose range has lost its end, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.quantified.widened import World
from verifier.kernel import (
    Bool,
    Option,
    choose,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    forall_upto,
    implies,
    ite,
    max_of,
    maximum,
    minimum,
    set_of,
    some,
)

Case = Callable[[Any, World], Bool]

# Each says that some v is what is given; true over longer ranges, and false at the end of each.
COMPUTED: dict[str, Callable[[Any, World], Any]] = {
    "a sum": lambda s, m: s.w + 1,
    "a sum with a sort": lambda s, m: m.W(s.w + 1),
    "a product": lambda s, m: s.w * 2,
    "a number": lambda s, m: m.W(1),
    "a greater of two": lambda s, m: maximum(s.w, s.w + 1),
    "a choice": lambda s, m: ite(s.on, s.w, m.W(s.w + 1)),
    "another range": lambda s, m: s.small,
    "a field just made": lambda s, m: m.Pair(left=s.w + 1, right=s.w).left,
    "a field just replaced": lambda s, m: s.pair.replace(left=s.w + 1).left,
    "a payload just made": lambda s, m: some(m.W(s.w + 1)).value,
    "a value just mapped": lambda s, m: s.at.updated(s.first, s.w + 1)[s.first],
    "a mapped value": lambda s, m: fn(m.Node, lambda n: m.W(s.at[n] + 1))[s.first],
    "what is stored beyond the end": lambda s, m: s.next[s.w + 1],
    "a member just inserted": lambda s, m: s.pairs.insert(m.Pair(left=s.w, right=s.w + 1)).get(s.w).right,
    "a length just made": lambda s, m: s.log.append(s.w).length(),
    "an element just made": lambda s, m: s.log.append(s.w + 1).at(s.log.length() + 1),
    "the length of what may be longer": lambda s, m: s.train.length(),
    "a length with a sort": lambda s, m: m.W(s.log.length() + 1),
    "the one that is greater": lambda s, m: choose(m.W, lambda v: v > s.w),
}

STORED: dict[str, Callable[[Any, World], Any]] = {
    "a variable": lambda s, m: s.w,
    "less than a variable": lambda s, m: s.w - 1,
    "the low end": lambda s, m: m.W(0),
    "a function's value": lambda s, m: s.at[s.first],
    "a function's value there": lambda s, m: s.next[s.w],
    "a function's value below": lambda s, m: s.next[s.w - 1],
    "a field": lambda s, m: s.pair.left,
    "a field of a changed record": lambda s, m: s.pair.replace(left=s.w).right,
    "a payload": lambda s, m: s.maybe.value,
    "a greater of two": lambda s, m: maximum(s.w, s.at[s.first]),
    "a lesser of two": lambda s, m: minimum(s.w, s.pair.right),
    "a choice": lambda s, m: ite(s.on, s.w, s.pair.right),
    "a greatest": lambda s, m: max_of(s.seen),
    "a record's": lambda s, m: s.pairs.get(s.w).right,
    "a length": lambda s, m: s.log.length(),
    "the length of a rest": lambda s, m: s.log.tail().length(),
    "an element": lambda s, m: s.log.head(),
    "an element that was put": lambda s, m: s.log.put(1, s.w).at(1),
    "a changed function's": lambda s, m: s.at.updated(s.first, s.w)[s.first],
}


LIMITED: dict[str, Case] = {
    "either way": lambda s, m: exists(m.W, lambda v: ite(s.on, v == s.w, v <= s.at[s.first])),
    "a condition that says so": lambda s, m: exists(m.W, lambda v: ite(v <= s.w, s.on, v == s.pair.left)),
    "both alternatives": lambda s, m: exists(m.W, lambda v: (v == s.w) | (v < s.pair.left)),
    "one of two conditions": lambda s, m: exists(m.W, lambda v: (v > s.small) & (v <= s.w)),
    "a negated comparison": lambda s, m: exists(m.W, lambda v: ~(v > s.w) & s.on),
    "a set": lambda s, m: exists_in(s.seen, lambda v: v > s.w),
    "a variable that is limited": lambda s, m: exists(m.W, m.W, lambda v, u: (v <= u) & (u <= s.w)),
    "a variable of a quantifier": lambda s, m: forall(m.W, lambda u: exists(m.W, lambda v: v <= u)),
    "members of what was stored": lambda s, m: exists(m.W, lambda v: exists_in(s.pairs, lambda r: v <= r.right)),
    "an element of a sequence": lambda s, m: exists(m.W, lambda v: s.log.contains(v) & (v >= s.w)),
    "not all positions": lambda s, m: exists(
        m.W, lambda v: ~forall_upto(s.log.length(), lambda i: s.log.at(i) != v) & (v > s.w)
    ),
    "a whole record": lambda s, m: exists(m.Pair, lambda r: r == s.pair),
    "a record that was stored": lambda s, m: exists(m.Pair, lambda r: s.pairs.contains(r)),
    "an option": lambda s, m: exists(Option[m.W], lambda o: o == s.maybe),  # type: ignore[name-defined]
    "a comprehension": lambda s, m: set_of(m.W, lambda v: v <= s.w).contains(s.w + 1) | s.on,
    "what is asked of a comprehension": lambda s, m: set_of(m.W, lambda v: v >= 0).contains(s.w),
    "not being in a comprehension": lambda s, m: ~set_of(m.W, lambda v: v >= 0).contains(s.w + 1) | s.on,
    "equal functions": lambda s, m: s.next == fn(m.W, lambda v: s.next[v]),
}

UNLIMITED: dict[str, Case] = {
    "only one way": lambda s, m: exists(m.W, lambda v: ite(s.on, v == s.w, v > s.w)),
    "only one alternative": lambda s, m: exists(m.W, lambda v: (v == s.w) | (v > s.w)),
    "an implication": lambda s, m: exists(m.W, lambda v: implies(s.on, v <= s.w) & implies(~s.on, v > s.w)),
    "a lower bound": lambda s, m: exists(m.W, lambda v: v > s.w),
    "a second variable that is not": lambda s, m: exists(m.W, m.W, lambda v, u: (v <= s.w) & (u > s.w)),
    "variables that limit each other": lambda s, m: exists(
        m.W, lambda v: exists(m.W, lambda u: (v <= u) & (u <= v) & (u > s.w))
    ),
    "what is not the condition": lambda s, m: exists(m.W, lambda v: ite(v <= s.w, s.on, v > s.w)),
    "nothing said": lambda s, m: exists(m.W, lambda v: Bool(True) & (v > s.w)),
    "all members, of which there may be none": lambda s, m: exists(
        m.W, lambda v: (v > s.w) & forall_in(s.pairs, lambda r: v <= r.right)
    ),
    "what is made and not always looked at": lambda s, m: exists(
        m.W, lambda v: (v > s.w) & (s.seen | {s.w + 1}).contains(v)
    ),
    "what is made and looked at behind another element": lambda s, m: set_of(
        m.W, lambda v: (v == s.w) | (s.seen | {s.w + 1}).contains(v)
    ).contains(s.w + 1),
    "all elements, of which there may be none": lambda s, m: exists(
        m.W, lambda v: (v > s.w) & forall_upto(s.log.length(), lambda i: s.log.at(i) == v)
    ),
    "an element just appended": lambda s, m: exists(m.W, lambda v: s.log.append(s.w + 1).contains(v) & (v > s.w)),
    "a negation": lambda s, m: exists(m.W, lambda v: ~(v <= s.w)),
    "a variable that is not": lambda s, m: exists(m.W, m.W, lambda v, u: (v < u) & (u > s.w)),
    "a variable inside": lambda s, m: exists(m.W, lambda v: exists(m.W, lambda u: (v <= u) & (u > s.w))),
    "members just inserted": lambda s, m: exists(
        m.W, lambda v: exists_in(s.pairs.insert(m.Pair(left=s.w, right=s.w + 1)), lambda r: (v == r.right) & (v > s.w))
    ),
    "members just inserted, outside": lambda s, m: forall_in(
        s.pairs.insert(m.Pair(left=s.w, right=s.w + 1)), lambda r: exists(m.W, lambda v: v == r.right)
    ),
    "a function of what is not limited": lambda s, m: exists(m.W, lambda v: v == s.next[v]),
    "a premise": lambda s, m: implies(forall(m.W, lambda v: v != s.w + 1), s.on),
    "a nested premise": lambda s, m: implies(implies(s.on, exists(m.W, lambda v: v > s.w)) == s.on, s.on),
    "a record": lambda s, m: exists(m.Pair, lambda r: r.left <= s.w),
    "an option": lambda s, m: exists(Option[m.W], lambda o: o.is_some & (o.value > s.w)),  # type: ignore[name-defined]
    "being in a comprehension": lambda s, m: set_of(m.W, lambda v: v >= 0).contains(s.w + 1),
    "what is equal to a comprehension": lambda s, m: set_of(m.W, lambda v: v >= 0) == s.seen,
    "what follows from a comprehension": lambda s, m: implies(~set_of(m.W, lambda v: v >= 0).contains(s.w + 1), s.on),
    "what is equal to a formula": lambda s, m: forall(m.W, lambda v: v <= s.w) == s.on,
    "different functions": lambda s, m: s.next != fn(m.W, lambda v: s.next[v]),
    "functions in a premise": lambda s, m: implies(s.next == fn(m.W, lambda v: m.W(0)), s.on),
    "what is chosen": lambda s, m: exists(m.W, lambda v: v <= choose(m.W, lambda u: u > s.w)),
    # The second part is not looked at where the first is false, so the index may be beyond the end.
    "what is checked to the left": lambda s, m: exists(m.W, lambda v: (v > s.w) & (v <= s.next[s.w + 1])),
}


STEPS_LOST: dict[str, Case] = {
    "all are below": lambda s, m: forall(m.W, lambda v: (v <= s.w) & ~s.on),
    "no next": lambda s, m: forall(m.W, lambda v: v != s.w + 1),
    "none is next": lambda s, m: ~exists(m.W, lambda v: v == s.w + 1),
    "nothing beyond": lambda s, m: ~set_of(m.W, lambda v: v >= 0).contains(s.w + 1),
    "all are marked": lambda s, m: forall(m.W, lambda v: implies(v >= s.w, s.next[v] == v)),
    "the whole set": lambda s, m: s.seen == set_of(m.W, lambda v: v >= 0),
    "the same function": lambda s, m: s.next == fn(m.W, lambda v: m.W(0)),
    "the greatest of all": lambda s, m: max_of(set_of(m.W, lambda v: v >= 0)) == s.w,
}
