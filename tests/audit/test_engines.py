"""Where an engine is not installed, that is said."""

from __future__ import annotations

import sys

import pytest

from pii_guard.audit.engine_ray import engine
from pii_guard.errors import PolicyError


def test_ray_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PolicyError, match="ray is not installed"):
        engine()
