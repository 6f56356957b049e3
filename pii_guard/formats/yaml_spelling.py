"""How a replacement is written in the places of YAML (YAML 1.2.2, 7.3)."""

from __future__ import annotations

import re

BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# Marks anywhere, a colon that ends a key, marks at the beginning only (YAML 1.2.2, 7.3.3).
_UNSAFE = re.compile(r"[#\[\]{},]|:(?=\s|\Z)|^[-?:&*!|>'\"%@`]|^\s|\s$")


def line(text: str) -> str:
    """In a comment, or in a line of a block."""
    return BREAK.sub(" ", text)


def uri(text: str) -> str:
    """In a tag or a directive."""
    return re.sub(r"[^\w.:@-]", "", text) or "_"


def plain(text: str) -> str:
    """Without quotes."""
    # Nothing at all could leave a mark at an end, which would then be syntax.
    return _UNSAFE.sub("_", text) or "_"


def single(text: str) -> str:
    """Within single quotes."""
    return text.replace("'", "''")


def double(text: str) -> str:
    """Within double quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def whole(text: str) -> str:
    """In the place of a scalar with its quotes."""
    return "'" + text.replace("'", "''") + "'"


QUOTED = {"'": single, '"': double}
"""By the quote."""
