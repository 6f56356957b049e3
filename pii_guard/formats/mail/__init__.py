"""Mail: messages, mailboxes and the multipart bodies of forms."""

from __future__ import annotations

from pii_guard.formats.mail.mbox import Mailbox
from pii_guard.formats.mail.message import Message, Parts

FORMATS = (Message(), Parts(), Mailbox())
