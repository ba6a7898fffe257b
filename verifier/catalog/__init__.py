"""The sources of protocols: built in, registered by an installed distribution, or a Python file of the user's."""

from verifier.catalog.digest import canonical, digest, evidence_digest
from verifier.catalog.load import load, names

__all__ = ["canonical", "digest", "evidence_digest", "load", "names"]
