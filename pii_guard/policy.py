"""One value that says what is personal here, what happens to it and within which limits.

Loaded from `pii-guard.toml` or `[tool.pii-guard]` of a `pyproject.toml` that the caller names or
that stands in the working directory, never from the tree that is scanned.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pii_guard.entities import ENTITIES, entity
from pii_guard.errors import PolicyError
from pii_guard.limits import Limits
from pii_guard.programme import Programme
from pii_guard.quarantine_terms import QuarantineTerms

SCHEMA = 1
OPERATORS = ("surrogate", "mask", "hmac", "encrypt", "format_preserving", "remove", "keep")
UNREADABLE_MEMBERS = ("quarantine", "leave_out")
MEDIA = ("quarantine", "keep")
ISOLATION = ("prefer", "require", "off")
KEYED_OPERATORS = ("hmac", "encrypt")


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to one entity type.

    `operator` is one of `OPERATORS`. Findings that score below `threshold` (0..1) are left.
    `strong`: redacted wherever it stands; weak ones only in combination (see `decide/rules.py`).
    """

    operator: str = "surrogate"
    threshold: float = 0.5
    strong: bool = True


@dataclass(frozen=True, slots=True)
class Keep:
    """What survives on purpose, even in combination, and is recorded as kept.

    `usernames`, `emails`, `ip_addresses` (addresses or networks): the researcher's own. `domains`:
    in scope; hosts of these domains survive, and e-mail addresses at them do not.
    """

    usernames: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    ip_addresses: tuple[str, ...] = ()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """What is personal, what happens to it, what is kept, within which limits.

    `Policy()` is the built-in default; `Policy.load` reads a file. `key` feeds the keyed operators
    (`hmac`, `encrypt`): 32 bytes or more, passed by the caller, never read from a policy file.
    `nlp_configuration`: a Presidio NLP engine configuration in place of the shipped model.
    `unreadable_members`: whether a member of an archive that cannot be read has the whole archive
    quarantined, or is left out of it, which results and certificates then say. `media`: whether audio
    and video, in which nobody can read what is said and shown, are quarantined, or kept without their
    metadata, which is said likewise. `programme`: what certificates say of who issues them. `isolation`:
    whether attachments are worked on in processes that can do nothing else (`prefer`: where the system
    allows it; `require`: or not at all). `quarantine`: where what could not be redacted is kept; by default
    it is not.
    """

    entities: Mapping[str, Rule] = field(default_factory=dict)
    keep: Keep = Keep()
    limits: Limits = field(default_factory=Limits)
    key: bytes = field(default=b"", repr=False)
    nlp_configuration: Path | None = None
    unreadable_members: str = "quarantine"
    media: str = "quarantine"
    programme: Programme = field(default_factory=Programme)
    isolation: str = "prefer"
    quarantine: QuarantineTerms = field(default_factory=QuarantineTerms)

    def __post_init__(self) -> None:
        rules = {name: _default_rule(name) for name in ENTITIES} | dict(self.entities)
        for name, rule in rules.items():
            _check_rule(name, rule)
        if any(rule.operator in KEYED_OPERATORS for rule in rules.values()) and len(self.key) < 32:
            raise PolicyError(
                "an entity uses a keyed operator but no key of at least 32 bytes was given",
                remedy="set PII_GUARD_OPERATOR_KEY (64 hex digits), or pass Policy.load(…, key=…)",
            )
        _one_of("unreadable_members", self.unreadable_members, UNREADABLE_MEMBERS)
        _one_of("media", self.media, MEDIA)
        _one_of("isolation", self.isolation, ISOLATION)
        _networks(self.keep.ip_addresses)
        object.__setattr__(self, "entities", MappingProxyType(rules))

    def rule(self, entity_type: str) -> Rule:
        """The rule for an entity type; unknown types are treated as strong identifiers."""
        return self.entities.get(entity_type) or _default_rule(entity_type)

    @classmethod
    def load(cls, path: Path | str, *, key: bytes = b"") -> Policy:
        """The policy in a TOML file. Raises `PolicyError` naming the setting that is wrong."""
        path = Path(path)
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except OSError:
            raise PolicyError(
                f"cannot read the policy file {path.name}", remedy="check its path"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            place = f": {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
            raise PolicyError(
                f"{path.name} is not valid TOML{place}", remedy="correct the file"
            ) from None
        if path.name == "pyproject.toml":
            table = table.get("tool", {}).get("pii-guard", {})
        return cls.from_table(table, key=key, base=path.parent)

    @classmethod
    def from_table(
        cls, table: Mapping[str, Any], *, key: bytes = b"", base: Path | None = None
    ) -> Policy:
        """The policy of a parsed TOML table. `base`: what paths in it are relative to, by default the
        working directory. Raises `PolicyError`.
        """
        known = {"schema", "defaults", "entities", "keep", "limits", "nlp_configuration"}
        _known_keys(
            "the policy",
            table,
            known | {"unreadable_members", "media", "programme", "isolation", "quarantine"},
        )
        if table.get("schema", SCHEMA) != SCHEMA:
            raise PolicyError(
                f"policy schema must be {SCHEMA}", remedy="see `pii-guard policy show`"
            )
        defaults = _section(table, "defaults")
        rules = {name: _rule(name, defaults, {}) for name in ENTITIES if defaults} | {
            name: _rule(name, defaults, settings)
            for name, settings in _section(table, "entities").items()
        }
        keep, limits = _keep(_section(table, "keep")), _limits(_section(table, "limits"))
        nlp = table.get("nlp_configuration")
        if nlp is not None:
            _typed("nlp_configuration", nlp, str)
            nlp = (base or Path()) / nlp
        members = table.get("unreadable_members", UNREADABLE_MEMBERS[0])
        programme = Programme.from_table(_section(table, "programme"))
        media = table.get("media", MEDIA[0])
        isolation = table.get("isolation", ISOLATION[0])
        held = QuarantineTerms.from_table(_section(table, "quarantine"), base or Path())
        return cls(rules, keep, limits, key, nlp, members, media, programme, isolation, held)

    def table(self) -> dict[str, Any]:
        """The whole policy as plain values (never the key), as `policy show` prints it."""
        return {
            "schema": SCHEMA,
            "entities": {name: asdict(rule) for name, rule in sorted(self.entities.items())},
            "keep": {
                item.name: sorted(getattr(self.keep, item.name)) for item in fields(self.keep)
            },
            "limits": asdict(self.limits),
            "unreadable_members": self.unreadable_members,
            "media": self.media,
            "isolation": self.isolation,
            "programme": asdict(self.programme),
            "quarantine": self.quarantine.table(),
        }

    def digest(self) -> str:
        """`sha256:…` of the rules and limits. The keep list is left out: it is personal data and
        its digest could be guessed back.
        """
        left_out = ("keep", "programme", "quarantine")
        table = {name: part for name, part in self.table().items() if name not in left_out}
        canonical = json.dumps(table, sort_keys=True, separators=(",", ":")).encode()
        return "sha256:" + hashlib.sha256(canonical).hexdigest()


def _default_rule(name: str) -> Rule:
    known = entity(name)
    return Rule(threshold=known.threshold, strong=known.strong)


def _check_rule(name: str, rule: Rule) -> None:
    if rule.operator not in OPERATORS:
        raise PolicyError(
            f"entities.{name}.operator must be one of {', '.join(OPERATORS)}",
            remedy="correct the policy",
        )
    if not 0 <= rule.threshold <= 1:
        raise PolicyError(f"entities.{name}.threshold must be 0 to 1", remedy="correct the policy")


def _one_of(name: str, word: Any, words: tuple[str, ...]) -> None:
    if word not in words:
        raise PolicyError(f"{name} must be one of {', '.join(words)}", remedy="correct the policy")


def _networks(addresses: tuple[str, ...]) -> None:
    for position, address in enumerate(addresses, 1):
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise PolicyError(
                f"keep.ip_addresses entry {position} is no address or network",
                remedy="write 203.0.113.7 or 203.0.113.0/24",
            ) from None


def _known_keys(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise PolicyError(
            f"{where} has no setting {unknown[0]!r}",
            remedy=f"known settings: {', '.join(sorted(known))}",
        )


def _section(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = table.get(name, {})
    if not isinstance(section, Mapping):
        raise PolicyError(f"{name} must be a table", remedy="correct the policy")
    return section


def _rule(name: str, defaults: Mapping[str, Any], settings: Any) -> Rule:
    where = f"entities.{name}"
    if not isinstance(settings, Mapping):
        raise PolicyError(f"{where} must be a table", remedy="correct the policy")
    if name not in ENTITIES:
        raise PolicyError(
            f"{name!r} is no entity type", remedy="`pii-guard policy show` lists them"
        )
    _known_keys("defaults", defaults, {"operator", "threshold"})
    _known_keys(where, settings, {"operator", "threshold", "strong"})
    merged = asdict(_default_rule(name)) | dict(defaults) | dict(settings)
    _typed(f"{where}.operator", merged["operator"], str)
    _typed(f"{where}.threshold", merged["threshold"], float)
    _typed(f"{where}.strong", merged["strong"], bool)
    return Rule(**merged)


def _typed(where: str, value: Any, kind: type) -> None:
    fits = isinstance(value, (int, float)) if kind is float else isinstance(value, kind)
    if not fits or (kind is not bool and isinstance(value, bool)):
        raise PolicyError(f"{where} must be a {kind.__name__}", remedy="correct the policy")


def _keep(section: Mapping[str, Any]) -> Keep:
    names = [item.name for item in fields(Keep)]
    _known_keys("keep", section, set(names))
    for name in names:
        entries = section.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(e, str) and e for e in entries):
            raise PolicyError(f"keep.{name} must be a list of text", remedy="correct the policy")
    return Keep(
        frozenset(name.casefold() for name in section.get("usernames", [])),
        frozenset(email.casefold() for email in section.get("emails", [])),
        tuple(section.get("ip_addresses", [])),
        frozenset(domain.casefold().strip(".") for domain in section.get("domains", [])),
    )


def _limits(section: Mapping[str, Any]) -> Limits:
    _known_keys("limits", section, {item.name for item in fields(Limits)})
    return Limits(**section)
