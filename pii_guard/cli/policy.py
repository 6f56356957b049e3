"""`pii-guard policy show`."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from pii_guard.cli.inputs import load_policy
from pii_guard.cli.printing import print_table
from pii_guard.entities import entity


def run(file: Path | None, output_format: str) -> int:
    """Print the policy: counts, never entries, of the keep list in the table."""
    policy = load_policy(file, ())
    table = policy.table()
    if policy.nlp_configuration is not None:
        table["nlp_configuration"] = str(policy.nlp_configuration)
    if output_format != "table":
        print(json.dumps(table, indent=1 if output_format == "json" else None))
        return 0
    rows = [
        (
            name,
            entity(name).category.value,
            rule["operator"],
            f"{rule['threshold']:.2f}",
            "alone" if rule["strong"] else "in combination",
        )
        for name, rule in table["entities"].items()
    ]
    print_table("", ("entity type", "category", "operator", "threshold", "goes"), rows)
    kept = ", ".join(f"{len(entries)} {name}" for name, entries in table["keep"].items())
    told = (
        (
            one.name,
            f"{getattr(policy.limits, one.name):,}",
            one.metadata["unit"],
            one.metadata["what"],
        )
        for one in fields(policy.limits)
    )
    print_table("", ("limit", "value", "unit", "of what"), told)
    print(
        f"keep: {kept}\n"
        f"unreadable members: {policy.unreadable_members}\naudio and video: {policy.media}\n"
        f"engine: {policy.nlp_configuration or 'the shipped model'}"
    )
    print(f"digest: {policy.digest()}")
    return 0
