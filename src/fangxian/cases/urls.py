"""Addresses of the pages of cases; the namespace is `cases`."""

from django.urls import path

from fangxian.cases import views

urlpatterns = [
    path("", views.list_cases, name="list"),
    path("new", views.find_person, name="new"),
    path("new/unregistered", views.register_person, name="register"),
    path("new/<uuid:resident_id>", views.report, name="report"),
    path("<uuid:case_id>", views.show_case, name="case"),
    path("<uuid:case_id>/trace", views.trace, name="trace"),
    path("<uuid:case_id>/confirm", views.confirm, name="confirm"),
    path("<uuid:case_id>/onset", views.onset, name="onset"),
    path("<uuid:case_id>/close", views.close, name="close"),
    path("<uuid:case_id>/withdraw", views.withdraw, name="withdraw"),
    path("<uuid:case_id>/visit", views.visit, name="visit"),
    path("<uuid:case_id>/name", views.find_contact, name="find_contact"),
    path("<uuid:case_id>/name/<uuid:resident_id>", views.name, name="name"),
    path("contacts/<uuid:contact_id>", views.show_contact, name="contact"),
    path("contacts/<uuid:contact_id>/discard", views.discard, name="discard"),
]
