"""Properties of the terminal: its columns, and whether it shows colours.

The first rule that applies decides about colours: `--no-color`, and `NO_COLOR` if it is not empty, turn them off; `FORCE_COLOR`
and `CLICOLOR_FORCE`, if neither empty nor 0, turn them on wherever the output goes; `CLICOLOR=0` and `TERM=dumb` turn them off;
otherwise only terminals get colours.

Sources: `no-color.org`; `force-color.org`; `bixense.com/clicolors`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from verifier.report.layout import Item

DEFAULT = 80  # columns of a terminal that does not say how many it has


def colored(stream: TextIO, *, no_color: bool = False) -> bool:
    """Whether output to a stream has colours."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if os.environ.get("CLICOLOR") == "0" or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def columns(stream: TextIO) -> int | None:
    """The most columns of a line, by `COLUMNS` or by the terminal; None without either, as in a pipe."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked) > 0:
        return int(asked)
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT
    except (OSError, ValueError):
        return DEFAULT


def written(items: Iterable[Item], stream: TextIO, *, no_color: bool = False) -> str:
    """The lines of a report in the form in which they are written to a stream."""
    from rich.console import Console

    from verifier.report.layout import laid_out

    colors = colored(stream, no_color=no_color)
    console = Console(
        file=stream,
        force_terminal=colors,
        color_system="standard" if colors else None,
        no_color=not colors,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
        width=1_000_000,
    )
    with console.capture() as capture:
        for line in laid_out(items, columns(stream)):
            console.print(line)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
