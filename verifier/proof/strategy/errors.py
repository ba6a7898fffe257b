"""The error that is the verifier's own fault."""


class InternalError(Exception):
    """The verifier contradicted itself: a proof that does not re-check, or a violation that does not replay."""
