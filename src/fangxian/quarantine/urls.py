from django.urls import path

from fangxian.quarantine import daily_views, views

urlpatterns = [
    path("", views.sites, name="sites"),
    path("at/<uuid:site_id>", views.site, name="site"),
    path("at/<uuid:site_id>/checks", views.set_checks, name="set_checks"),
    path("at/<uuid:site_id>/open", views.open_, name="open"),
    path("at/<uuid:site_id>/close", views.close, name="close"),
    path("at/<uuid:site_id>/rooms", views.add_rooms, name="add_rooms"),
    path("at/<uuid:site_id>/place", views.place, name="place"),
    path("rooms/<uuid:room_id>", views.set_room_state, name="set_room_state"),
    path("stays/<uuid:placement_id>", views.placement, name="placement"),
    path("stays/<uuid:placement_id>/move", views.move, name="move"),
    path("stays/<uuid:placement_id>/cancel", views.cancel, name="cancel"),
    path("stays/<uuid:placement_id>/home", views.release, name="release"),
    path("journeys", views.journeys, name="journeys"),
    path("journeys/<uuid:transfer_id>", views.journey, name="journey"),
    path("journeys/<uuid:transfer_id>/depart", views.depart, name="depart"),
    path("journeys/<uuid:transfer_id>/receive", views.receive, name="receive"),
    path("restarts/<uuid:restart_id>", views.restart, name="restart"),
    path("home", daily_views.home, name="home"),
    path("watch/<uuid:watch_id>", daily_views.watch, name="watch"),
    path("watch/<uuid:watch_id>/reading", daily_views.record_reading, name="record_reading"),
    path("watch/<uuid:watch_id>/wish", daily_views.note_wish, name="note_wish"),
    path("watch/<uuid:watch_id>/met/<slug:kind>", daily_views.meet_wish, name="meet_wish"),
    path("watch/<uuid:watch_id>/door", daily_views.visit_door, name="visit_door"),
    path("reading/", daily_views.enter_code, name="enter_code"),
    path("reading/<str:key>", daily_views.own_reading, name="own_reading"),
    path("reading/<str:key>/need", daily_views.own_wish, name="own_wish"),
]
