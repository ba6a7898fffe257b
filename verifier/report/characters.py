"""Characters that no report can carry: neither HTML nor XML has a spelling for them, and a terminal may obey them."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text with control characters, lone surrogates and noncharacters replaced by U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)
