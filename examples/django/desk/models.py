"""A report and its attachments."""

from uuid import uuid4

from django.db import models


class Report(models.Model):
    """What a researcher sent. `certificate` is about its text and its attachments."""

    # Nobody guesses the address of somebody else's report.
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField()
    contact = models.CharField(max_length=200, blank=True)
    received = models.DateTimeField(auto_now_add=True)
    certificate = models.TextField(blank=True, editable=False)

    def __str__(self) -> str:
        return self.title


class Attachment(models.Model):
    """A file of a report; its certificate stands beside it in the storage."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="attachments/%Y/%m", max_length=250)

    def __str__(self) -> str:
        return str(self.file.name)
