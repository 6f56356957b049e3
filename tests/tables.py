"""`python -m tests.tables`: writes the tables of `docs/verdicts.md` and `docs/limits.md` anew."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from pii_guard.errors import MEANINGS, REMEDIES, ReasonCode
from pii_guard.limits import Limits

DOCS = Path(__file__).parents[1] / "docs"


def verdicts() -> str:
    """Every code with what it means and what can be done, as a Markdown table."""
    rows = ["| code | what it means | what you can do |", "|---|---|---|"]
    rows += [f"| `{code.value}` | {MEANINGS[code]} | {REMEDIES[code]} |" for code in ReasonCode]
    return "\n".join(rows) + "\n"


def limits() -> str:
    """Every limit with its default, unit and verdict, as a Markdown table."""
    rows = ["| limit | default | unit | of what | verdict |", "|---|---|---|---|---|"]
    for one in fields(Limits):
        told = one.metadata
        codes = ", ".join(f"`{code.value}`" for code in told["codes"])
        rows.append(
            f"| `{one.name}` | {one.default:,} | {told['unit']} | {told['what']} | {codes} |"
        )
    return "\n".join(rows) + "\n"


TABLES = {"verdicts.md": verdicts, "limits.md": limits}


def written(name: str) -> str:
    """The page with its table made anew: its first one."""
    page = (DOCS / name).read_text("utf-8")
    start = page.index("\n| ") + 1
    end = page.find("\n\n", start) + 1 or len(page)
    return page[:start] + TABLES[name]() + page[end:]


if __name__ == "__main__":
    for page in TABLES:
        (DOCS / page).write_text(written(page), "utf-8")
