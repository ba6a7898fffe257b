"""The heroes of a film need four gallons of water, and have a jug of three, a jug of five and a tap (DieHard.tla).

That the big jug never holds four gallons is stated as an invariant: the shortest counterexample is the solution.

    verify prove examples/die_hard.py              NotSolved VIOLATED in 6 steps: the solution
    verify prove examples/die_hard.py:even         with jugs of three and six gallons there is none: PROVED
    verify prove examples/die_hard.py:overflow     water is poured until the small jug is empty: TypeOK VIOLATED in 3 steps
"""

from verifier.kernel import Bool, Protocol, Range, choice, minimum, var, violated

p = Protocol("die-hard", "four gallons from two jugs without marks", source="DieHard.tla (tlaplus/Examples)")
SmallJug = p.parameter("SmallJug", 3, "gallons that the small jug holds")
BigJug = p.parameter("BigJug", 5, "gallons that the big jug holds")


class Small(Range, low=0, high=SmallJug):
    """The content of the small jug."""


class Big(Range, low=0, high=BigJug):
    """The content of the big jug."""


@p.state
class State:
    small: Small = var(0, "gallons in the small jug")
    big: Big = var(0, "gallons in the big jug")


@p.action
def FillSmallJug(s: State) -> None:
    s.small = Small(SmallJug)


@p.action
def FillBigJug(s: State) -> None:
    s.big = Big(BigJug)


@p.action
def EmptySmallJug(s: State) -> None:
    s.small = Small(0)


@p.action
def EmptyBigJug(s: State) -> None:
    s.big = Big(0)


@p.action
def SmallToBig(s: State) -> None:
    poured = minimum(s.small, choice("until-full", BigJug - s.big, s.small))
    s.big += poured
    s.small -= poured


@p.action
def BigToSmall(s: State) -> None:
    poured = minimum(s.big, SmallJug - s.small)
    s.small += poured
    s.big -= poured


p.type_ok(variables=["small", "big"], expected={"overflow": violated(3)})
p.variant("even", settings={"BigJug": 6}, doc="the big jug holds twice as much as the small one")
p.variant("overflow", drops=["SmallToBig.until-full"], doc="the small jug is emptied into the big one whatever it holds")


@p.invariant(expected={"safe": violated(6), "overflow": violated(6)})
def NotSolved(s: State) -> Bool:
    """The big jug never holds four gallons."""
    return s.big != 4
