"""Builds `reports/idor/letter.pdf`: an insurer's letter to an invented customer, two pages."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

NAME = "Maria Fernández Ortega"
FIRST = (
    ("Helvetica-Bold", 14, "Northgate Health Insurance"),
    ("Helvetica", 9, "PO Box 4471, Springfield, IL 62708"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, NAME),
    ("Helvetica", 11, "48 Harbour Street"),
    ("Helvetica", 11, "Springfield, IL 62704"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "Policy number: HX-448-22109      Member ID: NG20931774"),
    ("Helvetica", 11, "Date: 2026-08-21      Our reference: CLM-2026-00417"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "Dear Ms Fernández Ortega,"),
    ("Helvetica", 11, ""),
    (
        "Helvetica",
        11,
        "your claim for the treatment of 14 July 2026 (type 2 diabetes, metformin 500 mg) was",
    ),
    (
        "Helvetica",
        11,
        "approved. Your date of birth is 12 March 1985 and your social security number 536-22-8417",
    ),
    ("Helvetica", 11, "in our files; please call 212-555-0147 if this is wrong, or write to"),
    ("Helvetica", 11, "maria.fernandez@mail.example from the address we have on record."),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "Claim        Treated on      Amount       Status"),
    ("Helvetica", 11, "CLM-2026-00417   2026-07-14   412.50 USD   approved"),
    ("Helvetica", 11, "CLM-2026-00391   2026-05-02    88.00 USD   paid"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "Sincerely,"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "Robert Haines"),
    ("Helvetica", 11, "Claims department"),
)
SECOND = (
    ("Helvetica-Bold", 12, "Payments"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, f"Account holder: {NAME}"),
    ("Helvetica", 11, "IBAN: DE44 5001 0517 5407 3249 31"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "2026-05-09     88.00 USD     paid to M. Fernández Ortega"),
    ("Helvetica", 11, "2026-08-28    412.50 USD     paid to Maria Fernández Ortega"),
    ("Helvetica", 11, ""),
    ("Helvetica", 11, "Document 20418, page 2 of 2, printed by docgen 4.2.1"),
)


def build(path: Path) -> None:
    """Write the letter; the same bytes each time."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle(f"Claim decision for {NAME}")
    canvas.setAuthor("Robert Haines")
    for number, lines in enumerate((FIRST, SECOND)):
        canvas.bookmarkPage(f"p{number}")
        canvas.addOutlineEntry(f"{NAME}, page {number + 1}", f"p{number}")
        y = A4[1] - 72
        for font, size, text in lines:
            canvas.setFont(font, size)
            canvas.drawString(72, y, text)
            y -= size + 6
        canvas.showPage()
    canvas.save()


if __name__ == "__main__":
    build(Path(__file__).parent / "reports" / "idor" / "letter.pdf")
