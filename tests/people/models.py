"""A model that is decided in no time, for what is built around the answers."""

from __future__ import annotations

LAMP = '''
from verifier.kernel import Bool, Enumeration, Protocol, guard, implies, labels, var, violated

p = Protocol("lamp", "a lamp that may break")

class Light(Enumeration):
    """Whether it shines."""
    Off, On = labels(2)

@p.state
class State:
    light: Light = var(Light.Off)
    broken: Bool = var(False)

@p.action
def Switch(s: State) -> None:
    guard("whole", ~s.broken)
    s.light = Light.On

@p.action
def Break(s: State) -> None:
    s.broken = True
    s.light = Light.Off

p.variant("careless", drops=["Switch.whole"])

@p.invariant(short="D", expected={"careless": violated(STEPS)})
def Dark(s: State) -> Bool:
    """A broken lamp does not shine."""
    return implies(s.broken, s.light == Light.Off)

@p.action_property()
def StaysBroken(s: State, after: State) -> Bool:
    """Nobody repairs it."""
    return implies(s.broken, after.broken)
'''


def lamp(*, steps: int = 2) -> str:
    """The text of the model; the shortest violation of its careless variant has 2 steps, and `steps` are expected."""
    return LAMP.replace("STEPS", str(steps))
