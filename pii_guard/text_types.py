"""The media types of texts, by their syntax; a name is a hint among types that all fit."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable

from pii_guard.carriers import HTTP_HEAD, begins_with_headers
from pii_guard.errors import Unreadable
from pii_guard.formats.toml_text import loaded

_HEAD = 65_536
_DEEPEST_KEY = 200

_BY_EXTENSION = {
    "md": "text/markdown",
    "markdown": "text/markdown",
    "log": "text/x-log",
    "diff": "text/x-diff",
    "patch": "text/x-diff",
    "txt": "text/plain",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
    "xml": "application/xml",
    "svg": "image/svg+xml",
    "sql": "application/sql",
    "http": "message/http",
    "eml": "message/rfc822",
    "mbox": "application/mbox",
    "har": "application/har+json",
    "toml": "application/toml",
    "ipynb": "application/x-ipynb+json",
    "vcf": "text/vcard",
    "ics": "text/calendar",
    **dict.fromkeys(
        "py js ts jsx tsx java c h cc cpp go rs rb php pl sh bash ps1 cs kt swift scala lua r "
        "css scss vue tf gradle".split(),
        "text/x-source",
    ),
}
_FORM = re.compile(r"[^\s=&]{1,200}=\S*\s*\Z")
_PAIRS = re.compile(r"[\w.\[\]%+-]{1,100}=[^\s&=]*(?:&[\w.\[\]%+-]{1,100}=[^\s&=]*)+\s*\Z")
_SQL = re.compile(
    r"(?im)^\s{0,8}(?:insert\s+into|create\s+table|drop\s+table|copy\s+\S+\s*\(|update\s+\S+\s+set|"
    r"alter\s+table|lock\s+tables)\b"
)
_MARKDOWN = re.compile(r"(?m)^(?:#{1,6} \S|```|[-*] \S|\d+\. \S|\|.+\|$|> \S)")
_DIFF = re.compile(r"(?m)\A(?:diff --git |--- \S.*\n\+\+\+ |Index: \S)")
_LOG = re.compile(
    r"(?m)^(?:\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|"
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )"
)
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRIT|CRITICAL|SEVERE|FATAL)"
_MACHINE = re.compile(
    rf"[\[<(]?{_LEVEL}[\])>]?[ \t:|]"
    r"|(?:\S{1,60} \S{1,60} \S{1,60} \[\d\d/[A-Z][a-z]{2}/\d{4}|[\[<(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |time=)"
    rf"(?=[^\n]{{0,200}}(?:\b{_LEVEL}\b|\blevel=|\"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) |[\w)]\[\d{{1,8}}\]: ))"
)
"""How a line of a machine's log begins: with its level, or the time, and a level, a request or a process behind it.
Messages of people have times as well.
"""
_FEWEST = 8
_PARSED = 4_000_000
"""Characters of JSON that are parsed to see whether it is any."""
_HTML = re.compile(
    r"(?i)<(?:!doctype html|html|head|body|table|div|p|ul|ol|form|h[1-6]|title|script)\b[^<>]{0,500}>"
)
_FRAGMENT = re.compile(
    r"(?i)<(?:a|b|br|center|div|em|embed|font|form|h[1-6]|hr|i|iframe|img|input|li|marquee|ol|p|pre|script|span|"
    r"strong|style|table|tbody|td|th|thead|tr|u|ul)(?=[\s/>])[^<>]{0,2000}>"
)
"""What a piece of a page begins with."""
_REMARK = r"<!--(?:[^-]|-(?!->))*+-->"
_ROOT = re.compile(rf"(?:<!DOCTYPE[^<>\[]*+>\s*+|{_REMARK}\s*+)*+<([A-Za-z_][\w:.-]*+)[^<>]*+>")
_ALONE = re.compile(rf"[\s\ufeff]*+(?:{_REMARK}\s*+)*+<[^<>]*+/>(?:\s|{_REMARK})*+")
_YAML = re.compile(r"\A(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+(?:---(?: |\n|\r)|%YAML )")


def type_of_name(name: str) -> str:
    """The text type that a name's extension stands for; "" where it stands for none."""
    return _BY_EXTENSION.get(name.lower().rpartition(".")[2], "") if "." in name else ""


def text_type(text: str, name: str = "", claimed: str = "") -> str:
    """The media type of a text: what a container claims, else what its name says, where its syntax fits;
    else what its syntax says, and `text/plain` if that says nothing.
    """
    hint = claimed.partition(";")[0].strip().lower()
    hint = {"text/xml": "application/xml", "text/json": "application/json"}.get(hint, hint)
    if hint not in _CHECKS:
        hint = type_of_name(name)
    head = text[:_HEAD]
    if hint == "application/json" and _is_json(text, head) and not _is_whole_json(text, head):
        hint = "text/plain"  # people leave out what they need not show: `{"id": 7, ...}`
    if hint in _CHECKS and _CHECKS[hint](text, head):
        return hint
    for media_type, check in _SNIFFS:
        if check(text, head):
            return media_type
    return "text/plain"


