"""The attributes of Office Open XML and OpenDocument that people's words stand in, by element."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from pii_guard.document import Kind

AUTHOR = "Author name"


class Attribute(NamedTuple):
    """An attribute that people's words may stand in. `label` is that of its segment."""

    kind: Kind
    label: str


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


OOXML_ATTRIBUTES = _attributes("""
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
ODF_ATTRIBUTES = _attributes("""
frame object image text-box rect line ellipse custom-shape path polyline polygon connector caption control g page layer circle measure regular-polygon: name! end-cell-address!
object: notify-on-update-of-ranges!
a: name title
table named-range named-expression database-range content-validation data-pilot-table data-pilot-field data-pilot-member scenario: name
table-template: name!
table: print-ranges!
named-range: cell-range-address base-cell-address!
named-expression: expression base-cell-address!
content-validation: condition base-cell-address!
database-range: target-range-address!
conditional-format: target-range-address!
condition: value base-cell-address!
map: condition base-cell-address!
filter-condition filter-set-item: value
filter: target-range-address! condition-source-range-address!
chart plot-area series categories domain: cell-range-address! values-cell-range-address! label-cell-address!
cell-range-source table-source: name table-name!
dde-source: dde-application dde-topic dde-item
section-source: section-name!
label: value
list-item: display-text value
content-control: alias tag
drop-down: name! help hint
text-input: description
note-citation: label
bookmark-ref reference-ref note-ref sequence-ref: ref-name!
param property list-value: name! property-name! value string-value
show: name! pages!
config-item-map-entry: name!
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
