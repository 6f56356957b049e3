"""Django: uploads are redacted when they come in, files before they are stored.

FILE_UPLOAD_HANDLERS = ["pii_guard.intake.django.RedactingUploadHandler"]
STORAGES = {"default": {"BACKEND": "pii_guard.intake.django.RedactingStorage"}, …}
MIDDLEWARE = ["pii_guard.intake.django.ProblemMiddleware", …]
PII_GUARD = {"policy": BASE_DIR / "pii-guard.toml"}
"""

from pii_guard.intake.django.answers import ProblemMiddleware, Refused
from pii_guard.intake.django.storage import RedactingStorage
from pii_guard.intake.django.uploads import RedactedUpload, RedactingUploadHandler, RefusedUpload

__all__ = [
    "ProblemMiddleware",
    "RedactedUpload",
    "RedactingStorage",
    "RedactingUploadHandler",
    "Refused",
    "RefusedUpload",
]
