"""Audits: every file of a directory, an archive, a mailbox or an object store, one row each.

    sources ─▶ manifest ─▶ batches ─▶ rows ─▶ parts ─▶ reconciled

`rows.py` is what a report reads: the schema of the parts, and a reader of them.
"""
