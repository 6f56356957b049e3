"""Australia and New Zealand."""

from __future__ import annotations

from pii_guard.detect.recognizer import WEAK, Identifier, standing
from pii_guard.detect.recognizers.checksums import digits, weighted
from pii_guard.detect.recognizers.numbered import AfterWords, Numbered


class AuTfn(Numbered):
    """Australian tax file numbers (mod 11), by label."""

    entity, country, kind = "AU_TFN", "au", "tfn"
    pattern = standing(r"\d{3} ?\d{3} ?\d{2,3}")
    words = ("tfn", "tax file", "tax file number")


class AuAbn(Numbered):
    """Australian business numbers (mod 89), which sole traders hold, by label."""

    entity, country, kind = "AU_ABN", "au", "abn"
    pattern = standing(r"\d\d ?\d{3} ?\d{3} ?\d{3}")
    words = ("abn", "australian business number")


class AuAcn(Numbered):
    """Australian company numbers (mod 10), by label."""

    entity, country, kind = "AU_ACN", "au", "acn"
    pattern = standing(r"\d{3} ?\d{3} ?\d{3}")
    words = ("acn", "australian company number")


class AuMedicare(Identifier):
    """Australian Medicare cards (weights 1-3-7-9, mod 10), by label."""

    entity = "AU_MEDICARE"
    pattern = standing(r"[2-6]\d{3} ?\d{5} ?\d(?:[ /-]?\d)?")
    score = WEAK
    words = ("medicare", "medicare card", "medicare no")

    def valid(self, text: str) -> bool | None:
        """The ninth digit checks the first eight; issue and person number follow."""
        plain = digits(text)
        return None if weighted(plain[:8], (1, 3, 7, 9) * 2) % 10 == plain[8] else False


class AuPassport(AfterWords):
    """Australian and New Zealand passports (one or two letters, six or seven digits), by label."""

    entity = "PASSPORT"
    pattern = standing(r"(?:[A-Z]|[PL][A-Z])\d{6,7}")
    words = ("australian passport", "nz passport", "new zealand passport", "travel document")


class NzIrd(Numbered):
    """New Zealand IRD numbers (mod 11), by label."""

    entity, country, kind = "NZ_IRD", "nz", "ird"
    pattern = standing(r"\d{2,3}[ -]?\d{3}[ -]?\d{3}")
    words = ("ird", "ird number", "inland revenue")


class NzNhi(Identifier):
    """New Zealand health indexes, old form (letters by order without I and O, mod 11), by label."""

    entity = "NZ_NHI"
    pattern = standing(r"(?i:[A-HJ-NP-Z]{3})\d{4}")
    score = WEAK
    words = ("nhi", "national health index")

    def valid(self, text: str) -> bool | None:
        """Weights 7 to 2 over the first six places; eleven less the rest, ten counts as zero."""
        order = "ABCDEFGHJKLMNPQRSTUVWXYZ"
        values = [order.index(c) + 1 for c in text[:3].upper()] + digits(text)
        rest = weighted(values[:6], range(7, 1, -1)) % 11
        return None if rest and (11 - rest) % 10 == values[6] else False
