from django.urls import path

from fangxian.responsibility import views

urlpatterns = [
    path("", views.coverage, name="coverage"),
    path("place/<uuid:area_id>", views.place, name="place"),
    path("place/<uuid:area_id>/entrust", views.entrust, name="entrust"),
    path("place/<uuid:area_id>/poster", views.poster, name="poster"),
    path("held/<uuid:responsibility_id>/stand-in", views.stand_in, name="stand_in"),
    path("held/<uuid:responsibility_id>/end", views.end, name="end"),
    path("people", views.key_persons, name="key_persons"),
    path("people/<uuid:key_person_id>", views.key_person, name="key_person"),
    path("people/<uuid:key_person_id>/entrust", views.entrust_person, name="entrust_person"),
    path("people/<uuid:key_person_id>/end", views.end_key_person, name="end_key_person"),
    path("resident/<uuid:resident_id>", views.name_key_person, name="name_key_person"),
    path("list", views.take_list, name="take_list"),
]
