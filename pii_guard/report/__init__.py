"""Reports of an audit: its rows added up for people, and handed on to programs.

    rows ─▶ summarise ─▶ Summary ─▶ render_html, totals
      └───▶ json_lines, csv_of_files, csv_of_findings, sarif

It makes bytes and text of rows, and neither reads nor writes files. All words of a row but ours are taken
for hostile (`harmless.py`).
"""

from pii_guard.report.lines import csv_of_files, csv_of_findings, json_lines
from pii_guard.report.page import render_html
from pii_guard.report.plain import plain
from pii_guard.report.sarif import sarif, to_json
from pii_guard.report.standing import Standing
from pii_guard.report.summary import Summary, summarise
from pii_guard.report.trend import Difference, Trend, Values, difference

__all__ = [
    "Difference",
    "Standing",
    "Summary",
    "Trend",
    "Values",
    "csv_of_files",
    "csv_of_findings",
    "difference",
    "json_lines",
    "plain",
    "render_html",
    "sarif",
    "summarise",
    "to_json",
]
