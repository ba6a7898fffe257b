"""Properties of Routes."""

from __future__ import annotations

from verifier.encodings.routes import MaxVersions, Node, State, Version, routes
from verifier.kernel import Bool, Temporal, always, eventually, forall, leads_to, violated

routes.type_ok(variables=["catalogVersion", "engineVersion", "engineMaxObserved", "opCount"])


@routes.invariant(short="Routes-1", vacuous="it only restates the search bound, as the type of catalogVersion does")
def Routes1_VersionInRange(s: State) -> Bool:
    """The catalogue version is in its range."""
    return (s.catalogVersion >= 0) & (s.catalogVersion <= MaxVersions)


@routes.invariant(short="Routes-2", vacuous="it is the constant TRUE: the model has no key ranges")
def Routes2_CoverageDisjoint(s: State) -> bool:
    """Ranges cover the key space and do not overlap; published as a placeholder."""
    return True


@routes.invariant(short="Routes-3", vacuous="it is the constant TRUE: the catalogue is one counter")
def Routes3_SplitAtomicity(s: State) -> bool:
    """A split is seen as a whole or not at all; published as a placeholder."""
    return True


@routes.invariant(short="Routes-4", expected={"gap": violated(3), "first-gap": violated(3)})
def Routes4_NoEngineRegression(s: State) -> Bool:
    """No node routes by an older version than it has seen."""
    return forall(Node, lambda n: s.engineVersion[n] >= s.engineMaxObserved[n])


@routes.action_property(short="Routes-1-step")
def Routes1_Action(s: State, after: State) -> Bool:
    """The catalogue version never goes back."""
    return after.catalogVersion >= s.catalogVersion


@routes.action_property(short="Routes-4-ghost")
def Routes4_GhostMonotonic(s: State, after: State) -> Bool:
    """The version that a node has seen never goes back."""
    return forall(Node, lambda n: after.engineMaxObserved[n] >= s.engineMaxObserved[n])


_STUCK = dict.fromkeys(("unfair", "first", "first-gap"), violated(1, loop=0))


@routes.liveness("Routes-L1", expected=_STUCK, bounded="without a bound the catalogue may change again and again")
def Routes_L1_EventualFanOut(s: State) -> Temporal:
    """From some point on, every node routes by the latest version forever."""
    return eventually(always(forall(Node, lambda n: s.engineVersion[n] == s.catalogVersion)))


@routes.liveness("Routes-L1u", expected=_STUCK)
def EventuallyCaughtUp(s: State) -> Temporal:
    """Once a version is durable, every node routes by it or a later one in the end."""
    return forall(Node, Version, lambda n, v: leads_to(s.catalogVersion >= v, s.engineVersion[n] >= v))


@routes.lemma("a node only sees versions that are durable, and the catalogue only grows")
def SeenIsPublished(s: State) -> Bool:
    return forall(Node, lambda n: s.engineMaxObserved[n] <= s.catalogVersion)


routes.finding(
    "Routes-2 and Routes-3 are the constant TRUE",
    "The catalogue is one counter, without key ranges or records. They were left to the composed model, which does not state "
    "them either; routes-ranges and routes-records do.",
    command="verify prove routes --property Routes-2 --property Routes-3",
)
routes.finding(
    "Routes-1 only restates the search bound",
    "It is described as strict growth. The property of steps says that the version does not fall, the property of states that "
    "it has not passed the bound of the search; at any size there is nothing left of the latter.",
    command="verify prove routes --scope unbounded",
)
routes.finding(
    "The latest-only watcher is not a special case of the watcher",
    "It was said to add no behaviour. It uses up no operation, so it can fire when the budget is spent: 80 states are "
    "reachable instead of 40.",
    command="verify explore routes:first",
)
routes.finding(
    "No safety property needs the watcher to apply published versions only",
    "Without that guard a node routes by versions that do not exist yet, and nothing that is published of safety breaks; "
    "Routes-L1 does, as nothing brings such a node back to the latest version.",
    command="verify gaps routes",
)
