"""A content stream as its instructions, and the text in it that none of them shows.

Readers of pages pass over what an operator does not take; whoever looks into the stream reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pikepdf

SHOW = frozenset({"Tj", "TJ", "'", '"'})
MARK = frozenset({"BDC", "DP"})
_END = "PiiGuardEnd"
_LONGEST = 5
"""Letters of two operators that stand without a space between them, at most."""
_DEEPEST = 30


def parsed(holder: Any) -> list[Any]:
    """The instructions of a page or stream.

    Raises `ValueError` where text stands behind the last of them, or where a string, an array or an
    image is left open, in which the rest of the stream is then lost.
    """
    found: list[Any] = list(pikepdf.parse_content_stream(holder))
    if not _ends(_bytes(holder)):
        raise ValueError("text behind the last operator")
    return found


def _ends(content: bytes) -> bool:
    """Whether an operator of ours would be one at the end of the content.

    The parser drops what it cannot finish, and says so to nobody. Objects parsed here end with the
    file that they are parsed in.
    """
    held = pikepdf.new()
    marked = held.make_stream(content + b"\n" + _END.encode() + b"\n")
    found = list(pikepdf.parse_content_stream(marked, operators=_END))
    return len(found) == 1 and not any(map(_has_text, found[0].operands))


def is_said(name: str) -> bool:
    """Whether an operator is none, but a word of a text that stands in the stream as it is."""
    return len(name) > _LONGEST and sum(map(str.isalnum, name)) > _LONGEST


def has_surplus(name: str, operands: Sequence[Any]) -> bool:
    """Whether an operator was given text that it does not take."""
    if name in SHOW:
        taken = 0 if name == "TJ" else len(operands) - 1
        return len(operands) > 1 and any(
            _has_text(one) for place, one in enumerate(operands) if place != taken
        )
    if name in MARK and len(operands) == 2 and isinstance(operands[1], pikepdf.Dictionary):
        # Entries of properties are read (`structure.py`), but not what is within them.
        entries = [one for _, one in operands[1].items() if not isinstance(one, pikepdf.String)]
        return any(map(_has_text, (operands[0], *entries)))
    return any(map(_has_text, operands))


def _bytes(holder: Any) -> bytes:
    if isinstance(holder, pikepdf.Stream):
        return holder.read_bytes()
    contents = holder.obj.get("/Contents")
    parts = contents if isinstance(contents, pikepdf.Array) else [contents]
    # The parts of a page's content are one stream, with white space between them (7.8.2).
    return b"\n".join(one.read_bytes() for one in parts if isinstance(one, pikepdf.Stream))


def _has_text(operand: Any, depth: int = 0) -> bool:
    """Whether an operand is a string, or holds one."""
    # Words that are no object are nothing to the parser; numbers are none of its own objects.
    if operand is None:
        return True
    if not isinstance(operand, pikepdf.Object):
        return False
    if isinstance(operand, pikepdf.String):
        return bool(bytes(operand).strip())
    if depth > _DEEPEST:
        return True
    if isinstance(operand, pikepdf.Array):
        return any(_has_text(one, depth + 1) for one in operand)
    return isinstance(operand, pikepdf.Dictionary) and any(
        _has_text(one, depth + 1) for _, one in operand.items()
    )
