"""Every door of the product. A room keeps its own addresses in its urls.py."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from fangxian.kernel import http

_DOORS = {
    "areas": "areas/",
    "people": "people/",
    "dispatch": "tasks/",
    "sampling": "sampling/",
    "cases": "cases/",
    "measures": "measures/",
    "oversight": "oversight/",
}

urlpatterns = [
    path("healthz", http.healthz),
    path("readyz", http.readyz),
    path("metrics", http.metrics),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    *(
        path(where, include((f"fangxian.{room}.urls", room)))
        for room, where in _DOORS.items()
        if f"fangxian.{room}" in settings.INSTALLED_APPS and find_spec(f"fangxian.{room}.urls")
    ),
]
