"""All recognizers of this package: a public class in a module here is in use by being there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from presidio_analyzer import EntityRecognizer

from pii_guard.detect.recognizer import Identifier


def recognizer_classes() -> tuple[type[EntityRecognizer], ...]:
    """The concrete recognizer classes of this package, sorted by name."""
    found: dict[str, type[EntityRecognizer]] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for name, value in vars(importlib.import_module(f"{__name__}.{module}")).items():
            if (
                inspect.isclass(value)
                and issubclass(value, EntityRecognizer)
                and value.__module__ == f"{__name__}.{module}"
                and not name.startswith("_")
                and (not issubclass(value, Identifier) or hasattr(value, "pattern"))
            ):
                found[name] = value
    return tuple(found[name] for name in sorted(found))


def recognizers(language: str = "en") -> tuple[EntityRecognizer, ...]:
    """One instance of each, registered under `language` (validators know no language)."""
    return tuple(one(language) for one in recognizer_classes())
