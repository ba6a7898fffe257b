"""Commands as a person would type them, which a report suggests as the next step."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """The subject of a command: the model as the call named it, and the variant, drops, scope and settings chosen."""

    reference: str
    variant: str | None = None
    drops: tuple[str, ...] = ()
    scope: str = "published"
    settings: tuple[str, ...] = ()

    def command(self, verb: str, *flags: str, settings: Iterable[str] | None = None, **options: object) -> str:
        """`verify VERB MODEL` with these options, and `settings` in place of those that were chosen.

        An option's name has underscores where the command line has hyphens; None leaves it out, a sequence repeats it.
        """
        given: Mapping[str, object] = {
            "variant": self.variant,
            "drop": self.drops,
            "scope": None if self.scope == "published" else self.scope,
            "set": tuple(self.settings if settings is None else settings),
            **options,
        }
        words = ["verify", verb, self.reference]
        for name, value in given.items():
            values = value if isinstance(value, (tuple, list)) else [] if value is None else [value]
            words += [word for one in values for word in (f"--{name.replace('_', '-')}", str(one))]
        return shlex.join([*words, *flags])
