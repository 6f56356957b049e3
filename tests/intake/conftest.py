"""Hooks are extras: where theirs is not installed there is nothing to ask."""

from __future__ import annotations

from importlib.util import find_spec

_NEEDED = {
    "boto3": ["test_boto3.py"],
    "aiosmtpd": ["test_mail_intake.py"],
    "fsspec": ["test_*.py"],
} | {
    package: ["test_web_*.py", "test_multipart.py"]
    for package in ("django", "flask", "python_multipart", "starlette", "uvicorn")
}
collect_ignore_glob = [
    name for needed, names in _NEEDED.items() if not find_spec(needed) for name in names
]
