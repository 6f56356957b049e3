"""One view, as Django people write it: a form with a file, which is saved into a storage."""

from __future__ import annotations

from django import forms
from django.http import JsonResponse
from django.urls import path

from tests.contract.servers import DESKS


class Attachment(forms.Form):
    file = forms.FileField(max_length=200)


def take(request, token, folder=""):
    desk = DESKS[token]
    form = Attachment(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse(form.errors.get_json_data(), status=422)
    desk.fields.update(request.POST.items())
    upload = form.cleaned_data["file"]
    try:
        desk.store(upload, folder)
    except Exception as failed:  # noqa: BLE001 - the test is told
        desk.failed.append(failed)
        return JsonResponse({}, status=500)
    return JsonResponse({})


urlpatterns = [
    path("django/<str:token>/", take),
    path("django/<str:token>/<path:folder>", take),
]
