"""Where an engine is not installed, that is said."""

from __future__ import annotations

import sys

import pytest

from pii_guard.audit.engine_ray import engine
from pii_guard.errors import PolicyError


class NoRay:
    """A Ray that does not start."""

    tried = 0

    def init(self, **_):
        self.tried += 1
        raise Exception("node 10.0.0.7 timed out")  # noqa: TRY002 - as Ray does

    def shutdown(self):
        pass


def test_a_cluster_that_does_not_start_is_a_usage_error_without_its_message():
    from pii_guard.audit.engine_ray import _started

    ray = NoRay()
    with pytest.raises(PolicyError, match="no Ray cluster") as caught:
        _started(ray, {})
    assert ray.tried == 3
    assert "10.0.0.7" not in str(caught.value)


def test_ray_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PolicyError, match="ray is not installed"):
        engine()
