"""What the elements and attributes of Office Open XML and OpenDocument say, by their local names.

Namespaces of one name differ between the strict and the transitional form (ECMA-376-4), local names
do not. Attributes are by allow-list: what is not named here is for programs, and is read only where
it holds an address all the same (`speaks`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from pii_guard.formats.office.attributes import (
    AUTHOR,
    ODF_ATTRIBUTES,
    OOXML_ATTRIBUTES,
    Attribute,
)


class Does(Enum):
    """What an element does for the text around it."""

    NOTHING = 0
    BLOCK = 1
    """Its leaves are one running text: a paragraph, a shared string."""
    LEAF = 2
    """It holds a piece of the text of the block it stands in."""
    CODE = 3
    """It holds a piece of a field instruction."""
    BREAK = 4
    """It is white space in the text of its block."""
    TABLE = 5
    ROW = 6
    CELL = 7
    NUMBER = 8
    """Its text is a number where it reads as one."""
    FORMULA = 9
    CODED = 10
    """A header or footer of a sheet: text with codes in it."""
    INERT = 11
    """Its text is for programs."""


@dataclass(frozen=True, slots=True)
class Role:
    """What an element is: its local name, what it does, its attributes that are read."""

    name: str
    does: Does = Does.NOTHING
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    stands_for: str = ""
    """The character of a break."""
    is_inline: bool = False
    """Whether, in a paragraph of OpenDocument, its text is the paragraph's."""
    is_foreign: bool = False
    """Whether it belongs to no office vocabulary: all it says is somebody's data."""


_OFFICE = (
    "http://schemas.openxmlformats.org/", "http://schemas.microsoft.com/", "http://purl.oclc.org/ooxml/",
    "urn:schemas-microsoft-com:", "http://purl.org/dc/", "urn:oasis:names:tc:opendocument:",
    "http://www.w3.org/", "http://openoffice.org/", "urn:org:documentfoundation:",
)  # fmt: skip
_INERT = frozenset(
    "posOffset pctWidth pctHeight pctPosHOffset pctPosVOffset align sizeRelH sizeRelV Anchor Row Column "
    "formatCode Pages Words Characters Lines Paragraphs TotalTime AppVersion Application DocSecurity "
    "CharactersWithSpaces ScaleCrop LinksUpToDate SharedDoc HyperlinksChanged Slides Notes HiddenSlides "
    "MMClips idx order ext sqref revision created modified lastPrinted date "
    "generator editing-duration editing-cycles creation-date print-date creationId modId i4 filetime "
    "config-item Visible MoveWithCells SizeWithCells AutoFill Locked PrintObject LockText TextHAlign".split()
)
"""Elements whose text is for programs, as far as it has the shape of such."""
_SHAPE = re.compile(
    r"[\s\d.,:;+\-/%]*|true|false|True|False|left|right|center|inside|outside|top|bottom|absolute"
    r"|\d{4}-\d\d-\d\dT[\d:.+\-Z]{0,30}|P[\dYMDTHS.]{0,40}"
    r"|[A-Z]{1,3}\d{1,7}(?:[: ][A-Z]{1,3}\d{1,7}){0,50}"
    r"|Microsoft (?:Office )?(?:Macintosh )?(?:Word|Excel|PowerPoint)(?: Online)?"
    r"|(?:LibreOffice|OpenOffice)[\w./$ -]{0,80}"
    r"|[#0?.,;%E+\-\\\"\[\]$@*()_ /:ymdhsaAMPGenrl\d\u20ac\xa3]{1,80}"
)
_ODF_NS = "urn:oasis:names:tc:opendocument:"
_TEXT_NS = f"{_ODF_NS}xmlns:text:1.0"
ADDRESSES = frozenset({"href", "Target", "src"})
"""Attributes that hold the address of another file."""
CONTAINED = frozenset({"list", "list-item", "list-header", "sdt", "sdtContent"})
"""Elements that do not part the paragraphs in them from those before and behind."""
DERIVED = frozenset({"TitlesOfParts", "HeadingPairs"})
"""Elements that repeat names of other parts: fonts, themes, sheets, titles of slides."""
ITEMS = frozenset({"s", "d", "n"})
"""Elements that hold a value in the cache of a pivot table."""
VALUES = frozenset({"lpwstr", "lpstr", "bstr", "i4", "r8", "user-defined"})
"""Elements that hold the value of what the element around them (or they) name."""
_NESTING = frozenset({"note", "ruby", "tracked-changes", "table-of-content"})
_OURS = ("http://schemas.", "http://purl.", "http://www.w3.org/", "http://openoffice.org/",
         "http://docs.oasis-open.org/")  # fmt: skip
