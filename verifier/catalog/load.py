"""Loads protocols: built in, registered by an installed distribution, or from a Python file of the user's."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from verifier.catalog import builtins
from verifier.kernel.errors import ModelError, Position, UsageError, nearest
from verifier.kernel.protocol import Protocol

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "verify.protocols"

_OTHER_LANGUAGES = {
    ".tla": "TLA+ is",
    ".cfg": "configurations of TLC are",
    ".qnt": "Quint is",
    ".ivy": "Ivy is",
    ".pyv": "mypyvy's language is",
}
_COMING = "docs/coming-from-tlc.md shows how to write such a specification down as a Python file"


def names() -> list[str]:
    """The names of the built-in and the registered protocols, in alphabetical order."""
    return sorted({*builtins.names(), *_registered()})


def load(reference: str) -> Protocol:
    """The protocol that `reference` names: a built-in or registered name, or the path of a Python file.

    A file is executed, with its folder importable. It must define one protocol, or several of which one is called
    `protocol`.

    Raises:
        UsageError: there is no such name or file, or the file cannot be read.
        ModelError: the model is ill formed, or its file fails; the position is the line of the user's file.
    """
    if "\0" in reference:
        raise UsageError("a name or path cannot contain a null character")
    if reference in builtins.names():
        return _checked(_built_in(reference))
    foreign = _OTHER_LANGUAGES.get(os.path.splitext(reference)[1].lower())
    if foreign is not None:
        raise UsageError(f"{reference}: {foreign} not read yet", hint=_COMING)
    if reference.endswith(".py") or os.sep in reference or os.path.isfile(reference):
        # Half of a built-in protocol means the whole of it, and its modules are executed only once.
        own = builtins.name_of(reference)
        if own is not None:
            return _checked(_built_in(own))
        from verifier.catalog.execute import run_file

        return _checked(_find(run_file(reference), reference))
    registered = _registered()
    if reference in registered:
        return _checked(_entry(registered[reference]))
    if os.path.isdir(reference):
        raise UsageError(f"{reference} is a folder", hint="give the Python file of the protocol")
    if os.path.isfile(f"{reference}.py"):
        hint = f"for the file write {reference}.py"
    else:
        hint = nearest(reference, {*builtins.names(), *registered}, "protocols")
    raise UsageError(f"unknown protocol {reference}", hint=hint)


def _built_in(name: str) -> Protocol:
    builtins.mount()
    stem = name.replace("-", "_")
    encoding, properties = f"verifier.encodings.{stem}", f"verifier.properties.{stem}"
    try:
        module = importlib.import_module(encoding)
        if importlib.util.find_spec(properties) is not None:
            importlib.import_module(properties)
    except BaseException:
        # Loaded again, the properties that it has would be defined twice, and hide the reason.
        sys.modules.pop(encoding, None)
        raise
    return _find(module, module.__file__ or name)


def _registered() -> dict[str, EntryPoint]:
    # Reading the metadata takes longer than loading a protocol, so built-in names never come here.
    import importlib.metadata

    return {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}


def _entry(entry: EntryPoint) -> Protocol:
    """The protocol that an entry point names, as `module` or `module:attribute`."""
    from verifier.catalog.isolation import isolated

    try:
        with isolated(None, entry.module.partition(".")[0]):
            result = entry.load()
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        raise _broken(entry, error) from None
    if isinstance(result, Protocol):
        return result
    if isinstance(result, ModuleType):
        return _find(result, result.__file__ or entry.module)
    raise UsageError(
        f"the registered protocol {entry.name} is {entry.value}, which is not a protocol",
        hint="its entry point names a module that defines one, or module:attribute",
    )


def _broken(entry: EntryPoint, error: BaseException) -> UsageError:
    from verifier.catalog.execute import user_error

    reason = user_error(error, lambda file: True)
    message = f"the registered protocol {entry.name} ({entry.value}) cannot be loaded: {reason.message}"
    return UsageError(message, hint=reason.hint, position=reason.position)


def _find(module: ModuleType, path: str) -> Protocol:
    """The one protocol among a module's names, or the one called `protocol`.

    Raises:
        ModelError: there is none, or there are several.
    """
    result = {id(value): (word, value) for word, value in vars(module).items() if isinstance(value, Protocol)}
    called = vars(module).get("protocol")
    if isinstance(called, Protocol):
        return called
    if not result:
        hint = 'define one: p = Protocol("my-protocol", "what it does")'
        raise ModelError("the file defines no protocol", hint=hint, position=Position(path, 1))
    if len(result) > 1:
        words = ", ".join(word for word, _ in result.values())
        last = list(result.values())[-1][1]
        raise ModelError(
            f"the file defines {len(result)} protocols: {words}",
            hint="put each into a file of its own, or call the intended one `protocol`",
            position=last.position,
        )
    ((_, protocol),) = result.values()
    return protocol


def _checked(protocol: Protocol) -> Protocol:
    protocol.check()
    protocol.seal()
    return protocol
