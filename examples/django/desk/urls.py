"""Addresses of the report desk."""

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.urls import path
from django.views.static import serve

from desk import views

urlpatterns = [
    path("", views.send, name="send"),
    path("sent/<uuid:number>/", views.sent, name="sent"),
    path("sent/<uuid:number>/certificate.json", views.certificate, name="certificate"),
    path("files/<path:path>", staff_member_required(serve), {"document_root": settings.MEDIA_ROOT}),
    path("admin/", admin.site.urls),
]
