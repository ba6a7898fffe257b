"""Properties of the numbers of Rotor."""

from __future__ import annotations

from verifier.encodings.rotor_sampling import Few, Number, Shred, Stake, Validator, left, rotor_sampling, seats, total
from verifier.kernel import Bool, Fn, Int, Set, all_of, disjoint, forall, implies, ite, sum_of


@rotor_sampling.law(short="Sample-1")
def ExpectedRelays(shreds: Number, enough: Number, stake: Number, faulty: Number) -> Bool:
    """With 5/3 times as many shreds as decode and less than 40 % faulty stake, enough relays are correct on average."""
    return implies((3 * shreds > 5 * enough) & (5 * faulty < 2 * stake), shreds * (stake - faulty) > enough * stake)


@rotor_sampling.law(short="Sample-1a")
def OverProvisioned(shreds: Number, enough: Number) -> Bool:
    """5/3 times as many shreds is 60 % of them above what decodes."""
    return (6 * shreds > 10 * enough) == (3 * shreds > 5 * enough)


@rotor_sampling.law(short="Sample-2")
def SuccessByCount(shreds: Number, enough: Number, faulty: Number) -> Bool:
    """Enough relays are correct exactly if no more are faulty than there are shreds to spare."""
    return (shreds - faulty >= enough) == (faulty <= shreds - enough)


@rotor_sampling.law(short="Sample-2a")
def TwoDecodableSets(a: Set[Shred], b: Set[Shred], enough: Few) -> Bool:
    """Two sets that have no shred in common decode only if there are twice as many shreds as decode."""
    decodable = (a.size() >= enough) & (b.size() >= enough) & disjoint(a, b)
    return implies(decodable, 2 * enough <= sum_of(Shred, lambda i: Int(1)))


@rotor_sampling.law(short="Sample-2b")
def OneRoot(a: Set[Shred], b: Set[Shred], byzantine: Set[Shred], enough: Few) -> Bool:
    """With shreds of two roots from Byzantine relays alone, more than half of shreds and Byzantine ones exclude two roots."""
    both = (a & b <= byzantine) & (a.size() >= enough) & (b.size() >= enough)
    return implies(both, 2 * enough <= sum_of(Shred, lambda i: Int(1)) + byzantine.size())


@rotor_sampling.law(short="Sample-3")
def RestsFillBins(w: Fn[Validator, Stake], shreds: Few) -> Bool:
    """Seats that are certain are at most as many as there are; what rests fills exactly as many bins as are left."""
    certain = sum_of(Validator, lambda v: seats(w, v, shreds))
    rest = sum_of(Validator, lambda v: left(w, v, shreds))
    return implies(total(w) > 0, all_of(
        certain <= shreds,
        rest == (shreds - certain) * total(w),
        forall(Validator, lambda v: left(w, v, shreds) < total(w)),
    ))  # fmt: skip


@rotor_sampling.law(short="Sample-4")
def Guarantee(
    w: Fn[Validator, Stake], drawn: Fn[Validator, Few], faulty: Set[Validator], shreds: Few, enough: Few
) -> Bool:
    """Whatever the draw, Rotor succeeds if certain seats of the faulty, and two more each, are to spare."""
    fair = forall(Validator, lambda v: drawn[v] <= seats(w, v, shreds) + 2)
    all_drawn = sum_of(Validator, lambda v: drawn[v]) == shreds
    most = sum_of(Validator, lambda v: ite(faulty.contains(v), seats(w, v, shreds) + 2, 0))
    correct = sum_of(Validator, lambda v: ite(faulty.contains(v), Int(0), drawn[v]))
    return implies((total(w) > 0) & fair & all_drawn & (most <= shreds - enough), correct >= enough)


@rotor_sampling.law(short="Sample-6")
def VarianceNoLarger(a: Stake, b: Stake, c: Stake, d: Stake) -> Bool:
    """Of four bins, with chances a to d of a faulty seat: their mean square is at least the square of their mean."""
    return 4 * (a * a + b * b + c * c + d * d) >= (a + b + c + d) * (a + b + c + d)


@rotor_sampling.law(short="Sample-7")
def BandwidthSuffices(stake: Number, rate: Number, capacity: Number, nodes: Number) -> Bool:
    """A relay sends in proportion to its stake, to all but two: less than it can, if the leader's rate is at most the mean."""
    below = stake * rate * (nodes - 2) < nodes * capacity * stake
    return implies((stake > 0) & (capacity > 0) & (rate <= capacity) & (nodes >= 2), below)


@rotor_sampling.law(short="Sample-8")
def TwoHops(sent: Number, first: Number, second: Number, delta: Number) -> Bool:
    """Both legs within Delta, a shred arrives within two."""
    return implies((first <= delta) & (second <= delta), sent + first + second <= sent + 2 * delta)
