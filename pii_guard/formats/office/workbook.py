"""A workbook's sheets, in its order, and what they share: strings and formats of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pii_guard.document import Locator, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.office.numbers import NumberFormats
from pii_guard.formats.office.parts import Fate
from pii_guard.formats.office.relations import Relation, Relations
from pii_guard.formats.office.sheets import Sheet, Strings
from pii_guard.formats.office.spots import Spot
from pii_guard.formats.office.vocabulary import Roles
from pii_guard.formats.office.walk import Walk
from pii_guard.formats.office.xml_part import parsed


@dataclass(slots=True)
class Part:
    """An XML part while it is walked: its name, its root element, where its texts stand."""

    name: str
    root: Any = field(repr=False)
    where: Locator
    texts: list[Spot] = field(default_factory=list, repr=False)


class Workbook:
    """The sheets of a workbook and what they share; without any in other packages."""

    def __init__(
        self,
        members: Mapping[str, bytes],
        fates: Mapping[str, Fate],
        relations: Relations,
        roles: Roles,
        bounds: Bounds,
    ) -> None:
        self._members, self._fates, self._relations = members, fates, relations
        self._roles, self._bounds = roles, bounds
        named = {r.number: r for r in relations.all if r.purpose == "worksheet" and r.target}
        macros = relations.targets(("worksheet", "chartsheet", "dialogsheet"))
        self.names: set[str] = set()
        self._order: list[str] = []
        self._strings_name = ""
        if not named:
            return
        owner = next(iter(named.values())).owner
        for name in (*self._in_order(owner, named), *sorted(macros)):
            if fates.get(name) is Fate.XML and name not in self._order:
                self._order.append(name)
        self._strings_name, self._strings_root = self._root_of("sharedStrings")
        self.names = {*self._order, self._strings_name} - {""}
        _, styles = self._root_of("styles")
        workbook = members.get(owner, b"")[:4_096]
        old = re.search(rb"date1904\s*=\s*[\"'](?:1|true)[\"']", workbook) is not None
        self._formats = _formats(styles, since_1904=old)

    def _root_of(self, purpose: str) -> tuple[str, Any]:
        """The first part that is pointed at for a purpose, and its root ("" and None: none is)."""
        for name in sorted(self._relations.targets((purpose,))):
            if self._fates.get(name) is Fate.XML:
                return name, parsed(self._members[name], purpose)
        return "", None

    def _in_order(self, owner: str, named: Mapping[str, Relation]) -> Iterator[str]:
        """The sheets as the workbook lists them."""
        content = self._members.get(owner)
        if content is None:
            return
        for sheet in parsed(content, "the workbook").iter("{*}sheet"):
            for name, value in sheet.items():
                if name.endswith("}id") and value in named:
                    yield named[value].target

    def parts(self) -> Iterator[Part]:
        """Each sheet, then the strings."""
        if not self._order:
            return
        strings = Strings(self._strings_root, self._roles)
        for number, name in enumerate(self._order, 1):
            where = (Step("sheet", number),)
            root = parsed(self._members[name], f"sheet {number}")
            data = root.find("{*}sheetData")
            texts: list[Spot] = []
            if data is not None:
                sheet = Sheet(data, strings, self._formats, self._roles, (), number)
                texts += sheet.spots()
            texts += Walk(root, self._roles, self._bounds, apart=data).spots()
            yield Part(name, root, where, texts)
        if self._strings_root is not None:
            where = (Step("strings", 1),)
            yield Part(self._strings_name, strings, where, list(strings.spots()))


def _formats(styles: Any, *, since_1904: bool) -> NumberFormats:
    if styles is None:
        return NumberFormats(since_1904=since_1904)
    codes = {one.get("numFmtId", ""): one.get("formatCode", "") for one in styles.iter("{*}numFmt")}
    cells = styles.find("{*}cellXfs")
    used = [] if cells is None else [x.get("numFmtId", "0") for x in cells.iterchildren("{*}xf")]
    return NumberFormats.of(used, codes, since_1904=since_1904)
