"""Findings of one place, made in several readings of it, are one finding."""

from __future__ import annotations

import pytest

from pii_guard.detect.engine import _disjoint
from pii_guard.document import Layer
from pii_guard.entities import entity
from pii_guard.findings import Finding


def finding(kind, start, end, score, layer=None):
    return Finding(kind, entity(kind).category, 0, start, end, score, (), "a", "***", layer)


@pytest.mark.parametrize("span", [(4, 20), (4, 30), (4, 40)])
def test_a_doubtful_finding_around_a_proved_one_does_not_stand_for_it(span):
    """What the policy keeps would otherwise hide what goes."""
    doubtful = finding("LOCATION", 0, 30, 0.8)
    proved = finding("EMAIL_ADDRESS", *span, 1.0, Layer("base64"))
    (found,) = _disjoint([doubtful, proved])
    assert (found.entity_type, found.score) == ("EMAIL_ADDRESS", 1.0)
    assert (found.start, found.end) == (0, max(30, span[1]))


def test_of_findings_proved_alike_the_first_stands_for_both():
    (found,) = _disjoint([finding("PERSON", 0, 9, 0.8), finding("LOCATION", 2, 9, 0.8)])
    assert found.entity_type == "PERSON"
