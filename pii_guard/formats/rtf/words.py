"""The control words of RTF: what they stand for, and what the texts of their destinations are."""

from __future__ import annotations

from pii_guard.document import Kind

BREAKS = {
    "par": "\n", "sect": "\n", "page": "\n", "column": "\n", "row": "", "nestrow": "", "line": "\n",
    "tab": "\t", "emdash": "\u2014", "endash": "\u2013", "emspace": " ", "enspace": " ", "qmspace": " ",
    "bullet": "\u2022", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d",
}  # fmt: skip
ENDS = frozenset({"par", "sect", "page", "column"})
SYMBOLS = {"~": " ", "_": "-", "-": "", "\\": "\\", "{": "{", "}": "}", "\n": "\n", "\r": "\n"}
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250",
}  # fmt: skip
WIDE = frozenset({"cp932", "cp949", "gbk", "cp950"})
PEOPLE = frozenset("author operator manager atnauthor revtbl protusertbl protuserref".split())
NAMES = frozenset(
    "fonttbl falt fontemb stylesheet listtable listoverridetable listname bkmkstart bkmkend atnid sn "
    "generator datafield formfield ffname atrfstart atrfend atnref xmlnstbl latentstyles lsdlockedexcept "
    "pgptbl rsidtbl colortbl filetbl mmathPr wgrffmtfilter bkmkcolf listpicture pgdsctbl".split()
)
PROPERTIES = frozenset(
    "info title subject company category keywords comment doccomm hlinkbase propname staticval linkval "
    "docvar template background userprops mailmerge".split()
)
PROSE = frozenset(
    "header headerl headerr headerf footer footerl footerr footerf footnote annotation shptxt rtf "
    "fldrslt pn pntext pntxta pntxtb nonesttables result".split()
)
TIMES = frozenset("creatim revtim printim buptim atndate atntime".split())
BLOBS = frozenset(
    "themedata colorschememapping datastore objdata oleclsid fontfile blipuid".split()
)
CODES = frozenset({"fldinst", "formula", "mmconnectstr", "mmquery"})


def role_of(destination: str) -> tuple[Kind, str]:
    if destination in PEOPLE:
        return Kind.METADATA, "Author name"
    if destination in NAMES:
        return Kind.NAME, ""
    if destination in CODES:
        return Kind.CODE, ""
    if destination in PROSE or destination in ("cell", "stray"):
        return Kind.PROSE, ""
    return Kind.METADATA, destination if destination in PROPERTIES else ""


def spell(text: str) -> str:
    """A replacement with what RTF reads as syntax escaped, and Unicode with a fallback."""
    made = []
    for character in text:
        if character in "\\{}":
            made.append("\\" + character)
        elif character == "\n":
            made.append("\\line ")
        elif character.isascii():
            made.append(character)
        else:
            raw = character.encode("utf-16-le", "surrogatepass")
            for at in range(0, len(raw), 2):
                code = int.from_bytes(raw[at : at + 2], "little", signed=True)
                made.append(f"{{\\uc1\\u{code}?}}")
    return "".join(made)
