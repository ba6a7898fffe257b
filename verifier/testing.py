"""For a team's own pytest suite: assert that properties of a protocol are proved or violated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from verifier.api import prove

if TYPE_CHECKING:
    from verifier.documents import Property, Result
    from verifier.jobs.arguments import Model


def assert_proved(protocol: Model, *properties: str, allow_vacuous: bool = True, **options: Any) -> Result:
    """Assert that every selected property of a protocol is PROVED.

    Args:
        protocol: a name, or the path of a Python file, with an optional `:VARIANT`.
        properties: short or published names; all safety properties if none is given.
        allow_vacuous: whether a property that cannot fail counts as proved.
        options: further options of `verifier.prove`, such as `scope`, `settings` or `timeout`.

    Returns:
        The result, for further assertions.

    Raises:
        AssertionError: a property is not proved; the message is the report with its traces.

    Example:
        >>> from verifier.testing import assert_proved
        >>> assert_proved("composed", "Composed-1").protocol
        'composed'
    """
    __tracebackhide__ = True
    result: Result = prove(protocol, properties=properties, **options)
    vacuous = [entry.name for entry in result.properties if entry.vacuous is not None]
    if not result.proved:
        raise AssertionError(f"not every property of {protocol} is proved\n{result}")
    if vacuous and not allow_vacuous:
        raise AssertionError(f"vacuous: {', '.join(vacuous)}\n{result}")
    return result


def assert_violated(
    protocol: Model,
    property: str,
    *,
    steps: int | None = None,
    actions: Sequence[str] | None = None,
    **options: Any,
) -> Property:
    """Assert that a property of a protocol is VIOLATED; the counterexample has been replayed.

    Args:
        protocol: a name, or the path of a Python file, with an optional `:VARIANT`.
        property: its short or published name.
        steps: the length of the shortest counterexample, if it matters.
        actions: names of actions that the counterexample takes, in any order, if they matter.
        options: further options of `verifier.prove`.

    Returns:
        The property's entry in the result, with its trace.

    Raises:
        AssertionError: the property is not violated, or not as specified; the message is the report.

    Example:
        >>> from verifier.testing import assert_violated
        >>> assert_violated("composed:gap", "Composed-1", steps=4).verdict
        'violated'
    """
    __tracebackhide__ = True
    result: Result = prove(protocol, properties=[property], **options)
    entry = result[property]
    if not entry.violated or entry.trace is None:
        raise AssertionError(f"{property} of {protocol} is {entry.verdict}, not violated\n{result}")
    if steps is not None and (entry.steps != steps or not entry.shortest):
        raise AssertionError(
            f"{property} of {protocol} is not violated in {steps} steps at best\n{result}"
        )
    taken = entry.trace.actions
    missing = sorted(set(actions or ()) - set(taken))
    if missing:
        raise AssertionError(f"the counterexample does not take {', '.join(missing)}\n{result}")
    return entry
