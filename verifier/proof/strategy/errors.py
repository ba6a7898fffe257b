"""What can go wrong beside the model: the verifier's own fault, and a solver that gives up on a remark."""


class InternalError(Exception):
    """The verifier contradicted itself: a proof that does not re-check, or a violation that does not replay."""


class Unanswered(Exception):
    """A solver gave up on a question that only a remark or a certificate needs; its text becomes a warning, verdicts stay."""
