"""Every door of the product. A room keeps its own addresses in its urls.py."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from fangxian.kernel import http
from fangxian.web import views

_DOORS = {
    "areas": "areas/",
    "people": "people/",
    "workforce": "force/",
    "responsibility": "responsibility/",
    "rosters": "rosters/",
    "dispatch": "tasks/",
    "sampling": "sampling/",
    "cases": "cases/",
    "linelists": "line-lists/",
    "measures": "measures/",
    "status": "status/",
    "gates": "gates/",
    "screening": "screening/",
    "quarantine": "quarantine/",
    "care": "care/",
    "requests": "requests/",
    "resident": "my/",
    "sync": "sync/",
    "oversight": "oversight/",
    **({"exercise": "exercise/"} if settings.MODE == "demo" else {}),
}

urlpatterns = [
    path("", views.home, name="dashboard"),
    path("live", views.live, name="live"),
    path("why/<uuid:what>", views.why, name="why"),
    path("ledger", views.ledger, name="ledger"),
    path("jobs", views.jobs, name="jobs"),
    path("jobs/<int:job_id>/again", views.try_job_again, name="try_job_again"),
    path("person/<uuid:resident_id>", views.person, name="person"),
    path("person/<uuid:resident_id>/looked", views.who_looked, name="who_looked"),
    path("person/<uuid:resident_id>/unmask", views.unmask, name="unmask"),
    path("healthz", http.healthz),
    path("readyz", http.readyz),
    path("metrics", http.metrics),
    path("field/", include(("fangxian.sync.phone", "field"))),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    *(
        path(where, include((f"fangxian.{room}.urls", room)))
        for room, where in _DOORS.items()
        if f"fangxian.{room}" in settings.INSTALLED_APPS and find_spec(f"fangxian.{room}.urls")
    ),
]
