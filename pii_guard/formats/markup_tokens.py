"""What HTML and XML are made of: the patterns of their tokens, and the text of a block with its places."""

from __future__ import annotations

import html
import re
from array import array
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    # An internal subset is long and begins once; what else stands in brackets is short.
    r"|<!(?P<declaration>(?i:doctype)(?:[^<>\"'\[]++|\"[^\"]{0,4096}+\"|'[^']{0,4096}+'){0,32}+"
    r"\[(?:(?!(?i:<!doctype))[^\]]){0,16384}+\]\s*+"
    r"|(?:[^<>\"'\[]++|\"[^\"]{0,4096}+\"|'[^']{0,4096}+'|\[[^\]]{0,256}+\]){0,64}+)>|<\?(?P<instruction>.*?)(?:\?>|\Z)"
    r"|</(?P<close>[A-Za-z_][\w:.-]*+)\s*+>"
    r"|<(?P<open>[A-Za-z_][\w:.-]*+)(?P<attributes>(?:[^<>\"'/]++|\"[^\"]*+\"|'[^']*+'|/(?!>))*+)(?P<empty>/?)>",
    re.S,
)
ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=\"'<>/]+)(?:\s*=\s*(?:\"(?P<d>[^\"]*)\"|'(?P<s>[^']*)'|(?P<b>[^\s\"'<>`]+)))?"
)
LEAF = re.compile(
    r"\s*+<(?P<name>[A-Za-z_][\w:.-]*+)(?P<attributes>(?:[^<>\"'/]++|\"[^\"]*+\"|'[^']*+'|/(?!>))*+)>"
    r"(?P<text>[^<]*+)</(?P=name)\s*+>"
)
"""An element that holds a text and nothing else."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
TARGET = re.compile(r"[A-Za-z_][\w:.-]*\s+")
DATA_URI = re.compile(r"data:[^,;]{0,60}(?:;[^,]{0,60})?,", re.I)
INLINE_DATA = 256
READABLE = re.compile(
    r"data:(?:,|;|text/|[\w.+-]+/(?:[\w.+-]*(?:xml|json|javascript)))|.*;base64,", re.I
)


@dataclass(slots=True)
class Block:
    """The running text of a block: the source ranges it stands in, tags between them."""

    islands: list[tuple[int, int]] = field(default_factory=list)

    def read(self, source: str) -> tuple[str, array[int] | None]:
        """The text, entities resolved, and the place of each character (None: as it stands)."""
        start, end = self.islands[0][0], self.islands[-1][1]
        if len(self.islands) == 1 and source.find("&", start, end) < 0:
            return source[start:end], None
        text: list[str] = []
        offsets = array("q")
        for low, high in self.islands:
            position = low
            for match in ENTITY.finditer(source, low, high):
                text.append(source[position : match.start()])
                offsets.extend(range(position, match.start()))
                character = html.unescape(match.group())
                text.append(character)
                offsets.extend([match.start()] * len(character))
                position = match.end()
            text.append(source[position:high])
            offsets.extend(range(position, high))
        offsets.append(end)
        return "".join(text), offsets
