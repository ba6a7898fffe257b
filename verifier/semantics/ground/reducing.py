"""The reductions of liveness to safety, as a certificate names them."""

from __future__ import annotations

from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import Liveness
from verifier.semantics.ground.reduction import Reduction
from verifier.semantics.ground.rounds import Rounds
from verifier.semantics.ground.saving import Saving


def reduced(ground: Ground, liveness: Liveness, rounds: int | None) -> Reduction:
    """The reduction that counts this many rounds; None: the one in which the state is saved."""
    return Saving(ground, liveness) if rounds is None else Rounds(ground, liveness, rounds)
