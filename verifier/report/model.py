"""The text of a model on a terminal: comments that do not fit beside their subject stand below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from verifier.report.layout import HANG, wrapped

_COMMENTED = re.compile(r"(?P<code>.*?)(?P<gap>^\s*|\s+)\\\* (?P<comment>.*)")
_MARK = "\\* "


@dataclass(frozen=True)
class ModelText:
    """The output of `verify show`; wherever a line is broken, comments stay comments."""

    text: str

    def lines(self, width: int | None) -> Iterator[Text]:
        """The lines."""
        for line in self.text.splitlines():
            commented = _COMMENTED.fullmatch(line)
            if width is None or Text(line).cell_len <= width or commented is None:
                yield from wrapped(line, width)
                continue
            code, indent = commented["code"], len(commented["gap"])
            if code:
                yield from wrapped(code, width)
                indent = len(code) - len(code.lstrip()) + HANG
            mark = " " * indent + _MARK
            for part in wrapped(commented["comment"], max(width - len(mark), 1), hang=0):
                yield Text(mark).append_text(part)
