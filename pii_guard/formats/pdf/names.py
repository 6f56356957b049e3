"""Names that people or their programs chose: keys and values of the file, and operands of content.

A name is renamed wherever it stands, so that what it ties together stays tied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pikepdf

from pii_guard.formats.pdf.strings import Text, holders

# Names of the specification and of fonts are one word; what tells of people holds more than letters.
_TELLING = re.compile(r"@|\s|\d{6}|[^\x00-\x7f]|[A-Za-z]\.[A-Za-z]")
_FONTS = frozenset("/BaseFont /FontName /FontFamily /CMapName /UseCMap /CharProcs".split())


def destinations(pdf: pikepdf.Pdf) -> Iterator[Text]:
    """The names of destinations in the catalogue: each is a text of its own."""
    named = pdf.Root.get("/Dests")
    if isinstance(named, pikepdf.Dictionary):
        for key in sorted(named.keys()):
            yield Text(named, key, "Dests", key[1:], named=True)


def names(pdf: pikepdf.Pdf, drawn: Iterable[str]) -> Iterator[Text]:
    """Destinations, then every other name that may tell of somebody, each once.

    `drawn`: names that content streams use.
    """
    known = set()
    for one in destinations(pdf):
        known.add(one.key)
        yield one
    for name in sorted({*all_names(pdf), *drawn} - known):
        if _TELLING.search(name[1:]):
            yield Text(pdf.Root, name, "", name[1:], named=True)


def _of(item: Any) -> Iterator[str]:
    for key, value in item.items():
        yield key
        if key in _FONTS:
            continue
        values = value if isinstance(value, pikepdf.Array) else (value,)
        for one in values:
            if isinstance(one, pikepdf.Name):
                yield str(one)


def all_names(pdf: pikepdf.Pdf) -> set[str]:
    """Every name of the file outside fonts and content."""
    return {name for item in holders(pdf) for name in _of(item)}


def rename(pdf: pikepdf.Pdf, renamed: Mapping[str, str]) -> None:
    """Give things new names (`/Old` to `/New`), as keys and as values, wherever they stand."""
    if not renamed:
        return
    for item in list(holders(pdf)):
        for key in list(item.keys()):
            if key in renamed:
                item[renamed[key]] = item[key]
                del item[key]
        for key in list(item.keys()):
            value = item[key]
            if isinstance(value, pikepdf.Name) and str(value) in renamed:
                item[key] = pikepdf.Name(renamed[str(value)])
            elif isinstance(value, pikepdf.Array):
                _in_array(value, renamed, 0)
    for item in pdf.objects:
        if isinstance(item, pikepdf.Array):
            _in_array(item, renamed, 0)


def _in_array(items: Any, renamed: Mapping[str, str], depth: int) -> None:
    for index, value in enumerate(items):
        if isinstance(value, pikepdf.Name) and str(value) in renamed:
            items[index] = pikepdf.Name(renamed[str(value)])
        elif isinstance(value, pikepdf.Array) and not value.is_indirect and depth < 24:
            _in_array(value, renamed, depth + 1)
