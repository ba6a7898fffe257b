"""The version of the package; a module of its own, so that everything can name it and nothing is imported with it."""

from __future__ import annotations

__version__ = "0.1.0"
