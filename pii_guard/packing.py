"""Findings and actions as bytes and back, for those that do not fit into memory together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pii_guard.document import Layer, Step
from pii_guard.findings import Action, Basis, Category, Finding, Severity


def pack_findings(parts: Iterable[Iterable[Finding]]) -> bytes:
    """The findings of each part of an attachment."""
    return json.dumps([[finding_row(one) for one in findings] for findings in parts]).encode()


def unpack_findings(packed: bytes) -> list[tuple[Finding, ...]]:
    """What `pack_findings` was given."""
    return [tuple(map(to_finding, rows)) for rows in json.loads(packed)]


def pack_actions(actions: Iterable[Action]) -> bytes:
    """Actions without what they put in a value's place."""
    return json.dumps([action_row(one) for one in actions]).encode()


def unpack_actions(packed: bytes) -> list[Action]:
    """What `pack_actions` was given."""
    return [to_action(row) for row in json.loads(packed)]


def finding_row(one: Finding) -> list[Any]:
    """A finding as a list of plain values."""
    return [
        one.entity_type, one.category, one.segment, one.start, one.end, one.score, one.locator,
        one.recognizer, one.preview, one.layer,
    ]  # fmt: skip


def to_finding(row: Sequence[Any]) -> Finding:
    """The finding that a row is of."""
    kind, category, segment, start, end, score, locator, recognizer, preview, layer = row
    steps = tuple(Step(*step) for step in locator)
    layered = None if layer is None else Layer(*layer)
    return Finding(
        kind, Category(category), segment, start, end, score, steps, recognizer, preview, layered
    )


def action_row(one: Action) -> list[Any]:
    """An action as a list of plain values, without what it puts in a value's place."""
    return [finding_row(one.finding), one.operator, one.basis, one.token, one.severity, one.beside]


def to_action(row: Sequence[Any], replacement: str = "") -> Action:
    """The action that a row is of, with what it puts in the value's place."""
    finding, operator, basis, token, severity, beside = row
    return Action(
        to_finding(finding), operator, Basis(basis), token, replacement,
        severity=None if severity is None else Severity(severity), beside=tuple(beside),
    )  # fmt: skip
