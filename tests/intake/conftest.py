"""Hooks are extras: where theirs is not installed there is nothing to ask."""

from __future__ import annotations

from importlib.util import find_spec

WEB = ("django", "flask", "python_multipart", "starlette", "uvicorn")

collect_ignore_glob = [] if find_spec("fsspec") else ["test_*.py"]
if not all(map(find_spec, WEB)):
    collect_ignore_glob += ["test_web_*.py", "test_multipart.py"]
