"""Findings and actions as bytes and back, for those that do not fit into memory together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pii_guard.document import Layer, Step
from pii_guard.findings import Action, Basis, Category, Finding, Severity


def pack_findings(parts: Iterable[Iterable[Finding]]) -> bytes:
    """The findings of each part of an attachment."""
    return json.dumps([[_row(one) for one in findings] for findings in parts]).encode()


def unpack_findings(packed: bytes) -> list[tuple[Finding, ...]]:
    """What `pack_findings` was given."""
    return [tuple(map(_finding, rows)) for rows in json.loads(packed)]


def pack_actions(actions: Iterable[Action]) -> bytes:
    """Actions without what they put in a value's place."""
    return json.dumps([_action_row(one) for one in actions]).encode()


def unpack_actions(packed: bytes) -> list[Action]:
    """What `pack_actions` was given."""
    return [_action(row) for row in json.loads(packed)]


def _row(one: Finding) -> list[Any]:
    return [
        one.entity_type, one.category, one.segment, one.start, one.end, one.score, one.locator,
        one.recognizer, one.preview, one.layer,
    ]  # fmt: skip


def _finding(row: Sequence[Any]) -> Finding:
    kind, category, segment, start, end, score, locator, recognizer, preview, layer = row
    steps = tuple(Step(*step) for step in locator)
    layered = None if layer is None else Layer(*layer)
    return Finding(
        kind, Category(category), segment, start, end, score, steps, recognizer, preview, layered
    )


def _action_row(one: Action) -> list[Any]:
    return [_row(one.finding), one.operator, one.basis, one.token, one.severity, one.beside]


def _action(row: Sequence[Any]) -> Action:
    finding, operator, basis, token, severity, beside = row
    return Action(
        _finding(finding), operator, Basis(basis), token,
        severity=None if severity is None else Severity(severity), beside=tuple(beside),
    )  # fmt: skip
