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
from typing import Any, NamedTuple

from pii_guard.document import Kind

AUTHOR = "Author name"


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


class Attribute(NamedTuple):
    """An attribute that people's words may stand in. `label` is that of its segment."""

    kind: Kind
    label: str


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
_GENERIC = frozenset(
    "name val v c u f title caption label value display type column table tag".split()
)
"""Attributes whose names say nothing about what stands in them: as a label, "name" says "person"."""


def _attributes(table: str) -> dict[str, MappingProxyType[str, Attribute]]:
    """`element: attribute attribute=LABEL attribute!` per line; `!` is a name, `=AUTHOR` a person."""
    found: dict[str, dict[str, Attribute]] = {}
    for line in table.strip().splitlines():
        elements, _, names = line.partition(":")
        for element in elements.split():
            here = found.setdefault(element, {})
            for name in names.split():
                bare, _, label = name.rstrip("!").partition("=")
                kind = Kind.NAME if name.endswith("!") else Kind.FIELD
                plain = "" if kind is Kind.NAME or bare in _GENERIC else bare
                here[bare] = Attribute(kind, AUTHOR if label == "AUTHOR" else plain)
    return {element: MappingProxyType(names) for element, names in found.items()}


_OOXML_ATTRIBUTES = _attributes("""
docPr cNvPr: name! descr title
ins del moveFrom moveTo cellIns cellDel cellMerge comment rPrChange pPrChange sectPrChange tblPrChange tcPrChange trPrChange tblGridChange tblPrExChange numberingChange moveFromRangeStart moveToRangeStart customXmlInsRangeStart customXmlDelRangeStart customXmlMoveFromRangeStart customXmlMoveToRangeStart: author=AUTHOR initials!
person author cmAuthor: author=AUTHOR name=AUTHOR initials! userId providerId
presenceInfo: userId providerId
bookmarkStart: name!
hyperlink: tooltip anchor! docLocation display location
hlinkClick hlinkHover hlinkMouseOver: tooltip action
fldSimple: instr
alias tag placeholder docPart: val
listItem: displayText value
docVar: name! val
default result helpText statusText entryMacro exitMacro listEntry: val
name: val!
query connectString table column addressFieldName mailSubject mappedName activeRecord dst: val
tblCaption tblDescription caption description aliases attachedSchema: val
smartTag customXml: element!
attr: name! val
documentProtection writeProtection: algIdExtSid!
sheet: name
definedName: name! comment description help statusBar customMenu
table: name! displayName! comment totalsRowCellStyle!
tableColumn: name totalsRowLabel uniqueName!
cacheField: name caption
cacheHierarchy: caption uniqueName
pivotCacheDefinition: refreshedBy=AUTHOR
pivotTableDefinition: name! dataCaption grandTotalCaption errorCaption missingCaption rowHeaderCaption colHeaderCaption tag
pivotField: name subtotalCaption
dataField pivotHierarchy member groupMember: name caption
s d: v
n: v
cfRule: text
lvlText: val
header: userName=AUTHOR
rsnm: oldName newName
themeFamily theme clrScheme fontScheme fmtScheme: name!
worksheetSource: sheet ref! name!
cacheSource: connectionId!
dataValidation: promptTitle prompt errorTitle error
connection: name description odcFile sourceFile
dbPr: connection command serverCommand
webPr: url post editPage
textPr: sourceFile
parameter: name prompt string
queryTable queryTableField: name
fileSharing: userName=AUTHOR
userInfo: name=AUTHOR
protectedRange: name securityDescriptor
scenario: name user=AUTHOR comment
inputCells: val
sheetName externalCell: val
customWorkbookView: name
filter customFilter: val
smartTagType: name! url
webPublishItem: title destinationFile divId!
oleItem ddeItem: name
ddeLink: ddeService ddeTopic
cSld custShow section: name
tag: name val
property: name
shape rect line oval roundrect group arc curve image polyline background: alt title href id! name!
textpath: string
imagedata fill stroke: title href
signatureline: suggestedsigner=AUTHOR suggestedsigner2 suggestedsigneremail signinginstructions
pt: type!
threadedComment: displayText
slicer slicerCache timeline: name caption sourceName
webextension: id!
sldTgt: name
media: name
ink: id!
""")
_ODF_ATTRIBUTES = _attributes("""
frame object image text-box rect line ellipse custom-shape path polyline polygon connector caption control g page layer circle measure regular-polygon: name!
a: name title
table named-range named-expression database-range content-validation data-pilot-table data-pilot-field data-pilot-member scenario: name
table-template: name!
named-range: cell-range-address
named-expression: expression
content-validation: condition
table-cell covered-table-cell: string-value formula
change-info: chg-author
annotation: name!
bookmark bookmark-start bookmark-end reference-mark reference-mark-start section: name!
user-field-decl variable-decl variable-set user-field-get sequence-decl: name! string-value formula
user-defined: name
conditional-text: condition string-value-if-true string-value-if-false
hidden-text hidden-paragraph placeholder: condition string-value description
database-display database-next database-row-select: database-name table-name column-name
text textarea password formatted-text number date time file listbox combobox button checkbox radio hidden fixed-text image-frame value-range generic-control: name! label value current-value title data-field
form: name command datasource filter target-frame
option item: label value
event-listener: event-name! macro-name
meta: name content
toc-mark alphabetical-index-mark user-index-mark alphabetical-index-mark-start: string-value key1 key2
bibliography-mark: author=AUTHOR title url annote note address publisher journal editor=AUTHOR
index-title: name!
style page-layout master-page list-style gradient hatch marker stroke-dash fill-image opacity presentation-page-layout: display-name!
config-item-set: name!
template: title
script: macro-name
source-cell-range: cell-range-address
error-message help-message: title
""")
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
            does, table = _ODF_DOES.get(name, Does.NOTHING), _ODF_ATTRIBUTES
            breaks = space == _TEXT_NS and name in ("tab", "line-break", "s", "soft-page-break")
            if space.endswith(":datastyle:1.0"):
                does = Does.INERT
            if does is Does.BLOCK and space != _TEXT_NS:
                does = Does.NOTHING
        else:
            does, table = _OOXML_DOES.get(name, Does.NOTHING), _OOXML_ATTRIBUTES
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


def is_ours(attribute: str, value: str) -> bool:
    """Whether an attribute that looks like an address is the name of a schema."""
    return value.startswith(_OURS) or (attribute in _TECHNICAL and "@" not in value)


def speaks(attribute: str, value: str) -> bool:
    """Whether an attribute holds an address though it is meant for programs."""
    return _SPEAKS.search(value) is not None and not is_ours(attribute, value)
