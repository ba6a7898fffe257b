"""The value that more than half of a sequence has, in one pass and with two variables (Boyer and Moore; Majority.tla).

The candidate is ahead by `cnt`: an element that is equal to it adds one, any other takes one away, and when nobody is ahead
the next element becomes the candidate. At the end no other value can have the majority.

    verify prove examples/majority.py --scope unbounded    Correct PROVED for sequences of every length
    verify prove examples/majority.py:stubborn     other elements count, too: Correct VIOLATED in 3 steps
"""

from verifier.kernel import (Bool, Int, Protocol, Range, Scalarset, Sequence, anything, choice, forall, guard, implies,
    ite, set_of, var, violated)  # fmt: skip

p = Protocol("majority", "the majority in one pass", source="Majority.tla (tlaplus/Examples)")
bound = p.search_bound("bound", 5, "elements of the longest sequence")


class Value(Scalarset, parameter="Values", size=3, prefix="v"):
    """An element."""


class Index(Range, low=1, high=bound + 1):
    """A position, or the one after the last."""


class Count(Range, low=0, high=bound):
    """A number of elements."""


class Elements(Sequence[Value], capacity=bound):
    """The sequence that is searched."""


@p.state
class State:
    seq: Elements = var(anything, "the sequence")
    i: Index = var(1, "the position that is next")
    cand: Value = var(anything, "the candidate")
    cnt: Count = var(0, "by how much the candidate is ahead")


@p.action
def Next(s: State) -> None:
    """The next element is compared with the candidate."""
    guard("more", s.i <= s.seq.length())
    x, cand, cnt = s.seq.at(s.i), s.cand, s.cnt
    s.i += 1
    s.cand = ite(cnt == 0, x, cand)
    s.cnt = ite((cnt == 0) | choice("equal", cand == x, True), cnt + 1, cnt - 1)


@p.may_stop
def Done(s: State) -> Bool:
    return s.i > s.seq.length()


p.variant("stubborn", drops=["Next.equal"], doc="every element counts for the candidate")


def occurrences(s: State, v: Value) -> Int:
    return set_of(Index, lambda k: (k < s.i) & (s.seq.at(k) == v)).size()


@p.invariant(expected={"stubborn": violated(3)})
def Correct(s: State) -> Bool:
    """At the end, no value but the candidate has the majority."""
    length = s.seq.length()
    return implies(s.i > length, forall(Value, lambda v: implies(2 * occurrences(s, v) > length, v == s.cand)))


@p.invariant()
def Ahead(s: State) -> Bool:
    """The candidate has occurred at least `cnt` times."""
    return s.cnt <= occurrences(s, s.cand)


@p.invariant()
def Others(s: State) -> Bool:
    """Without `cnt` occurrences of the candidate, no value is more than half of what was read."""
    return forall(Value, lambda v: 2 * (occurrences(s, v) - ite(v == s.cand, s.cnt, 0)) <= s.i - 1 - s.cnt)


@p.lemma("the next position is an element's or the one after the last")
def InSequence(s: State) -> Bool:
    return s.i <= s.seq.length() + 1