_CODES = re.compile(r"&(?:\"[^\"]*\"|\d{1,3}|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|[^\d&\"])")
_SPEAKS = re.compile(r"@|%40|://")
_ESCAPE = re.compile(r"_([0-9a-f]{2,6})_")
_UNFIT = re.compile(r"[^\w.-]|_")
_TECHNICAL = frozenset(
    "uri type Type ContentType schemaLocation namespace relationshipType ns".split()
)
_BREAKS = {
    "tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "line-break": "\n",
    "s": " ", "soft-page-break": "",
}  # fmt: skip
_OOXML_DOES = {
    **dict.fromkeys("p si is text rPh rt txPr".split(), Does.BLOCK),
    **dict.fromkeys(("t", "delText"), Does.LEAF),
    **dict.fromkeys(("instrText", "delInstrText"), Does.CODE),
    "tbl": Does.TABLE, "tr": Does.ROW, "tc": Does.CELL,
    **dict.fromkeys("f formula formula1 formula2 definedName calculatedColumnFormula totalsRowFormula".split(), Does.FORMULA),
    **dict.fromkeys(
        "oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter".split(), Does.CODED
    ),
    **dict.fromkeys("v i4 i8 int uint r8 decimal".split(), Does.NUMBER),
}  # fmt: skip
_ODF_DOES = {
    "p": Does.BLOCK, "h": Does.BLOCK,
    "table": Does.TABLE, "table-row": Does.ROW, "table-cell": Does.CELL, "covered-table-cell": Does.CELL,
}  # fmt: skip
_TEXT_LABELS = {
    **dict.fromkeys(
        "creator lastModifiedBy author initial-creator printed-by Manager".split(), AUTHOR
    ),
}
_NO_ATTRIBUTES: MappingProxyType[str, Attribute] = MappingProxyType({})


class Roles(dict[object, Role]):
    """Roles by tag, worked out when a tag is met first; what is no element (a comment) has none."""

    def __init__(self, *, is_odf: bool) -> None:
        super().__init__()
        self.is_odf = is_odf

    def __missing__(self, tag: object) -> Role:
        role = self[tag] = self._role(tag) if isinstance(tag, str) else Role("")
        return role

    def _role(self, tag: str) -> Role:
        space, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        if not space.startswith(_OFFICE):
            return Role(name, is_foreign=True)
        if self.is_odf:
            does, table = _ODF_DOES.get(name, Does.NOTHING), ODF_ATTRIBUTES
            breaks = space == _TEXT_NS and name in ("tab", "line-break", "s", "soft-page-break")
            if space.endswith(":datastyle:1.0"):
                does = Does.INERT
            if does is Does.BLOCK and space != _TEXT_NS:
                does = Does.NOTHING
        else:
            does, table = _OOXML_DOES.get(name, Does.NOTHING), OOXML_ATTRIBUTES
            breaks = name in ("tab", "ptab", "br", "cr", "noBreakHyphen")
            if name in ("si", "is", "text", "f") and "/spreadsheetml" not in space and name != "f":
                does = Does.NOTHING
        if breaks:
            does = Does.BREAK
        elif does is Does.NOTHING and name in _INERT:
            does = Does.INERT
        stands_for = _BREAKS[name] if breaks else ""
        inline = self.is_odf and space == _TEXT_NS and name not in _NESTING
        return Role(name, does, table.get(name, _NO_ATTRIBUTES), stands_for, inline)


def without_codes(text: str) -> str:
    """A header or footer (ECMA-376-1, 18.3.1.46) with line ends over its codes, of the same length."""
    return _CODES.sub(lambda code: "\n" * len(code[0]), text)


def is_blob(node: Any) -> bool:
    """Whether an element of OpenDocument holds data that nobody can look into, as base64."""
    tag = str(node.tag)
    return tag.endswith("}binary-data") or (
        tag.endswith("}config-item") and "PrinterSetup" in node.attrib.values()
    )


def label_of(name: str) -> str:
    """The label of an element's own text."""
    return _TEXT_LABELS.get(name, name)


def is_for_programs(text: str) -> bool:
    """Whether the text of an inert element has the shape of what programs write there."""
    return len(text) <= 200 and _SHAPE.fullmatch(text) is not None


def is_coined(value: str) -> bool:
    """Whether an attribute of OpenDocument is the name of a style in which signs are escaped."""
    return _ESCAPE.search(value) is not None and _UNFIT.sub("", value) == value.replace("_", "")


def coined(value: str) -> str:
    """The name of a style as people read it (OpenDocument 1.3, part 3, 19.502)."""
    return _ESCAPE.sub(lambda code: _sign(int(code[1], 16)) or code[0], value)


def escaped(name: str) -> str:
    """A name as the name of a style: signs that XML names have no room for are escaped."""
    return _UNFIT.sub(lambda sign: f"_{ord(sign[0]):02x}_", name)


def _sign(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 and code > 31 else ""


def is_ours(attribute: str, value: str) -> bool:
    """Whether an attribute that looks like an address is the name of a schema."""
    return value.startswith(_OURS) or (attribute in _TECHNICAL and "@" not in value)


def speaks(attribute: str, value: str) -> bool:
    """Whether an attribute holds an address though it is meant for programs."""
    return _SPEAKS.search(value) is not None and not is_ours(attribute, value)
