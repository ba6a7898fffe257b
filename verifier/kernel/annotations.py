"""The annotations of a model's classes and functions, evaluated where they stand: the sorts that a model names."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from verifier.kernel.errors import ModelError, at_hand, here, nearest
from verifier.kernel.expressions import Expr


def annotations_of(cls: type) -> dict[str, Any]:
    """The annotations of a class body, evaluated where the class is defined (module, then enclosing functions)."""
    module = sys.modules.get(cls.__module__)
    globals_ = dict(vars(module)) if module else {}
    frame = sys._getframe(1)
    locals_: dict[str, Any] = {}
    while frame is not None:
        if frame.f_globals.get("__name__") == cls.__module__:
            globals_ = frame.f_globals
            locals_ = {**frame.f_locals, **locals_}
        frame = frame.f_back  # type: ignore[assignment]
    result = {}
    for name, annotation in inspect.get_annotations(cls).items():
        result[name] = evaluate_annotation(annotation, globals_, locals_, name)
    return result


def evaluate_annotation(annotation: Any, globals_: dict[str, Any], locals_: dict[str, Any], what: str) -> Any:
    """An annotation that may be a string, as the object it names; ModelError if a name in it is unknown."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, globals_, locals_)
    except NameError as error:
        raise ModelError(
            f"the annotation of {what} names {error.name}, which is not defined",
            hint=nearest(error.name or "", [name for name in globals_ if not name.startswith("_")], "names"),
            position=here(),
        ) from None
    except (SyntaxError, TypeError):
        sort = at_hand(Expr)
        hint = f"sorts look like {sort}, Fn[{sort}, {sort}], Set[{sort}], Option[{sort}]"
        raise ModelError(f"the annotation of {what}, {annotation}, is not a sort", hint=hint, position=here()) from None
