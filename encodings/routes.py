"""Routes: the route catalogue and its watchers (elastickv, tla/routes/Routes.tla).

The durable catalogue, which Raft group owns which key range, is a version counter; each node's route engine caches a
version that a polling watcher refreshes. The model asks whether a node's view can go back.
"""

from __future__ import annotations

from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, budget, forall, guard, maximum, var, weak

routes = Protocol("routes", "route catalogue and watcher fan-out", source="elastickv tla/routes/Routes.tla")

MaxVersions = routes.search_bound("MaxVersions", 3, "largest catalogVersion")
MaxOps = routes.search_bound("MaxOps", 4, "route changes and syncs to a chosen version together")


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Version(Range, low=0, high=MaxVersions):
    """A version of the route catalogue."""


class Operations(Range, low=0, high=MaxOps):
    """A number of operations."""


@routes.state
class State:
    catalogVersion: Version = var(0, "durable catalogue version")
    engineVersion: Fn[Node, Version] = var(0, "version each node routes by")
    engineMaxObserved: Fn[Node, Version] = var(0, "ghost: highest version the node has ever seen")
    opCount: Operations = var(0, "search bound only")


@routes.action
def ProposeRouteChange(s: State) -> None:
    """Makes a new catalogue version durable."""
    budget("op-budget", s.opCount < MaxOps)
    budget("version-budget", s.catalogVersion < MaxVersions)
    s.catalogVersion += 1
    s.opCount += 1


@routes.action
def CatalogWatcherSync(s: State, n: Node, v: Version) -> None:
    """A node's watcher applies a published version, unless it has seen a later one."""
    budget("op-budget", s.opCount < MaxOps)
    guard("published", v <= s.catalogVersion)
    guard("no-regression", v >= s.engineMaxObserved[n])
    s.engineVersion[n] = v
    s.engineMaxObserved[n] = maximum(s.engineMaxObserved[n], v)
    s.opCount += 1


@routes.action
def CatalogWatcherSyncLatest(s: State, n: Node) -> None:
    """A node's watcher applies the latest version; no operation is counted."""
    guard("behind", s.engineVersion[n] < s.catalogVersion)
    s.engineVersion[n] = s.catalogVersion
    s.engineMaxObserved[n] = s.catalogVersion


routes.fairness(forall(Node, lambda n: weak(CatalogWatcherSyncLatest, n)))


@routes.constraint
def StateConstraint(s: State) -> Bool:
    return (s.catalogVersion <= MaxVersions) & (s.opCount <= MaxOps)


routes.variant("gap", drops=["CatalogWatcherSync.no-regression"], doc="a watcher may apply any published version")
routes.variant("live", settings={"MaxVersions": 2}, doc="the constants that liveness was published with")
routes.variant(
    "unfair",
    drops=["fairness.CatalogWatcherSyncLatest"],
    settings={"MaxVersions": 2},
    doc="live, and no watcher has to take the latest version at last",
)
routes.variant("first", without=["CatalogWatcherSyncLatest"], doc="as first published")
routes.variant(
    "first-gap",
    drops=["CatalogWatcherSync.no-regression"],
    without=["CatalogWatcherSyncLatest"],
    doc="as first published, and a watcher may apply any published version",
)
