"""Readable accounts of results, made from the documents alone: no model, no solver.

`verifier.report` is also a verb of the Python API. When a package is imported, Python binds it to its name in the parent
package, replacing the function; so this package is itself callable.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.documents.nightly import Nightly


class _Verb(ModuleType):
    """This package, callable."""

    def __call__(self, folder: str | Path) -> Nightly:
        """Write the pages of a night's run again; see `verifier.api.report`."""
        from verifier.report.pages import rebuild

        return rebuild(folder)


sys.modules[__name__].__class__ = _Verb
