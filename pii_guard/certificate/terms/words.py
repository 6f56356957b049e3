"""The closed words of an acknowledgement. Words are added, never removed.

A place or a reason of somebody's own would be free text, and could name a person.
"""

from __future__ import annotations

PLACES = (
    "device", "downloads", "removable_media", "virtual_machines", "proxy_history",
    "browser_profile", "terminal_logs", "screenshots", "screen_recordings", "notes",
    "source_repositories", "cloud_sync", "cloud_storage", "mailbox", "chat_sessions",
    "ai_assistants", "backups", "paper", "other_people",
)  # fmt: skip
"""Where a copy may be, in the order in which a person is asked."""

REASONS = {
    "automatic_backup": True,
    "provider_retention": True,
    "needed_until_fixed": True,
    "passed_on": False,
    "no_access": False,
    "legal_duty": False,
    "legal_claim": False,
    "authority": False,
}
"""Why a copy is still there; whether such a copy goes on a date, which then has to be given."""

METHODS = {
    "pkcs8": "registered_key",
    "sshsig": "registered_key",
    "platform_session": "platform_session",
    "wet_ink": "wet_ink",
}
"""How it was signed, and what that says about who did."""

ASSURANCES = ("wet_ink", "platform_session", "registered_key")
"""How surely the researcher is the one who signed, weakest first."""
