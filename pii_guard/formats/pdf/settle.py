"""Takes advances and moves out of content that nothing depends on: they tell widths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pikepdf import Array, ContentStreamInlineImage, ContentStreamInstruction, Operator, String

from pii_guard.formats.pdf.content import SHOW

MOVES = frozenset({"Td", "TD", "Tm", "T*"})
# What only changes the graphics state: of no effect before the state is restored.
_IDLE = MOVES | frozenset(
    "cm BT ET Tf Tc Tw Tz TL Ts Tr w J j M d ri i g G rg RG k K cs CS sc SC gs".split()
)


def settled(instructions: list[Any]) -> list[Any]:
    """Without advances and moves that nothing depends on: they tell the widths of what was there.

    A number at the end of a TJ matters only if text follows on the same position, a move only if
    text follows in the same text object; of two moves in a row only the sum matters.
    """
    out: list[Any] = []
    # Whether text is shown later: before the position is set anew, and in the same text object.
    followed = shown = False
    for one in reversed(instructions):
        name = "" if isinstance(one, ContentStreamInlineImage) else str(one.operator)
        if name == "TJ" and not followed:
            one = _trimmed(one)
            if one is None:
                continue
        if name in ("BT", "ET"):
            followed = shown = False
        elif name in SHOW:
            followed = shown = True
        elif name in MOVES:
            if not shown:
                if name == "TD":
                    out.append(ContentStreamInstruction([-float(one.operands[1])], Operator("TL")))
                continue
            followed = False
        out.append(one)
    return _merged(reversed(out))


def _trimmed(one: Any) -> Any:
    """A TJ that ends with the last text it shows; None when it shows none."""
    items = list(one.operands[0])
    while items and not (isinstance(items[-1], String) and bytes(items[-1])):
        items.pop()
    return ContentStreamInstruction([Array(items)], one.operator) if items else None


def _merged(instructions: Iterable[Any]) -> list[Any]:
    """Moves in a row as one, empty text objects and groups that paint nothing left out."""
    out: list[Any] = []
    groups: list[
        tuple[int, bool]
    ] = []  # where each open `q` stands, and whether all since is state
    for one in instructions:
        image = isinstance(one, ContentStreamInlineImage)
        name = "" if image else str(one.operator)
        last = str(out[-1].operator) if out and hasattr(out[-1], "operands") else ""
        if name == "Td" and last == "Td":
            x, y = (
                float(a) + float(b) for a, b in zip(out[-1].operands, one.operands, strict=True)
            )
            out[-1] = ContentStreamInstruction([round(x, 5), round(y, 5)], Operator("Td"))
        elif name == "Tm" and last in ("Tm", "Td"):
            out[-1] = one
        elif name == "ET" and last == "BT":
            out.pop()
        elif name == "q":
            groups.append((len(out), True))
            out.append(one)
        elif name == "Q" and groups:
            start, idle = groups.pop()
            if idle:
                del out[start:]
            else:
                out.append(one)
                groups[-1:] = [(at, False) for at, _ in groups[-1:]]
        else:
            out.append(one)
            if name not in _IDLE:
                groups[-1:] = [(at, False) for at, _ in groups[-1:]]
    return out
