"""The stable codes of messages: the kind of mistake that each part of the verifier reports. Each has a page in `docs/errors/`."""

from __future__ import annotations

from types import FrameType

# A code never changes its meaning. A kind that is no longer reported keeps its code, and no other kind gets it.
TITLES = {
    "V101": "A Python construct that the language cannot support",
    "V102": "An expression of the wrong sort",
    "V103": "A declaration that is incomplete, repeated or out of place",
    "V104": "A state or an action that is ill formed",
    "V105": "A property that is ill formed",
    "V106": "A model without initial states, or with an action that never fires",
    "V107": "A construct that unbounded scope does not support",
    "V108": "A wrong call of the library",
    "V109": "A file that cannot be loaded as a model",
    "V201": "A wrong command line or call",
    "V202": "A name that does not exist",
    "V203": "A parameter value that cannot be used",
    "V204": "A document that cannot be used",
    "V205": "A suite or store of the nightly job that cannot be used",
    "V206": "A litmus test that cannot be read",
    "V207": "A file that cannot be read or written",
    "V901": "An internal error",
}

# By the module that finds the mistake, or the nearest package above it.
MODEL = {
    "kernel.misuse": "V101",
    "kernel.refusals": "V101",
    "kernel.annotations": "V102",
    "kernel.binding": "V102",
    "kernel.counting": "V102",
    "kernel.expressions": "V102",
    "kernel.formulas": "V102",
    "kernel.literals": "V102",
    "kernel.sequences": "V102",
    "kernel.structures": "V102",
    "": "V103",
    "kernel.actions": "V104",
    "kernel.state": "V104",
    "kernel.definedness": "V105",
    "kernel.fairness": "V105",
    "kernel.laws": "V105",
    "kernel.liveness": "V105",
    "kernel.ranking": "V105",
    "kernel.reach": "V105",
    "kernel.temporal": "V105",
    "proof": "V106",
    "semantics": "V106",
    "semantics.scope.unbounded": "V107",
    "lib": "V108",
    "catalog": "V109",
    "jobs": "V109",
}
USAGE = {
    "": "V201",
    "cli.streams": "V207",
    "catalog": "V202",
    "kernel": "V202",
    "proof": "V202",
    "semantics": "V203",
    "documents": "V204",
    "evidence": "V204",
    "jobs.certified": "V204",
    "proof.strategy.recheck": "V204",
    "jobs.nightly": "V205",
    "litmus": "V206",
    "catalog.execute": "V207",
    "files": "V207",
}
# Mistakes that another part than the usual one finds.
NO_START, UNWRITTEN, INTERNAL = "V106", "V207", "V901"

_HELPERS = {"__init__", "usage"}  # functions that make an error for the one that calls them


def of_module(module: str, table: dict[str, str]) -> str | None:
    """The code of the mistakes that a module of the verifier finds; None for modules of others."""
    package, _, name = module.partition(".")
    if package != __package__.partition(".")[0]:
        return None
    while name not in table:
        name = name.rpartition(".")[0]
    return table[name]


def of_caller(frame: FrameType | None, table: dict[str, str]) -> str | None:
    """The code of the mistake that is being reported in a frame."""
    while frame is not None and frame.f_code.co_name in _HELPERS:
        frame = frame.f_back
    return None if frame is None else of_module(frame.f_globals.get("__name__", ""), table)
