from django.urls import path

from fangxian.oversight import views

urlpatterns = [
    path("retention", views.retention, name="retention"),
    path("retention/propose", views.propose, name="propose"),
    path("retention/<uuid:destruction_id>/<str:decision>", views.decide, name="decide"),
    path("retention/<uuid:destruction_id>.json", views.signed_record, name="signed_record"),
]
