"""The pages that researchers see."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from desk.forms import ReportForm
from desk.models import Attachment, Report


def send(request: HttpRequest) -> HttpResponse:
    """Take in a report: its text and files are redacted by now."""
    form = ReportForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return render(request, "desk/send.html", {"form": form})
    report = form.save()
    for file in form.cleaned_data["attachments"]:
        Attachment.objects.create(report=report, file=file)
    report.certificate = request.redacted.certify(ref=f"desk/{report.pk}").to_json().decode()
    report.save()
    return redirect("sent", report.pk)


def sent(request: HttpRequest, number: UUID) -> HttpResponse:
    """What was stored of it."""
    return render(request, "desk/sent.html", {"report": get_object_or_404(Report, pk=number)})


def certificate(_: HttpRequest, number: UUID) -> HttpResponse:
    """The certificate of a report."""
    report = get_object_or_404(Report, pk=number)
    return HttpResponse(report.certificate, content_type="application/json")
