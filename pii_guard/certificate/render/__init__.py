"""The human form of a certificate: a page drawn from verified bytes, for screens and for paper."""

from pii_guard.certificate.render.page import Paper, render_html, title
from pii_guard.certificate.render.verified import Verified, verified
from pii_guard.certificate.render.words import Words

__all__ = ["Paper", "Verified", "Words", "render_html", "title", "verified"]
