"""What an audit is of and what it is done with: settled when it begins, the same for every run of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pii_guard.audit.codes import Codes
from pii_guard.audit.scope import Scope
from pii_guard.crossing import policy_row, to_policy
from pii_guard.errors import PolicyError
from pii_guard.guard import Guard
from pii_guard.policy import KEYED_OPERATORS, Policy

SCHEMA = "pii-guard/audit-terms/1"


@dataclass(frozen=True, slots=True)
class Terms:
    """`sources` as they were given. `rules`: a code of the whole policy, the keep list included.

    `listed`: how many files the sources had; `files`: how many are looked at; `manifest`: the SHA-256 of
    the manifest. `target`: where redacted copies go, "" without; `deletes`: originals go then.
    """

    sources: tuple[str, ...] = field(repr=False)
    scope: Mapping[str, Any]
    target: str = field(repr=False)
    tool: str
    ruleset: str
    model: str
    policy: str
    rules: str
    limits: str
    listed: int = 0
    files: int = 0
    manifest: str = ""
    deletes: bool = False

    @classmethod
    def of(
        cls,
        sources: tuple[str, ...],
        scope: Scope,
        guard: Guard,
        codes: Codes,
        *,
        target: str = "",
        deletes: bool = False,
    ) -> Terms:
        """The terms of an audit that begins."""
        from pii_guard import __version__

        engine, policy = guard.engine, guard.policy
        names = "\n".join(sorted(engine.recognizers)).encode()
        table = json.dumps(policy.table(), sort_keys=True)
        return cls(
            sources, scope.table(), target, __version__,
            f"sha256:{hashlib.sha256(names).hexdigest()}", engine.digest, policy.digest(),
            codes.code("policy", table), json.dumps(policy.limits.stated(), sort_keys=True),
            deletes=deletes,
        )  # fmt: skip

    @property
    def stated(self) -> dict[str, str]:
        """What each row says of them."""
        return {
            name: getattr(self, name) for name in ("tool", "ruleset", "model", "policy", "limits")
        }

    def content(self) -> bytes:
        """As a file."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1).encode() + b"\n"

    @classmethod
    def at(cls, path: Path) -> Terms:
        """The terms in a file. Raises `PolicyError`."""
        try:
            told = json.loads(path.read_bytes())
            if told.pop("schema") != SCHEMA:
                raise ValueError
            return cls(**{**told, "sources": tuple(told["sources"])})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise PolicyError(
                "the directory holds an audit that cannot be read", remedy="begin in another one"
            ) from None

    def refuse_other(self, other: Terms) -> None:
        """Raises `PolicyError` where the audit that was begun is not `other`."""
        mine = self.listed, self.files, self.manifest
        if self != replace(other, listed=mine[0], files=mine[1], manifest=mine[2]):
            differs = next(
                one
                for one in ("sources", "scope", "target", "deletes", "tool", "ruleset", "model", "policy", "limits", "rules")
                if getattr(self, one) != getattr(other, one)
            )  # fmt: skip
            raise PolicyError(
                f"the audit in this directory was begun on other terms: {differs}",
                remedy="give the same options as then, or another --output",
            )


def policy_content(policy: Policy) -> bytes:
    """A policy as a file for the processes of an audit, without its key: nothing is replaced there."""
    row = policy_row(policy) | {"key": ""}
    for rule in row["entities"].values():
        if rule["operator"] in KEYED_OPERATORS:
            rule["operator"] = "surrogate"
    nlp = policy.nlp_configuration
    return json.dumps({"policy": row, "nlp": None if nlp is None else str(nlp)}).encode()


def policy_at(path: Path) -> Policy:
    """The policy in such a file. Raises `PolicyError`."""
    try:
        told = json.loads(path.read_bytes())
        policy = to_policy(told["policy"])
        nlp, isolation = told["nlp"], told["policy"]["isolation"]
        return replace(
            policy, isolation=isolation, nlp_configuration=None if nlp is None else Path(nlp)
        )
    except (OSError, ValueError, TypeError, LookupError):
        raise PolicyError(
            "the policy of the audit cannot be read", remedy="begin in another directory"
        ) from None
