"""Outlook's own formats: messages (.msg) and what it wraps mail in (winmail.dat)."""

from __future__ import annotations

from pii_guard.formats.outlook.msg import OutlookMessage
from pii_guard.formats.outlook.tnef import Tnef

FORMATS = (OutlookMessage(), Tnef())
