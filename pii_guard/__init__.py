"""Redacts personal data from vulnerability reports before they are stored, and certifies it.

    from pii_guard import Guard, Policy
    guard = Guard(Policy.load("pii-guard.toml"))
    result = guard.redact(blob, name="burp-export.json")

Importing this is cheap: the model and the format libraries load with the first `Guard`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pii_guard.errors import CertificateError, PiiGuardError, PolicyError, Reason, ReasonCode
    from pii_guard.findings import Action, Category, Clean, Finding, Quarantined, Redacted, Result
    from pii_guard.guard import Guard, Scan
    from pii_guard.policy import Policy

__version__ = "0.1.0"

_HOMES = {
    "Guard": "guard",
    "Scan": "guard",
    "Policy": "policy",
    **dict.fromkeys(
        ("CertificateError", "PiiGuardError", "PolicyError", "Reason", "ReasonCode"), "errors"
    ),
    **dict.fromkeys(
        ("Action", "Category", "Clean", "Finding", "Quarantined", "Redacted", "Result"), "findings"
    ),
}
__all__ = [
    "Action",
    "Category",
    "CertificateError",
    "Clean",
    "Finding",
    "Guard",
    "PiiGuardError",
    "Policy",
    "PolicyError",
    "Quarantined",
    "Reason",
    "ReasonCode",
    "Redacted",
    "Result",
    "Scan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pii_guard' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"pii_guard.{_HOMES[name]}"), name)
