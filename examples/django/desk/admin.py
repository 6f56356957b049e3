"""Reports as the programme sees them."""

from django.contrib import admin

from desk.models import Attachment, Report


class AttachmentInline(admin.TabularInline):
    """Attachments on the page of their report."""

    model = Attachment
    extra = 1


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin):
    """A report with its attachments."""

    inlines = (AttachmentInline,)
    list_display = ("title", "contact", "received")
