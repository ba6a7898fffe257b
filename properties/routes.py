"""What must hold of Routes."""

from __future__ import annotations

from verifier.encodings.routes import MaxVersions, Node, State, routes
from verifier.kernel import Bool, forall, violated

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


@routes.action_property(short="Routes-1 (step)")
def Routes1_Action(s: State, after: State) -> Bool:
    """The catalogue version never goes back."""
    return after.catalogVersion >= s.catalogVersion


@routes.action_property(short="Routes-4 (ghost)")
def Routes4_GhostMonotonic(s: State, after: State) -> Bool:
    """What a node has seen never goes back."""
    return forall(Node, lambda n: after.engineMaxObserved[n] >= s.engineMaxObserved[n])


@routes.lemma("a node only sees versions that are durable, and the catalogue only grows")
def SeenIsPublished(s: State) -> Bool:
    return forall(Node, lambda n: s.engineMaxObserved[n] <= s.catalogVersion)
