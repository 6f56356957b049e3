"""Hooks are extras: where theirs is not installed there is nothing to ask."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("fsspec") else ["test_*.py"]