def _is_json(text: str, head: str) -> bool:
    start = head.lstrip(" \t\r\n\ufeff")[:1]
    if start not in "{[" or not start:
        return False
    closing = text.rstrip()[-1:]
    return closing in "}]" and not _is_jsonl(text, head) and _looks_like_json(head)


_JSON_HEAD = re.compile(
    r"\s*(?:\{\s*(?:\"|\})"
    r"|\[\s*(?:[\[{\"\]]|(?:-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?|true|false|null)\s*(?:,|\]\s*\Z)))"
)
"""How JSON begins; `[2024-01-17 22:10:41] ERROR` is a line of a log, `[1] 22109` one of a shell."""


def _looks_like_json(head: str) -> bool:
    return _JSON_HEAD.match(head) is not None


def _is_whole_json(text: str, head: str) -> bool:
    """Whether it also parses; of what is large nobody knows before it is read."""
    if not _is_json(text, head):
        return False
    if len(text) > _PARSED:
        return True
    try:
        json.loads(text.lstrip("\ufeff"), strict=False, parse_int=str, parse_float=str)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _is_jsonl(text: str, head: str) -> bool:  # noqa: ARG001
    lines = [line.strip() for line in head.split("\n")[:50] if line.strip()]
    whole = lines[:-1] if len(head) == _HEAD else lines
    return len(whole) > 1 and all(
        line[0] in "{[" and line[-1] in "}]" and _looks_like_json(line) for line in whole
    )


def _is_delimited(head: str, delimiters: str) -> bool:
    lines = [line for line in head.splitlines()[:40] if line.strip()]
    if len(lines) < 2 or _MARKDOWN.match(head):
        return False
    for delimiter in delimiters:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        if lines[0].count(delimiter + " ") * 2 > lines[0].count(delimiter):
            continue  # prose puts a space after its commas
        first = widths[0]
        same = sum(width == first for width in widths)
        wordy = max(len(cell.split()) for cell in lines[0].split(delimiter)) > 4
        if first > 1 and same >= 0.8 * len(widths) and not wordy and (first > 2 or len(lines) > 2):
            return True
    return False


def _is_csv(text: str, head: str) -> bool:  # noqa: ARG001
    return _is_delimited(head, ",;|")


def _is_tsv(text: str, head: str) -> bool:  # noqa: ARG001
    return _is_delimited(head, "\t")


def _is_xml(text: str, head: str) -> bool:
    start = head.lstrip("\ufeff \t\r\n")
    if start.startswith("<?xml"):
        return not re.search(r"(?i)<!doctype html|<html[\s>]", head[:2_000])
    root = _ROOT.match(start)
    if root is None or _is_html(text, head):
        return False
    # Payloads are full of tags that nobody closes: without a declaration, a document ends as it began.
    end = text[-_HEAD:].rstrip()
    while end.endswith("-->") and "<!--" in end:
        end = end[: end.rindex("<!--")].rstrip()
    closed = end.endswith(">") and end[:-1].rstrip().endswith(f"</{root[1]}")
    return closed or (root[0].endswith("/>") and _ALONE.fullmatch(text) is not None)


def _is_svg(text: str, head: str) -> bool:
    return _is_xml(text, head) and re.search(r"<(?:\w+:)?svg[\s>]", head) is not None


def _is_html(text: str, head: str) -> bool:  # noqa: ARG001
    start = head.lstrip("\ufeff \t\r\n")
    if re.match(r"(?i)<!doctype html|<html|<\?xml[^>]*>\s*<!doctype html", start):
        return True
    if _FRAGMENT.match(start):
        return True
    return (
        start.startswith("<")
        and _HTML.search(start[:4_000]) is not None
        and (
            re.search(r"(?i)</(?:p|div|table|body|html|h\d|ul|form|head|script|title)>", head)
            is not None
        )
    )


def _maybe_html(text: str, head: str) -> bool:
    """Whether what calls itself HTML may be: any tag will do, unless it is another thing by its syntax."""
    if _is_html(text, head):
        return True
    tagged = re.search(r"<(?:[A-Za-z/][^<>]{0,2000}>|!--)", head) is not None
    return tagged and not any(check(text, head) for check in (_is_json, _is_svg, _is_http))


def _always(text: str, head: str) -> bool:  # noqa: ARG001
    return True


