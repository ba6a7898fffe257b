"""Makes the built-in protocols importable under `verifier.encodings` and `verifier.properties`, in a checkout too."""

from __future__ import annotations

import importlib.util
import os
import sys
import types

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def folder(package: str) -> str:
    """The folder that holds `encodings` or `properties`; in a checkout it stands beside `verifier/`."""
    import verifier

    installed = os.path.join(os.path.dirname(os.path.abspath(verifier.__file__)), package)
    return installed if os.path.isdir(installed) else os.path.join(_ROOT, package)


def mount() -> None:
    """Makes both packages importable; does nothing where they already are."""
    for package in ("encodings", "properties"):
        name = f"verifier.{package}"
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            module = types.ModuleType(name)
            module.__path__ = [folder(package)]
            sys.modules[name] = module


def names() -> list[str]:
    """The names of the built-in protocols, in alphabetical order; file `multi_paxos.py` holds `multi-paxos`."""
    entries = os.listdir(folder("encodings"))
    return sorted(entry[:-3].replace("_", "-") for entry in entries if entry.endswith(".py") and entry[0] != "_")


def name_of(path: str) -> str | None:
    """The name of the built-in protocol that a file is part of; None for any other file."""
    whole = os.path.realpath(path)
    home, file = os.path.split(whole)
    if home not in (os.path.realpath(folder("encodings")), os.path.realpath(folder("properties"))):
        return None
    name = file.removesuffix(".py").replace("_", "-")
    return name if name in names() else None
