"""Addresses of residents' own pages; the namespace is `resident`."""

from django.urls import path

from fangxian.resident import entry_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", entry_views.sign_in, name="sign_in"),
    path("sign-in/code", entry_views.code, name="code"),
    path("sign-in/card", entry_views.card, name="card"),
    path("sign-out", entry_views.sign_out, name="sign_out"),
    path("devices/end", entry_views.end_other, name="end_other"),
    path("person", entry_views.turn_to, name="turn_to"),
    path("looks", entry_views.looks, name="looks"),
    path("emergency", views.emergency, name="emergency"),
    path("ask/<slug:intent>", views.ask, name="ask"),
    path("object/<slug:kind>/<uuid:ground>", views.object_to, name="object"),
    path("requests/<uuid:request_id>", views.request_, name="request"),
    path("requests/<uuid:request_id>/confirm", views.confirm, name="confirm"),
    path("requests/<uuid:request_id>/reopen", views.reopen, name="reopen"),
    path("requests/<uuid:request_id>/withdraw", views.withdraw, name="withdraw"),
    path("tests", views.tests, name="tests"),
    path("code", views.own_code, name="own_code"),
    path("data", views.data, name="data"),
    path("sheet.pdf", views.sheet, name="sheet"),
    path("brief/<uuid:resident_id>", views.brief, name="brief"),
    path("brief/<uuid:resident_id>/close", views.close_for, name="close_for"),
]
