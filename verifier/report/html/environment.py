"""The templates of the pages: everything is escaped, and a page carries its own style, script and policy."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from verifier.kernel.characters import clean
from verifier.report.nights import count, duration


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("verifier.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["duration"] = duration
    environment.filters["plural"] = count
    environment.filters["breakable"] = breakable
    return environment


def breakable(name: str) -> Markup:
    """A name with places where a narrow page may break it: after underscores, and before capitals within a word."""
    return Markup("<wbr>").join(part for part in re.split(r"(?<=_)|(?<=[a-z])(?=[A-Z])", name) if part)


def render(template: str, *, beside: str | None = None, **values: Any) -> str:
    """A page from a template and its values; `beside` names its additional style and script, after those of all pages.

    The page's policy allows its own style and script by their digests and nothing else, so text inserted into the page could
    not run or load anything even if it were not escaped.
    """
    environment = _environment()
    style, script = (
        "\n".join(_text(environment, f"{name}.{kind}") for name in (first, *([beside] if beside else [])))
        for first, kind in (("style", "css"), ("script", "js"))
    )
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_digest(style)}; script-src {_digest(script)}"
    # Both files are parts of this package, not third-party text.
    page = environment.get_template(template).render(
        style=Markup(style),
        script=Markup(script),
        policy=policy,
        **values,
    )
    # A page may be written to a log. None of its own lines begins like this; a line that does was inserted.
    shown = (re.sub(r"^(\s*):(?=:)", r"\1&#58;", line.rstrip()) for line in clean(page).splitlines() if line.strip())
    return "\n".join(shown).replace("##[", "&#35;#[") + "\n"


def _text(environment: Environment, name: str) -> str:
    """A file of the template folder, without blank lines: the page loses them too, and the digests must match."""
    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(f'{chr(10)}{text}{chr(10)}'.encode()).digest()).decode()}'"
