"""Protocols themselves: load, list, print or export them, and begin a new one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, cast, overload

from verifier.api.calls import ask, one, only
from verifier.files.writing import write
from verifier.jobs.arguments import (
    FORMATS,
    Settings,
    check_choice,
    check_limits,
    drop_names,
    model_reference,
    setting_lines,
    usage,
)
from verifier.jobs.session import Session
from verifier.kernel.errors import UsageError

if TYPE_CHECKING:
    from verifier.documents import Listing
    from verifier.jobs.arguments import Model
    from verifier.kernel.protocol import Protocol
    from verifier.wire.jobs import ListJob, ShowJob, ShownFormat
    from verifier.wire.listings import ShownText

    class ShowOptions(TypedDict, total=False):
        """The options of `show`, which documents them."""

        variant: str | None
        drop: Sequence[str]
        settings: Settings
        properties: Sequence[str]
        module: str | None
        timeout: float | None
        memory: int | None
        in_process: bool
        session: Session | None


def load(reference: str | Path) -> Protocol:
    """Load a protocol into this process: the name of a built-in or registered one, or the path of a Python
    file.

    Raises:
        UsageError: there is no such protocol or file.
        ModelError: the file does not describe a well-formed protocol.
    """
    from verifier.catalog import load as load_protocol

    return load_protocol(str(reference))


def list_protocols(
    protocol: Model | None = None,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> Listing:
    """The available protocols with their variants, parameters, actions and properties, or one of them.

    Args:
        timeout, memory, in_process, session: as for `prove`.

    Raises:
        UsageError: there is no such protocol.
        CutOff: a limit was reached.
    """
    check_limits(timeout, memory, in_process)
    job: ListJob = {"command": "list", "protocol": None if protocol is None else model_reference(protocol, in_process)}
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    from verifier.documents import Listing

    return one(Listing, answer)


@overload
def show(
    protocol: Model, *, format: Literal["text", "aiger", "btor2", "json", "smt2", "tla"] = "text", **options: Unpack[ShowOptions]
) -> str: ...


@overload
def show(protocol: Model, *, format: Literal["aig"], **options: Unpack[ShowOptions]) -> bytes: ...


def show(
    protocol: Model,
    *,
    format: str = "text",
    variant: str | None = None,
    drop: Sequence[str] = (),
    settings: Settings = (),
    properties: Sequence[str] = (),
    module: str | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    in_process: bool = False,
    session: Session | None = None,
) -> str | bytes:
    """A protocol as text for people, or at the published scope in the format of another model checker.

    Args:
        format: `text`; `tla`, a module followed by its configuration; `aiger` (ASCII), `aig` (AIGER's binary form, as
            bytes) or `btor2`, a circuit; `smt2`, functions of SMT-LIB 2; `json`, the document `verify.model/1`.
        variant: the variant, for references that name none.
        drop, settings: as for `prove`; they go with an export.
        properties: the properties to export; all if empty (for a circuit, all except laws and liveness).
        module: the name of the module, by default that of the protocol.
        timeout, memory, in_process, session: as for `prove`.

    Raises:
        UsageError: a name or a value is wrong; the hint says what is allowed.
        CutOff: a limit was reached.
    """
    check_choice("format", format, FORMATS)
    check_limits(timeout, memory, in_process)
    job: ShowJob = {
        "command": "show",
        "protocol": model_reference(protocol, in_process),
        "variant": variant,
        "format": cast("ShownFormat", format),
        "drops": drop_names(drop),
        "settings": setting_lines(settings),
        "properties": list(properties),
        "module": module,
    }
    for name, given in (("drop", job["drops"]), ("set", job["settings"]), ("property", job["properties"])):
        if given and format == "text":
            raise usage(f"--{name} goes with an export", "such as --format tla or --format btor2")
    answer = ask(job, session, timeout=timeout, memory=memory, in_process=in_process)
    text = cast("ShownText", only(answer))["text"]
    return text.encode("latin-1") if format == "aig" else text


def new_protocol(name: str, *, directory: str | Path = ".") -> Path:
    """Write `NAME.py`, a commented starting model that proves.

    Returns:
        The path of the new file.

    Raises:
        UsageError: the name is not a Python identifier, the file exists already, or it cannot be written.
    """
    from importlib.resources import files
    from keyword import iskeyword

    stem = name.removesuffix(".py")
    if not stem.isidentifier() or iskeyword(stem):
        raise usage(
            f"{name!r} cannot name a protocol", "use letters, digits and underscores, such as my_protocol"
        )
    path = Path(directory) / f"{stem}.py"
    template = files("verifier").joinpath("templates", "protocol.py.txt").read_text(encoding="utf-8")
    try:
        # Claimed first, so an existing file is never replaced, even if another process has just created it.
        path.open("x").close()
    except FileExistsError:
        raise usage(f"{path} exists already", "choose another name, or remove the file first") from None
    except OSError as error:
        raise usage(f"{path} cannot be written: {error.strerror}") from None
    try:
        write(path, template.replace("{{name}}", stem))
    except UsageError:
        path.unlink(missing_ok=True)
        raise
    return path
