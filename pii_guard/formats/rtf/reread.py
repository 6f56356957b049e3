"""RTF as a flat run of text: escapes undone, control words dropped, groups followed by count alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.signatures import signatures

_ANY = re.compile(
    r"\\u(-?\d{1,6}) ?(?:\\'[0-9a-fA-F]{2}|[^\\{}\r\n])?|((?:\\'[0-9a-fA-F]{2})+)|\\([A-Za-z]+)(-?\d+)? ?|\\([^A-Za-z])|([{}])|[\r\n]+"
)
_LINES = {"tab": "\t"} | dict.fromkeys(
    "par line cell nestcell row sect page column author operator manager title subject company doccomm "
    "keywords category comment propname staticval header headerl headerr headerf footer footerl footerr "
    "footerf footnote annotation atnauthor atnid fldinst fldrslt shptxt sn sv docvar hlinkbase".split(),
    "\n",
)
_SYMBOLS = {"~": " ", "_": "-", "-": "", "*": "\n", "\n": "\n", "\r": "\n"}
_TABLES = frozenset(
    "fonttbl stylesheet colortbl listtable listoverridetable rsidtbl generator latentstyles themedata "
    "datastore colorschememapping pict objdata blipuid xmlnstbl creatim revtim printim pgptbl mmathPr".split()
)
_PAGE = re.compile(r"\\ansicpg(\d{3,5})")
_PICTURE = re.compile(r"\{\\pict\b")
_BRACE = re.compile(r"[{}]")
_INNER = re.compile(r"\{[^{}]*+\}")
_WORD = re.compile(r"\\[a-z]+-?\d*+ ?")
_DIGITS = re.compile(r"[0-9A-Fa-f]{16,}+")


def flat(source: str) -> tuple[str, str]:
    """The text of a source, and that of its tables of fonts, styles and data."""
    found = _PAGE.search(source)
    page = f"cp{found[1]}" if found else "cp1252"
    texts: tuple[list[str], list[str]] = ([], [])
    out, position, depth, table = texts[0], 0, 0, 0
    for match in _ANY.finditer(source):
        out.append(source[position : match.start()])
        position = match.end()
        code, raw, word, _, symbol, brace = match.groups()
        if brace:
            depth += 1 if brace == "{" else -1
            if depth < table:
                out, table = texts[0], 0
            continue
        if word and word in _TABLES and not table:
            out, table = texts[1], depth
        if code:
            out.append(chr(int(code) & 0xFFFF))
        elif raw:
            out.append(_decoded(bytes.fromhex(raw.replace("\\'", "")), page))
        elif word:
            out.append(_LINES.get(word, ""))
        elif symbol:
            out.append(_SYMBOLS.get(symbol, symbol))
    out.append(source[position:])
    shown, tables = map("".join, texts)
    return _paired(shown), _paired(tables)


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _decoded(raw: bytes, page: str) -> str:
    try:
        return raw.decode(page, "replace")
    except LookupError:
        return raw.decode("cp1252", "replace")


def reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """Paragraphs and pictures."""
    source = decode(blob).text
    if not source.startswith("{\\rtf"):
        raise Unreadable(ReasonCode.VERIFICATION_FAILED, "it is no RTF any more")
    shown, tables = flat(source)
    texts = [
        Segment(text.strip("\n"), (Step("paragraph", n),), Kind.PROSE)
        for n, text in enumerate(re.split(r"\n(?:[^\S\n]*+\n)++", shown), 1)
        if text.strip()
    ]
    texts += [
        Segment(text, (Step("name", n),), Kind.NAME)
        for n, text in enumerate(filter(str.strip, re.split(r"[;\n]", tables)), 1)
    ]
    return Document(tuple(texts), tuple(_pictures(source)))


def _pictures(source: str) -> Iterator[Child]:
    for number, start in enumerate(_PICTURE.finditer(source), 1):
        depth, end = 0, len(source)
        for brace in _BRACE.finditer(source, start.start()):
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                end = brace.start()
                break
        body = _WORD.sub("", _INNER.sub("", source[start.end() : end]))
        digits = "".join(body.split())
        if _DIGITS.fullmatch(digits):
            content = bytes.fromhex(digits[: len(digits) & ~1])
            if signatures(content):
                yield Child(content, (Step("picture", number),), f"picture{number}")
