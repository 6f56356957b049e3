"""What a CMap says beside its mapping: remarks, and words that are none of its language.

A CMap is a program in PostScript (Adobe Technical Note 5014) of few words; readers take its codes and
pass over all else, so anything may stand there.
"""

from __future__ import annotations

import re

_CODES = re.compile(r"<[0-9A-Fa-f\s]{0,4096}>|<<|>>|[\[\]{}]")
_CALLED = re.compile(
    r"/(?:CMapName|Registry|Ordering)\s{0,9}(?:/[\w+.-]{1,80}|\([\w+. -]{0,80}\))(?=\s)"
)
_LANGUAGE = frozenset(
    "/CIDInit /ProcSet /CIDSystemInfo /Registry /Ordering /Supplement /CMapName /CMapType /CMapVersion /CMap "
    "/WMode /UIDOffset /XUID findresource begin dict begincmap usecmap def dup end endcmap currentdict CMapName "
    "defineresource pop begincodespacerange endcodespacerange beginbfchar endbfchar beginbfrange endbfrange "
    "begincidchar endcidchar begincidrange endcidrange beginnotdefchar endnotdefchar beginnotdefrange "
    "endnotdefrange beginrearrangedfont endrearrangedfont beginusematrix endusematrix "
    "%!PS-Adobe-3.0 Resource-CMap %%EndComments %%BeginResource %%EndResource %%EOF".split()
)
_LISTS = (b"bfchar", b"bfrange", b"cidchar", b"cidrange", b"codespacerange")
_NAME = re.compile(r"/[^/]*")
_NUMBER = re.compile(r"[-+]?\d{1,9}")


def is_cmap(raw: bytes) -> bool:
    """Whether the bytes are a CMap, as of a font's /ToUnicode."""
    return b"begincmap" in raw[:4_000] or b"/CIDInit" in raw[:400]


def is_cut(raw: bytes) -> bool:
    """Whether a list of codes in it has no end: some readers take it as far as it goes, others not at all."""
    return any(raw.count(b"begin" + one) != raw.count(b"end" + one) for one in _LISTS)


def asides(raw: bytes) -> str:
    """All that is no part of the mapping, line by line; nothing for a CMap that says no more."""
    text = _CALLED.sub(" ", _CODES.sub(" ", raw.decode("utf-8", "replace")))
    lines = (" ".join(w for w in line.split() if not _is_code(w)) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _is_code(word: str) -> bool:
    names = _NAME.findall(word) if word[0] == "/" else [word]
    return _LANGUAGE.issuperset(names) or _NUMBER.fullmatch(word) is not None
