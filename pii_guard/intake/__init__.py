"""Hooks that stand before a store: what goes through one is redacted, proved and certified, or not stored.

Every hook keeps the same promises, which `tests/contract/` asks of each: nothing is stored of what is
quarantined or of what ends in an exception; names and headers are redacted as well; nothing raw touches a
disk; a stored file has its certificate, and a certificate its file. What personal data is, is decided
elsewhere.
"""
