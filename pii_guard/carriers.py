"""Types that begin as text and may hold anything: mail, HTTP messages, archives of them.

Their beginning decides, not the signatures of what they carry.
"""

from __future__ import annotations

import re

_HEAD = 65_536
HTTP_HEAD = re.compile(
    r"(?:[A-Z]{3,10} \S{1,8000} HTTP/[\d.]+|HTTP/[\d.]+ \d{3}\b[^\n]{0,200})\r?\n[A-Za-z!#$%&'*+.^_`|~\d-]{1,80}:"
)
_HEADERS = re.compile(
    r"(?:[!-9;-~]{1,200}[ \t]*:[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*)+(?=\r?\n|\Z)"
)
_PARTED = re.compile(r"(?im)^content-type[ \t]*:\s*multipart/[^\n]*(?:\n[ \t][^\n]*)*\bboundary")
_HEADER_NAME = re.compile(r"(?m)^([A-Za-z-]{2,40})[ \t]*:")
_MAIL_MARKS = frozenset(
    "from received return-path message-id mime-version delivered-to x-mozilla-status dkim-signature".split()
)
_MAIL_NAMES = _MAIL_MARKS | frozenset(
    "to cc bcc subject date sender reply-to in-reply-to references content-type importance "
    "content-transfer-encoding x-mailer x-originating-ip user-agent list-id resent-from envelope-to".split()
)
_MAILBOX = re.compile(r"From [^\r\n]{0,300} \d\d:\d\d[^\r\n]{0,40}\r?\n[!-9;-~]{1,200}[ \t]*:")
_MULTIPART = re.compile(r"(?:\r?\n)?--([^\r\n]{1,200}?)[ \t]*\r?\nContent-[A-Za-z-]{1,40}:", re.I)
_HAR = re.compile(r"(?:\xef\xbb\xbf)?\s*\{\s*\"log\"\s*:\s*\{")
_BURP = re.compile(
    r"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE items \[[^\]]*\]>\s*)?<items\s+burpVersion="
)


def carrier_of(blob: bytes, name: str) -> str:
    """The carrier that `blob` is, "" for none. `name`: what in YAML only looks like mail is YAML."""
    head = blob[:_HEAD].decode("latin-1")
    if _MAILBOX.match(head):
        return "application/mbox"
    multipart = _MULTIPART.match(head)
    if multipart and blob.count(b"--" + multipart[1].encode("latin-1")) > 1:
        return "multipart/form-data"
    if _is_mail(head) and not name.lower().endswith((".yaml", ".yml")):
        return "message/rfc822"
    if _HAR.match(head) and b'"entries"' in blob:
        return "application/har+json"
    if _BURP.match(head):
        return "application/x-burp+xml"
    return "message/http" if HTTP_HEAD.match(head) and b"\0" in blob else ""


def _is_mail(head: str) -> bool:
    block = _HEADERS.match(head)
    names = {name.lower() for name in _HEADER_NAME.findall(block[0])} if block else set()
    parts = block is not None and _PARTED.search(block[0])
    return bool(parts) or (len(names & _MAIL_NAMES) > 1 and bool(names & _MAIL_MARKS))


def begins_with_headers(text: str, head: str) -> bool:  # noqa: ARG001
    """Whether it begins as a message may, if a container says that it is one."""
    return _HEADERS.match(head) is not None
