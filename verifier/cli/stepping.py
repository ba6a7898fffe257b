"""A walk on the whole terminal: the state, the enabled steps, why others are disabled, and a line for commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from verifier.api import CutOff, InternalError
from verifier.kernel.characters import one_line
from verifier.kernel.errors import UsageError
from verifier.session.script import Commands, instance_line, why_lines

if TYPE_CHECKING:
    from verifier.session.values import Instance, State
    from verifier.session.walk import Walk

_FAILED = "bold red"


class Stepping(App[None]):
    """The whole terminal. `failure` is the exception that ended the walk, if one did."""

    CSS = """
    #title { height: 1; background: $panel; }
    #left, #right { width: 1fr; }
    .box { border: round $primary; height: 1fr; }
    #answer { height: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo"),
        Binding("r", "redo", "Redo"),
        Binding("i", "init", "Init"),
        Binding("f", "find", "Run until"),
        Binding("p", "path", "Path"),
        Binding("s", "save", "Save"),
        Binding("colon", "command", "Command", key_display=":"),
        Binding("escape", "leave", "Back", show=False),
        Binding("q", "quit", "Quit"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, walk: Walk) -> None:
        super().__init__()
        self._walk = walk
        self._commands = Commands(walk)
        self._instances: list[Instance] = []
        self._busy = False
        self.failure: Exception | None = None

    def compose(self) -> ComposeResult:
        """The parts of the screen."""
        yield Static(id="title", markup=False)
        with Horizontal():
            with VerticalScroll(id="left", classes="box") as left:
                left.border_title = "State"
                yield Static(id="state", markup=False)
            with Vertical(id="right"):
                instances = OptionList(id="instances", classes="box", markup=False)
                instances.border_title = "Enter takes a step"
                yield instances
        with VerticalScroll(id="answer", classes="box") as told:
            told.border_title = "Why"
            yield Static(id="lines", markup=False)
        yield Input(id="command", placeholder="a command: until FORMULA, goto N, why ACTION x=1, save FILE, help")
        yield Footer()

    def on_mount(self) -> None:
        """Shows the state in which the walk begins."""
        self._show()
        self.query_one("#instances").focus()

    def _show(self) -> None:
        """Shows the current state of the walk, and the enabled steps."""
        walk = self._walk
        state = walk.state
        model = f"{walk.protocol}:{walk.variant}{''.join(f', without {name}' for name in walk.dropped)}"
        self.query_one("#title", Static).update(Text(f"{model}   state {state.number} of {walk.length}   {state.step}"))
        self.query_one("#state", Static).update(state_text(state))
        everything = walk.enabled(disabled=True)
        stopped = state.constraint is not None or bool(state.leaves)
        can = [one for one in everything if one.enabled and not stopped]
        cannot = [one for one in everything if not one.enabled or stopped]
        self._instances = [*can, *cannot]
        options = self.query_one("#instances", OptionList)
        with options.prevent(OptionList.OptionHighlighted):  # the last output stays until another instance is highlighted
            options.clear_options()
            options.add_options([Option(Text(instance_line(one), style="bold green")) for one in can])
            options.add_options([Option(Text(instance_line(one), style="dim")) for one in cannot])
            options.highlighted = 0 if self._instances else None

    def _tell(self, lines: list[str], style: str = "") -> None:
        self.query_one("#lines", Static).update(Text("\n".join(map(one_line, lines)), style=style))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Shows why the instance is enabled or disabled."""
        if self._busy:  # one question at a time
            return
        instance = self._instances[event.option_index]
        self._tell(list(why_lines(self._walk.why(instance))))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Takes the step."""
        self._carry_out(f"step {self._instances[event.option_index].number}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Executes a command."""
        event.input.value = ""
        self._carry_out(event.value)
        self.query_one("#instances").focus()

    def _carry_out(self, line: str) -> None:
        """Executes a command, unless another one is still running."""
        if not self._busy:
            self._busy = True
            self._tell([f"{line} ..."])
            self._work(line)

    @work(thread=True)
    def _work(self, line: str) -> None:
        """Executes a command in the background, since a search may take long."""
        try:
            lines = self._commands.run(line)
        except UsageError as error:
            hint = [f"hint: {error.hint}"] if error.hint else []
            self.call_from_thread(self._done, [error.message, *hint], _FAILED)
        except (CutOff, InternalError) as error:
            self.failure = error
            self.call_from_thread(self.exit)
        else:
            self.call_from_thread(self.exit if self._commands.done else lambda: self._done(lines))

    def _done(self, lines: list[str], style: str = "") -> None:
        """Shows the output of a command."""
        self._busy = False
        if not style:
            self._show()
        self._tell(lines, style)

    def action_undo(self) -> None:
        """Goes back by one step."""
        self._carry_out("undo")

    def action_redo(self) -> None:
        """Reverts an undo."""
        self._carry_out("redo")

    def action_init(self) -> None:
        """Begins again."""
        self._begin("init ", "1")

    def action_path(self) -> None:
        """Lists the steps so far."""
        self._carry_out("path")

    def action_find(self) -> None:
        """Asks for a formula."""
        self._begin("until ")

    def action_save(self) -> None:
        """Asks for a file."""
        self._begin("save ", f"{self._walk.protocol}.itf.json")

    def action_command(self) -> None:
        """Asks for a command."""
        self._begin("")

    def action_leave(self) -> None:
        """Leaves the line for commands."""
        self.query_one("#instances").focus()

    def _begin(self, command: str, rest: str = "") -> None:
        line = self.query_one("#command", Input)
        line.value = command + rest
        line.focus()
        line.cursor_position = len(line.value)


def state_text(state: State) -> Text:
    """A state, with the changes of the step to it marked, and the properties it violates."""
    text = Text()
    changed = {re.split(r"[.\[]", change.place)[0] for change in state.changes}
    for name, value in state.text.items():
        text.append(f"{name} = {one_line(value)}\n", style="bold yellow" if name in changed else "")
    for change in state.changes:
        text.append(f"\n{one_line(f'{change.place} : {change.old} -> {change.new}')}", style="yellow")
    for name in state.violated:
        text.append(f"\n{name} is VIOLATED", style=_FAILED)
    if state.constraint is not None:
        text.append(f"\noutside the constraint {state.constraint}", style=_FAILED)
    if state.leaves:
        text.append(f"\nout of range: {', '.join(state.leaves)}", style=_FAILED)
    return text
