"""Words of Office's own in the fonts of a file, some of which people are called: `Hans`, `Georgia`, `Shruti`."""

from __future__ import annotations

import re

LETTERING = frozenset("script typeface ascii hAnsi cs eastAsia".split())
"""Attributes that say in which font something is shown, and for which script."""
SCRIPTS = frozenset(
    "Arab Armn Beng Bopo Bugi Cans Cher Deva Ethi Geor Gujr Guru Hang Hans Hant Hebr Java Jpan Khmr Knda Laoo "
    "Lisu Mlym Mong Mymr Nkoo Olck Orya Osma Phag Sinh Sora Syrc Syre Syrj Syrn Tale Talu Taml Telu Tfng Thaa "
    "Thai Tibt Uigh Viet Yiii".split()
)
"""ISO 15924, as far as themes name fonts for them."""
TYPEFACES = SCRIPTS | frozenset(
    "Angsana New|Aptos|Aptos Display|Arial|Arial Black|Arial Narrow|Baskerville Old Face|Bell MT|Book Antiqua|"
    "Bookman Old Style|Calibri|Calibri Light|Cambria|Cambria Math|Candara|Century|Century Gothic|"
    "Comic Sans MS|Consolas|Constantia|Corbel|Cordia New|Courier|Courier New|DaunPenh|DokChampa|Ebrima|"
    "Estrangelo Edessa|Euphemia|Franklin Gothic Book|Garamond|Gautami|Georgia|Gill Sans MT|Helvetica|Impact|"
    "Iskoola Pota|Javanese Text|Kalinga|Kartika|Latha|Leelawadee UI|Lucida Console|Lucida Sans Unicode|MV Boli|"
    "Mangal|Microsoft Himalaya|Microsoft New Tai Lue|Microsoft Sans Serif|Microsoft Tai Le|"
    "Microsoft Uighur|Microsoft Yi Baiti|Mongolian Baiti|MoolBoran|Myanmar Text|Nirmala UI|Palatino Linotype|"
    "Perpetua|Phagspa|Plantagenet Cherokee|Raavi|Rockwell|Segoe UI|Segoe UI Historic|Shruti|Sylfaen|Symbol|"
    "Tahoma|Times|Times New Roman|Trebuchet MS|Tunga|Verdana|Vijaya|Vrinda|Wingdings".split("|")
)
LETTERED = re.compile(
    rf"(?:\s(?:\w++:)?(?:{'|'.join(sorted(LETTERING))})|<w:font\s++w:name)=(?P<mark>[\"'])(?:{'|'.join(sorted(TYPEFACES, reverse=True))})(?P=mark)"
)
"""Such an attribute with such a value, or the same in a table of fonts."""
