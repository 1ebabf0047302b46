from django.urls import path

from fangxian.status import views

urlpatterns = [
    path("", views.statuses, name="list"),
    path("person/<uuid:resident_id>", views.person, name="person"),
    path("person/<uuid:resident_id>/object", views.file_objection, name="object"),
    path("objections/<uuid:objection_id>", views.objection, name="objection"),
    path("objections/<uuid:objection_id>/decide", views.decide, name="decide"),
    path("swept/<uuid:sweep_id>", views.swept, name="swept"),
    path("own", views.own, name="own"),
]
