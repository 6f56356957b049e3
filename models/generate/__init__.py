"""Labelled training text in the shapes vulnerability reports have. Deterministic by seed."""

from models.generate.document import Example, Writer

__all__ = ["Example", "Writer"]
