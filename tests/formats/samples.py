"""A small file of every format, by media type: of text formats here, of others in `tests/fixtures`."""

from __future__ import annotations

from tests.fixtures import modules

SAMPLES: dict[str, bytes] = {
    "text/plain": "Zeile eins\r\nÄrger, naïve café\r\n".encode(),
    "text/markdown": b"# Title\n\n- one\n- two `code`\n",
    "text/x-log": b"2026-01-02T10:11:12Z INFO ok\n2026-01-02T10:11:13Z WARN no\n",
    "text/x-source": b"def f(x):\n    return x  # comment\n",
    "text/x-diff": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    "application/json": b'{"a": "x\\u00e9\\"y", "n": 1.50e3, "l": [ {"b": null}, "z" ], "a": true}\n',
    "application/x-ndjson": b'{"a": 1}\n\n{"b": "x y"}\r\n',
    "application/yaml": b"# note\na: x\nb: 'it''s'\nc: \"q\\tr\"\nd: |\n  line one\n  line two\ne: [1, two]\n",
    "text/csv": b'id,name\r\n1,"Roe, ""J"""\r\n2,Li\r\n3\r\n',
    "text/tab-separated-values": b"id\tname\n1\tRoe\n2\tLi\n",
    "application/sql": b"-- c\nINSERT INTO t (id, n) VALUES (1, 'O''Brien'), (2, NULL);\n",
    "text/html": b'<html><body><!-- c --><p class="x">a <b>b</b> &amp; c</p><img alt=d></body></html>',
    "application/xml": b'<?xml version="1.0"?><a x="1"><b>t &lt; u</b><c><![CDATA[raw <x>]]></c></a>',
    "image/svg+xml": b'<svg xmlns="http://www.w3.org/2000/svg"><text x="1">label</text></svg>',
    "message/http": b'GET /p?a=b%20c HTTP/1.1\r\nHost: h.example\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":"b"}',
}
for _module in modules():
    SAMPLES |= getattr(_module, "SAMPLES", {})
