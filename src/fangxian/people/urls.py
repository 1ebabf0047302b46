"""Addresses of the register's pages; the namespace is `people`."""

from django.urls import path

from fangxian.people import code_views, views

urlpatterns = [
    path("", views.list_residents, name="list"),
    path("export", views.export, name="export"),
    path("export/<uuid:run_id>", views.export_run, name="export_run"),
    path("export/<uuid:run_id>/progress", views.export_progress, name="export_progress"),
    path("export/<uuid:run_id>/file", views.exported, name="exported"),
    path("new", views.new, name="new"),
    path("<uuid:resident_id>/edit", views.edit, name="edit"),
    path("<uuid:resident_id>/move", views.move, name="move"),
    path("<uuid:resident_id>/leave", views.leave, name="leave"),
    path("<uuid:resident_id>/died", views.died, name="died"),
    path("<uuid:resident_id>/lives", views.lives, name="lives"),
    path("<uuid:resident_id>/needs", views.needs, name="needs"),
    path("<uuid:resident_id>/consent", views.consent, name="consent"),
    path("<uuid:resident_id>/consent/withdraw", views.withdraw, name="withdraw"),
    path("<uuid:resident_id>/proxy", views.proxy, name="proxy"),
    path("<uuid:resident_id>/proxy/<uuid:acts_id>/end", views.end_proxy, name="end_proxy"),
    path("codes", code_views.find, name="codes"),
    path("codes/cards", code_views.cards, name="cards"),
    path("codes/cards/print", code_views.print_cards, name="print_cards"),
    path("codes/<uuid:code_id>/revoke", code_views.revoke, name="revoke_code"),
    path("<uuid:resident_id>/code", code_views.code, name="code"),
    path("<uuid:resident_id>/code/show", code_views.show, name="show_code"),
    path("<uuid:resident_id>/code/card", code_views.card, name="card"),
    path("duplicates", views.duplicates, name="duplicates"),
    path("duplicates/<uuid:offer_id>/merge", views.merge, name="merge"),
    path("duplicates/<uuid:offer_id>/dismiss", views.dismiss, name="dismiss"),
    path("import", views.import_list, name="import"),
    path("import/template", views.template, name="template"),
    path("import/<uuid:run_id>", views.import_run, name="import_run"),
    path("import/<uuid:run_id>/progress", views.progress, name="progress"),
    path("import/<uuid:run_id>/refused", views.refused, name="refused"),
    path("import/<uuid:run_id>/discard", views.discard, name="discard"),
]
