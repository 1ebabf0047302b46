"""Addresses of the pages of cases; the namespace is `cases`."""

from django.urls import path

from fangxian.cases import interview, seat_pages, sweep_pages, views

urlpatterns = [
    path("", views.list_cases, name="list"),
    path("sweeps", sweep_pages.sweeps, name="sweeps"),
    path("sweeps/<uuid:sweep_id>", sweep_pages.sweep, name="sweep"),
    path("sweeps/<uuid:sweep_id>/progress", sweep_pages.progress, name="sweep_progress"),
    path("sweeps/<uuid:sweep_id>/go-on", sweep_pages.go_on, name="go_on_with_sweep"),
    path("places/<int:place>/seats", seat_pages.seats, name="seats"),
    path("places/<int:place>/divide", seat_pages.divide, name="divide"),
    path("places/<int:place>/passengers", seat_pages.passengers, name="passengers"),
    path("new", views.find_person, name="new"),
    path("new/unregistered", views.register_person, name="register"),
    path("new/<uuid:resident_id>", views.report, name="report"),
    path("<uuid:case_id>", views.show_case, name="case"),
    path("<uuid:case_id>/trace", views.trace, name="trace"),
    path("<uuid:case_id>/confirm", views.confirm, name="confirm"),
    path("<uuid:case_id>/onset", views.onset, name="onset"),
    path("<uuid:case_id>/close", views.close, name="close"),
    path("<uuid:case_id>/withdraw", views.withdraw, name="withdraw"),
    path("<uuid:case_id>/interview", interview.interview, name="interview"),
    path("<uuid:case_id>/interview/read", interview.read, name="read"),
    path(
        "<uuid:case_id>/interview/scan/<int:visit_id>",
        interview.confirm_scan,
        name="confirm_scan",
    ),
    path("stays/<uuid:stay_id>", interview.change, name="stay"),
    path("stays/<uuid:stay_id>/remove", interview.remove, name="remove_stay"),
    path("stays/<uuid:stay_id>/place", interview.place, name="place"),
    path("companions/<uuid:companion_id>", interview.companion, name="companion"),
    path(
        "companions/<uuid:companion_id>/name/<uuid:resident_id>",
        interview.name_companion,
        name="name_companion",
    ),
    path(
        "companions/<uuid:companion_id>/remove",
        interview.remove_companion,
        name="remove_companion",
    ),
    path("<uuid:case_id>/name", views.find_contact, name="find_contact"),
    path("<uuid:case_id>/name/<uuid:resident_id>", views.name, name="name"),
    path("contacts/<uuid:contact_id>", views.show_contact, name="contact"),
    path("contacts/<uuid:contact_id>/discard", views.discard, name="discard"),
]