def _is_http(text: str, head: str) -> bool:  # noqa: ARG001
    return HTTP_HEAD.match(head.lstrip("\ufeff \t\r\n")) is not None


def _has_http(text: str, head: str) -> bool:  # noqa: ARG001
    return HTTP_HEAD.search(head) is not None


def _is_form(text: str, head: str) -> bool:  # noqa: ARG001
    return _FORM.match(head) is not None


def _is_pairs(text: str, head: str) -> bool:  # noqa: ARG001
    return _PAIRS.match(head) is not None


def _is_sql(text: str, head: str) -> bool:  # noqa: ARG001
    return _SQL.search(head) is not None and ";" in head and not _MARKDOWN.match(head)


def _is_log(text: str, head: str) -> bool:  # noqa: ARG001
    lines = max(1, min(head.count("\n"), 200))
    if len(_LOG.findall(head[:20_000])) >= max(2, 0.5 * min(lines, head[:20_000].count("\n"))):
        return True
    return is_machine_log(head)


def is_machine_log(head: str) -> bool:
    """Whether nearly all lines are a machine's: such a log may be called a text."""
    lines = [x for x in head[:20_000].split("\n")[:-1] if x.strip() and not x[0].isspace()]
    machine = sum(_MACHINE.match(line) is not None for line in lines)
    return machine >= _FEWEST and machine >= 0.8 * len(lines)


def _is_markdown(text: str, head: str) -> bool:  # noqa: ARG001
    return len(_MARKDOWN.findall(head)) >= 2 and "\n" in head


def _is_diff(text: str, head: str) -> bool:  # noqa: ARG001
    return _DIFF.match(head) is not None


def _is_yaml(text: str, head: str) -> bool:  # noqa: ARG001
    return _YAML.match(head) is not None


def _is_card(text: str, head: str) -> bool:  # noqa: ARG001
    return re.match(r"(?i)\ufeff?\s{0,80}BEGIN:VCARD\s", head) is not None


def _is_calendar(text: str, head: str) -> bool:  # noqa: ARG001
    return re.match(r"(?i)\ufeff?\s{0,80}BEGIN:VCALENDAR\s", head) is not None


def _is_notebook(text: str, head: str) -> bool:
    return _is_json(text, head) and '"cells"' in text and '"nbformat"' in text


def _is_toml(text: str, head: str) -> bool:
    try:
        return bool(loaded(text, _DEEPEST_KEY)) and not _is_json(text, head)
    except Unreadable:
        return False


def _maybe_yaml(text: str, head: str) -> bool:  # noqa: ARG001
    return re.search(r"(?m)^\s{0,40}(?:- |[\w.\"'-]{1,80}\s?:(?:\s|$))", head) is not None


def _maybe_csv(text: str, head: str) -> bool:
    return not _is_json(text, head) and not _is_html(text, head) and not _is_http(text, head)


_CHECKS: dict[str, Callable[[str, str], bool]] = {
    "text/markdown": _always,
    "text/plain": lambda text, head: (
        not any(check(text, head) for _, check in _STRICT) and not is_machine_log(head)
    ),
    "text/x-log": _always,
    "text/x-diff": _always,
    "text/x-source": _always,
    "application/json": _is_json,
    "application/x-ndjson": lambda text, head: _is_jsonl(text, head) or _is_json(text, head),
    "application/yaml": _maybe_yaml,
    "text/csv": _maybe_csv,
    "text/tab-separated-values": _maybe_csv,
    "text/html": _maybe_html,
    "application/xml": _is_xml,
    "image/svg+xml": _is_svg,
    "application/sql": _is_sql,
    "message/http": _has_http,
    "message/rfc822": begins_with_headers,
    "application/x-www-form-urlencoded": _is_form,
    "application/toml": _is_toml,
    "application/x-ipynb+json": _is_notebook,
    "text/vcard": _is_card,
    "text/calendar": _is_calendar,
}
_STRICT: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("application/x-ndjson", _is_jsonl),
    ("application/x-ipynb+json", _is_notebook),
    ("application/json", _is_whole_json),
    ("text/vcard", _is_card),
    ("text/calendar", _is_calendar),
    ("text/html", _is_html),
    ("image/svg+xml", _is_svg),
    ("application/xml", _is_xml),
    ("message/http", _is_http),
)
_SNIFFS = (
    *_STRICT,
    ("application/x-www-form-urlencoded", _is_pairs),
    ("text/x-diff", _is_diff),
    ("text/x-log", _is_log),
    ("application/sql", _is_sql),
    ("application/yaml", _is_yaml),
    ("text/tab-separated-values", _is_tsv),
    ("text/csv", _is_csv),
    ("text/markdown", _is_markdown),
)
