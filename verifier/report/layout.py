"""The layout of text in the columns of a terminal: nothing is cut, and no line breaks inside a name.

Reports consist of texts, commands and grids. A grid is a table where it fits, and otherwise one record per row. Without a
width, as in a pipe, every row and every text is one line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.text import Text

GAP = 2  # blanks between two columns
HANG = 4  # further indentation of a continued line
ROOM = 45  # columns needed for free text beside a row
DIM = "dim"

# Units that stay together: a word, and a number of steps or seconds.
_WORD = re.compile(r"(?:in )?\d[\d,.]* (?:steps?|s)\b\S*|\S+")

Piece = str | Text


class Block(Protocol):
    """An element that lays itself out."""

    def lines(self, width: int | None) -> Iterator[Text]:
        """The lines, none wider than `width` unless a single word is."""


Item = str | Text | Block


def laid_out(items: Iterable[Item], width: int | None) -> Iterator[Text]:
    """The lines of everything, for a terminal of `width` columns; None: any width."""
    for item in items:
        if isinstance(item, (str, Text)):
            yield from wrapped(item, width)
        else:
            yield from item.lines(width)


def wrapped(text: Piece, width: int | None, hang: int | None = None) -> Iterator[Text]:
    """The lines of a text, broken between words. Continuation lines are indented by `hang` columns, or a little further than
    the line.
    """
    for line in (text if isinstance(text, Text) else Text(text)).split("\n", allow_blank=True):
        if width is None or line.cell_len <= width:
            yield line
        else:
            yield from _broken(line, width, hang)


def _broken(line: Text, width: int, hang: int | None) -> Iterator[Text]:
    plain = line.plain
    begun = len(plain) - len(plain.lstrip()) + HANG
    indent = min(begun, width // 2) if hang is None or hang > width // 2 else hang
    start, end, room = 0, 0, width
    for word in _WORD.finditer(plain):
        if end and Text(plain[start : word.end()]).cell_len > room:
            yield _part(line, start, end, indent)
            start, room = word.start(), width - indent
        end = word.end()
    yield _part(line, start, end, indent)


def _part(line: Text, start: int, end: int, indent: int) -> Text:
    part = line[start:end]
    return part if start == 0 else Text(" " * indent).append_text(part)


@dataclass(frozen=True)
class Hung:
    """A text that continues at its own column, as beside a name."""

    text: Text
    hang: int

    def lines(self, width: int | None) -> Iterator[Text]:
        """The lines."""
        return wrapped(self.text, width, self.hang)


@dataclass(frozen=True)
class Unbroken:
    """A text that programs read too: it stays one line at any width."""

    text: str

    def lines(self, width: int | None) -> Iterator[Text]:
        """The line."""
        yield Text(self.text)


@dataclass(frozen=True)
class Command:
    """A command to type, after some words. Where it does not fit, it continues after a backslash, so it can be copied."""

    before: Text
    command: str

    def lines(self, width: int | None) -> Iterator[Text]:
        """The lines."""
        whole = Text.assemble(self.before, (self.command, "bold"))
        if width is None or whole.cell_len <= width:
            yield whole
            return
        line, filled = self.before.copy(), False
        for word in _words(self.command):
            if filled and line.cell_len + len(word) + 3 > width:
                yield line.append(" \\")
                line, filled = Text(" " * HANG), False
            line.append((" " if filled else "") + word, style="bold")
            filled = True
        yield line


def _words(command: str) -> list[str]:
    """The words of a command as written, quotes included."""
    lexer = shlex.shlex(command, posix=False, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:
        return [command]


@dataclass(frozen=True)
class Column:
    """A column of a grid.

    `right`: its cells are right-aligned. `optional`: left out if the rows do not fit with it. `beside_title`: in a record it
    stands in the first line, without its heading.
    """

    heading: str = ""
    right: bool = False
    optional: bool = False
    beside_title: bool = False


class Grid:
    """Rows of cells; the first cell is the title of its row, and a row may have free text.

    Columns without any content are not shown. If the rows fit and free text does not fit beside them, it stands below each.
    """

    def __init__(self, *columns: str | Column, free: str = "", label: str = "", header: bool = True, indent: int = 0) -> None:
        """The columns in order.

        Args:
            free: the heading of the free text.
            label: the text before the free text if that does not have its own column.
            header: whether to write a line of headings.
            indent: blanks before each line.
        """
        self._columns = [column if isinstance(column, Column) else Column(column) for column in columns]
        self._free = free
        self._label = label
        self._header = header
        self._indent = indent
        self._rows: list[tuple[list[Text], Text, str]] = []

    def add(self, *cells: Piece, free: Piece = "", style: str = "") -> None:
        """Adds a row."""
        assert len(cells) == len(self._columns)
        self._rows.append(([_text(cell) for cell in cells], _text(free), style))

    def lines(self, width: int | None) -> Iterator[Text]:
        """The rows as a table, or as records."""
        room = None if width is None else max(width - self._indent, 1)
        for line in self._laid(room):
            yield Text(" " * self._indent).append_text(line) if self._indent and line else line

    def _laid(self, width: int | None) -> Iterator[Text]:
        shown = [number for number in range(len(self._columns)) if any(cells[number] for cells, _, _ in self._rows)]
        some = any(free for _, free, _ in self._rows)
        longest = max((Text(word).cell_len for _, free, _ in self._rows for word in _WORD.findall(free.plain)), default=0)
        required = [number for number in shown if not self._columns[number].optional]
        for numbers in (shown, required):
            used = sum(self._widths(numbers)) + GAP * (len(numbers) - 1)
            beside = used + GAP
            needed = beside + max((_widest(free) for _, free, _ in self._rows), default=0)
            if not some or width is None or needed <= width or width - beside >= max(ROOM, longest):
                if width is None or used <= width:
                    yield from self._table(numbers, beside if some else None, width)
                    return
            elif used <= width:
                yield from self._table(numbers, None, width)
                return
        yield from self._records(required, width)

    def _widths(self, numbers: Sequence[int]) -> list[int]:
        return [
            max([cells[number].cell_len for cells, _, _ in self._rows] + [len(self._columns[number].heading) * self._header])
            for number in numbers
        ]

    def _table(self, numbers: Sequence[int], beside: int | None, width: int | None) -> Iterator[Text]:
        widths = self._widths(numbers)
        if self._header and any(self._columns[number].heading for number in numbers):
            headings = self._row([Text(self._columns[number].heading) for number in numbers], numbers, widths)
            if beside is not None:
                _pad(headings, beside).append(self._free)
            headings.stylize(DIM)
            yield _stripped(headings)
        for cells, free, style in self._rows:
            line = self._row([cells[number] for number in numbers], numbers, widths)
            if beside is not None and free:
                below = list(wrapped(free, None if width is None else width - beside, hang=0))
                lines = [_pad(line, beside).append_text(below[0]), *(Text(" " * beside).append_text(one) for one in below[1:])]
            else:
                lines = [_stripped(line), *(() if beside is not None else self._below(free, width))]
            for one in lines:
                one.stylize_before(style)
                yield one

    def _row(self, cells: Sequence[Text], numbers: Sequence[int], widths: Sequence[int]) -> Text:
        line, filled = Text(), 0
        for cell, number, width in zip(cells, numbers, widths, strict=True):
            padding = width - cell.cell_len
            _pad(line, filled + (padding if self._columns[number].right else 0)).append_text(cell)
            filled += width + GAP
        return line

    def _below(self, free: Text, width: int | None) -> Iterator[Text]:
        if not free:
            return
        said = Text.assemble((f"{self._label} ", DIM), free) if self._label else free
        yield from wrapped(Text(" " * HANG).append_text(said), width, hang=HANG + 2)

    def _records(self, numbers: Sequence[int], width: int | None) -> Iterator[Text]:
        labelled = [number for number in numbers[1:] if not self._columns[number].beside_title]
        told = [
            [(self._columns[number].heading, cells[number]) for number in labelled if cells[number]] for cells, _, _ in self._rows
        ]
        joined = [_joined(pairs) for pairs in told]
        short = width is None or all(line.cell_len <= width for line in joined)
        place = HANG + max((len(self._columns[number].heading) for number in labelled), default=0) + GAP
        for (cells, free, style), pairs, line in zip(self._rows, told, joined, strict=True):
            lines = list(self._title(cells, numbers, width))
            if pairs and short:
                lines.append(line)
            elif pairs:
                for heading, cell in pairs:
                    named = Text.assemble(" " * HANG, (heading, DIM))
                    lines += wrapped(_pad(named, place).append_text(cell), width, hang=place)
            lines += self._below(free, width)
            for one in lines:
                one.stylize_before(style)
                yield one

    def _title(self, cells: Sequence[Text], numbers: Sequence[int], width: int | None) -> Iterator[Text]:
        """The first cell and the cells beside it, in a line or, if that is too long, below it."""
        title = cells[numbers[0]].copy()
        title.stylize_before("bold")
        beside = [cells[number] for number in numbers[1:] if self._columns[number].beside_title and cells[number]]
        line = Text(" " * GAP).join([title, *beside])
        if width is None or line.cell_len <= width or not beside:
            yield from wrapped(line, width)
            return
        yield from wrapped(title, width)
        yield from wrapped(Text(" " * HANG).append_text(Text(" " * GAP).join(beside)), width, hang=HANG)


def _text(cell: Piece) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _widest(text: Text) -> int:
    return max((line.cell_len for line in text.split("\n")), default=0)


def _pad(line: Text, width: int) -> Text:
    return line.append(" " * max(0, width - line.cell_len))


def _stripped(line: Text) -> Text:
    line.rstrip()
    return line


def _joined(pairs: Sequence[tuple[str, Text]]) -> Text:
    line = Text(" " * HANG)
    for number, (heading, cell) in enumerate(pairs):
        line.append("   " if number else "").append(f"{heading} " if heading else "", style=DIM).append_text(cell)
    return line
