"""The form that researchers fill in."""

from typing import Any

from django import forms

from desk.models import Report


class Files(forms.ClearableFileInput):
    """An input for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each as Django checks one."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        one = super().clean
        return [one(file, initial) for file in data or []]


class ReportForm(forms.ModelForm):
    """A report with attachments."""

    attachments = FilesField(required=False)

    class Meta:
        """What is asked for."""

        model = Report
        fields = ("title", "description", "contact")
