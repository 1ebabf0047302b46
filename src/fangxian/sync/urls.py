from django.urls import path

from fangxian.sync import views

urlpatterns = [
    path("", views.devices, name="devices"),
    path("invite/", views.invite, name="invite"),
    path("import/", views.import_outbox, name="import_outbox"),
    path("refused/", views.held, name="held"),
    path("refused/<uuid:command_id>/apply", views.apply_held, name="apply_held"),
    path("refused/<uuid:command_id>/set-aside", views.set_aside, name="set_aside"),
    path("<uuid:device_id>/", views.device, name="device"),
    path("<uuid:device_id>/revoke", views.revoke, name="revoke"),
]
