"""Reports that a platform sends: its signature checked, its attachments fetched, all of it redacted as one.

event = HackerOne(secret).open(body, headers)       # or Unauthentic
receive(event, guard, ReportFolder("s3://reports"), fetch=HttpsClient())
"""

from __future__ import annotations

from pii_guard.intake.webhooks.bugcrowd import Bugcrowd
from pii_guard.intake.webhooks.event import Attachment, Event, Platform
from pii_guard.intake.webhooks.fetching import Fetch, Redirected
from pii_guard.intake.webhooks.hackerone import HackerOne
from pii_guard.intake.webhooks.https import HttpsClient
from pii_guard.intake.webhooks.receiving import Report, ReportFile, Store, receive

__all__ = [
    "Attachment",
    "Bugcrowd",
    "Event",
    "Fetch",
    "HackerOne",
    "HttpsClient",
    "Platform",
    "Redirected",
    "Report",
    "ReportFile",
    "Store",
    "receive",
]
