"""The requests to the strategy: one immutable request for each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from verifier.kernel.commands import About
from verifier.kernel.errors import UsageError, nearest

if TYPE_CHECKING:
    from verifier.kernel.model import Model
    from verifier.kernel.protocol import Protocol
    from verifier.wire.parts import ModelFacts

ENGINES = ("auto", "bmc", "kinduction", "pdr", "explicit")
FINITE = {"explicit": "explicit search", "pdr": "the engine pdr"}
"""The engines that need a finite scope, and how people call them."""
SCOPES = ("published", "unbounded")
LARGEST_K = 10_000
USUAL_K = 8


@dataclass(frozen=True, slots=True)
class ProveRequest:
    """A call of `verify prove` for one protocol; see the options of the command.

    `thorough`: how many times as many runs as by default are tried against proved properties (see `net`). `reference` is how the
    call named the protocol. `fail_fast`: nothing more is asked once a property is violated. `liveness`: the liveness properties
    are wanted too. `given_by` is the file of further lemmas, which the protocol has already; `found`: whether the lemmas that
    were found are wanted as Python. `verdicts_only`: nothing is asked about lemmas whose status is not known, unless a verdict is
    open. The process is killed at the `deadline` on the monotonic clock, and after `processor` seconds
    of processor time.
    """

    protocol: Protocol
    variant: str | None = None
    drops: tuple[str, ...] = ()
    scope: str = "published"
    settings: tuple[str, ...] = ()
    k: int = USUAL_K
    properties: tuple[str, ...] = ()
    engine: str = "auto"
    hints: bool = True
    lemmas: bool = True
    explain: bool = False
    show_cti: bool = False
    certificates: str | None = None
    label: str | None = None
    unwritten: Callable[[str], None] | None = None
    blame: bool = False
    thorough: int = 1
    verdicts_only: bool = False
    reference: str | None = None
    fail_fast: bool = False
    liveness: bool = False
    given_by: str | None = None
    found: bool = False
    deadline: float | None = None
    processor: float | None = None

    @property
    def about(self) -> About:
        """The subject of further commands."""
        return about(self)

    def command(self, name: str) -> str | None:
        """The command that decides a property again as this call does; None where no reference leads to the protocol."""
        given = (("--no-hints", not self.hints), ("--no-lemmas", not self.lemmas))
        flags = [flag for flag, wanted in given if wanted]
        engine = None if self.engine == "auto" else self.engine
        return command(self, *flags, property=name, k=depth(self.k), engine=engine, hints=self.given_by)

    def write(self, certificate: Mapping[str, Any]) -> str | None:
        """Writes a certificate into the folder of the request, and returns its path.

        One that cannot be written costs no verdict if somebody wants to hear of it, through `unwritten`; otherwise UsageError.
        """
        from verifier.evidence.certificate import write

        label = self.label
        if certificate["scope"] != self.scope:
            # At another scope there may be one of the same name.
            label = f"{label or certificate['protocol']}-{certificate['scope']}"
        try:
            return write(Path(self.certificates or "."), certificate, label)
        except UsageError as error:
            if self.unwritten is None:
                raise
            self.unwritten(error.message)
            return None

    def validate(self) -> None:
        """UsageError for an option that has no such value, or that does not go with another."""
        if self.scope not in SCOPES:
            raise UsageError(f"there is no scope {self.scope}", hint=nearest(self.scope, SCOPES, "scopes"))
        if self.engine not in ENGINES:
            raise UsageError(f"there is no engine {self.engine}", hint=nearest(self.engine, ENGINES, "engines"))
        if not 0 <= self.k <= LARGEST_K:
            raise UsageError(f"--k {self.k}: the bound must be from 0 to {LARGEST_K}")
        if self.scope == "unbounded" and self.engine in FINITE:
            hint = "leave out --engine, or use --scope published"
            raise UsageError(f"{FINITE[self.engine]} needs a finite scope", hint=hint)


@dataclass(frozen=True, slots=True)
class ThresholdRequest:
    """A call of `verify threshold`; `reference` is how the call named the protocol. Without `properties` all of states.

    `stakes` are those of given holders; without them the thresholds are those of any. `settings` are of fixed parameters.
    """

    protocol: Protocol
    properties: tuple[str, ...] = ()
    reference: str | None = None
    stakes: dict[str, int] | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LemmasRequest:
    """A call of `verify lemmas`; `reference` is how the call named the protocol.

    `question`: whether the lemmas and invariants are inductive, or only whether they hold initially, or are preserved, by
    `action` if one is named. `k`: within how many steps reachable states are searched for where not all can be.
    """

    protocol: Protocol
    variant: str | None = None
    drops: tuple[str, ...] = ()
    scope: str = "published"
    settings: tuple[str, ...] = ()
    k: int = USUAL_K
    question: Literal["inductive", "initially", "preserved"] = "inductive"
    action: str | None = None
    reference: str | None = None

    @property
    def about(self) -> About:
        """The subject of further commands."""
        return about(self)

    def validate(self) -> None:
        """UsageError for an option that has no such value, or that does not go with another."""
        if self.scope not in SCOPES:
            raise UsageError(f"there is no scope {self.scope}", hint=nearest(self.scope, SCOPES, "scopes"))
        if not 0 <= self.k <= LARGEST_K:
            raise UsageError(f"--k {self.k}: the bound must be from 0 to {LARGEST_K}")


def about(request: ProveRequest | LemmasRequest | ExploreRequest | GapsRequest | RunRequest) -> About:
    """The subject of further commands: the model as the call named it. A variant within that name is not named again."""
    reference = request.reference or request.protocol.name
    within = request.variant is not None and reference.endswith(f":{request.variant}")
    variant = None if within or request.variant == request.protocol.default_variant else request.variant
    drops = () if isinstance(request, GapsRequest) else request.drops
    scope = request.scope if isinstance(request, ProveRequest | LemmasRequest) else "published"
    return About(reference, variant, drops, scope, request.settings)


def command(request: ProveRequest | ExploreRequest | GapsRequest | RunRequest, *flags: str, **options: Any) -> str | None:
    """The `verify prove` command for the model of a request; None where no reference leads to the protocol."""
    if request.reference is None and not _is_built_in(request.protocol):
        return None
    return about(request).command("prove", *flags, **options)


def depth(k: int) -> int | None:
    """A depth, where a command has to name it."""
    return None if k == USUAL_K else k


def _is_built_in(protocol: Protocol) -> bool:
    """Whether a protocol that was passed as an object is the one that its name means on the command line."""
    from verifier.catalog import builtins

    position = protocol.position
    return position is not None and builtins.name_of(position.file) == protocol.name


@dataclass(frozen=True, slots=True)
class ExploreRequest:
    """A call of `verify explore`; `reference` is how it named the protocol."""

    protocol: Protocol
    variant: str | None = None
    drops: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    symmetry: bool = False
    max_states: int | None = None
    dot: bool = False
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class GapsRequest:
    """A call of `verify gaps`: `k` bounds the depth where not all states can be searched.

    `reference` is how it named the protocol.
    """

    protocol: Protocol
    variant: str | None = None
    settings: tuple[str, ...] = ()
    k: int = USUAL_K
    include_bounds: bool = False
    reference: str | None = None

    def validate(self) -> None:
        """UsageError for an option that has no such value."""
        if not 0 <= self.k <= LARGEST_K:
            raise UsageError(f"--k {self.k}: the bound must be from 0 to {LARGEST_K}")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A call of `verify run`; `reference` is how it named the protocol. `until` is the formula of a state to search for."""

    protocol: Protocol
    variant: str | None = None
    drops: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    runs: int = 100
    depth: int = 50
    seed: int = 0
    until: str | None = None
    reference: str | None = None


def head(model: Model) -> ModelFacts:
    """The facts about the model in every document."""
    from verifier.catalog.digest import digest, evidence_digest

    return {
        "protocol": model.name,
        "variant": model.variant.name,
        "dropped": list(model.drops),
        "model_digest": digest(model.protocol),
        "evidence_digest": evidence_digest(model.protocol),
    }
