"""Executes a user's file and turns every failure in it into an error with the offending line of that file."""

from __future__ import annotations

import hashlib
import inspect
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType

import verifier.kernel as language
from verifier.catalog.isolation import isolated
from verifier.kernel.errors import ModelError, Position, UsageError, VerifyError, nearest
from verifier.kernel.expressions import Expr, term_of
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import EnumSort, ScalarSort

Owns = Callable[[str], bool]


def run_file(path: str) -> ModuleType:
    """Executes the Python file at `path` as a module of a private name, with its folder importable, on its own.

    It sees nothing of an earlier load, and leaves nothing for a later one; see `isolation`.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        ModelError: the file is not valid Python, or fails.
    """
    linecache.checkcache()
    source = _source(path)
    code = _compiled(path, source)
    name = "_verify_model_" + hashlib.sha256(os.path.abspath(path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    module = ModuleType(name)
    module.__file__ = path
    owns = _owner(path)
    with isolated(os.path.dirname(os.path.abspath(path))) as refuse_shadowed:
        # Annotations are evaluated by looking the module up.
        sys.modules[name] = module
        try:
            refuse_shadowed(source, path)
            exec(code, module.__dict__)
        except (Exception, SystemExit) as error:
            raise user_error(error, owns, names=[word for word in vars(module) if word[0] != "_"]) from None
    return module


def _source(path: str) -> str:
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder", hint="give the Python file of the protocol")
    if os.path.exists(path) and not os.path.isfile(path):
        raise UsageError(f"{path} is not a regular file", hint="give the Python file of the protocol")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", hint=_neighbour(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{path} cannot be read: {reason}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "save the file in UTF-8"
        raise ModelError("the file is not UTF-8 text", hint=hint, position=Position(path, line)) from None


def _neighbour(path: str) -> str | None:
    folder, name = os.path.split(path)
    try:
        files = [entry for entry in os.listdir(folder or ".") if entry.endswith(".py")]
    except OSError:
        return f"there is no folder {folder} either"
    close = nearest(name, files)
    return close if close.startswith("did you mean") else None


def _compiled(path: str, source: str) -> CodeType:
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise _syntax(error, path) from None
    except ValueError as error:
        raise ModelError(f"the file is not Python: {error}", position=Position(path, 1)) from None


def _syntax(error: SyntaxError, path: str) -> ModelError:
    # Python wraps a long explanation after the message proper.
    return ModelError(f"not valid Python: {error.msg}", position=Position(error.filename or path, error.lineno or 1))


def _owner(path: str) -> Owns:
    """Whether a file is the user's: the model itself, or a file beside or below it, except for installed packages."""
    folder = os.path.dirname(os.path.abspath(path)) + os.sep

    def owns(file: str) -> bool:
        whole = os.path.abspath(file)
        if file == path:
            return True
        inside = whole.startswith(folder) and os.path.isfile(whole)
        return inside and "site-packages" not in whole and not whole.startswith(_LANGUAGE)

    return owns


_LANGUAGE = os.path.dirname(os.path.dirname(os.path.abspath(language.__file__))) + os.sep


def user_error(error: BaseException, owns: Owns, names: list[str] | None = None) -> ModelError:
    """A failure of the user's file as an error, at the innermost of the user's lines that led there."""
    position = _innermost(error, owns)
    if isinstance(error, VerifyError):
        own = error.position if error.position is not None and owns(error.position.file) else position
        return ModelError(error.message, hint=error.hint, position=own, code=error.code)
    if isinstance(error, SyntaxError):
        return _syntax(error, position.file if position else "")
    if isinstance(error, SystemExit):
        return ModelError("the file ends the program", hint="remove the call of exit", position=position)
    message, hint = _explained(error, names or [])
    return ModelError(message, hint=hint, position=position)


def _innermost(error: BaseException, owns: Owns) -> Position | None:
    inside = [frame for frame in traceback.extract_tb(error.__traceback__) if owns(frame.filename)]
    return Position(inside[-1].filename, inside[-1].lineno or 1) if inside else None


def _explained(error: BaseException, names: list[str]) -> tuple[str, str | None]:
    """The message for one of Python's own exceptions, and the advice on it."""
    plain = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    plain = re.sub(rf"^TypeError: ({_PARTS})(?=\.\w+\(\))", "TypeError: Protocol", plain)
    match error:
        case NameError(name=str(name)):
            if name in language.__all__:
                return f"{name} is not imported", f"write from verifier.kernel import {name}"
            close = nearest(name, [*names, *language.__all__])
            return f"{name} is not defined", close if close.startswith("did you mean") else None
        case AttributeError(name=str(name), obj=obj) if (offer := _public(obj)) is not None:
            what, known, kind = offer
            habit = _HABITS.get(name) or (f"write {name}(...)" if name in language.__all__ else None)
            return f"{what} has no {name}", habit or (nearest(name, known, kind) if known else None)
        case ImportError(name="verifier.kernel") if (missing := re.search("cannot import name '(.*?)'", plain)):
            return f"verifier.kernel has no {missing[1]}", nearest(missing[1], language.__all__)
        case ImportError(name=str(name)):
            return f"{name} cannot be imported", "modules beside the file and installed packages can be imported"
        case RecursionError():
            return "the file calls itself without end", None
        case TypeError() if plain.startswith("TypeError: Protocol.__init__()"):
            return plain.removeprefix("TypeError: "), "it is Protocol(name, title)"
        case TypeError() if called := re.match(r"TypeError: (Protocol\.)?(\w+)\(\) ", plain):
            return plain.removeprefix("TypeError: "), _call_hint(called[2], bool(called[1]))
        case ValueError() if "values to unpack" in plain:
            return plain.removeprefix("ValueError: "), "labels(n) takes the number of labels on its left"
    return plain, None


# Python names the class that defines a method; a model knows the protocol alone.
_PARTS = "|".join(part.__name__ for part in Protocol.__mro__[1:-1])

# Methods that people who know Python's own collections try first.
_HABITS = {
    "add": "write s.a |= {x}",
    "discard": "write s.a -= {x}",
    "union": "write a | b",
    "intersection": "write a & b",
    "difference": "write a - b",
    "issubset": "write a <= b",
}


def _call_hint(name: str, declaration: bool) -> str | None:
    """The signature of a function of the language, for a call that Python rejected."""
    if declaration and name in ("invariant", "action_property", "lemma", "law"):
        return f"write @p.{name}(...) with parentheses above the function; its arguments are named"
    if declaration and name in ("action", "state", "constraint", "initially", "axiom"):
        return f"write @p.{name} without parentheses above the function"
    function = getattr(Protocol if declaration else language, name, None)
    if not inspect.isfunction(function):
        return None
    parameters = list(inspect.signature(function).parameters.values())[int(declaration) :]
    shown = [str(p.replace(annotation=p.empty, default=p.empty)) for p in parameters]
    return f"it is {name}({', '.join(shown)})"


def _public(obj: object) -> tuple[str, list[str], str] | None:
    """A part of the language in words, the names that it offers, and the word for these names; None for any other object."""
    if isinstance(obj, type) and issubclass(obj, Expr) and isinstance(vars(obj).get("_sort"), (EnumSort, ScalarSort)):
        sort = obj.sort
        members = sort.labels if isinstance(sort, EnumSort) else sort.constants if isinstance(sort, ScalarSort) else ()
        return obj.__name__, list(members), "labels"
    if isinstance(obj, Expr):
        return f"an expression of sort {term_of(obj).sort}", _offered(type(obj)), "operations"
    if isinstance(obj, Protocol):
        return "a protocol", _offered(Protocol), "declarations"
    if obj is language:
        return "verifier.kernel", list(language.__all__), "names"
    return None


def _offered(cls: type, *hidden: str) -> list[str]:
    """The public methods and properties of a class."""
    words = [word for word in dir(cls) if not word.startswith("_") and word not in hidden]
    return [word for word in words if isinstance(inspect.getattr_static(cls, word), (FunctionType, property))]
