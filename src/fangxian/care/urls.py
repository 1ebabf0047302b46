from django.urls import path

from fangxian.care import arrangement_views, treatment_views, views, visit_views

urlpatterns = [
    path("", views.clock, name="clock"),
    path("all", views.transfers, name="transfers"),
    path("new", views.new, name="new"),
    path("request", views.ask, name="request"),
    path("journeys/<uuid:transfer_id>", views.transfer, name="transfer"),
    path("journeys/<uuid:transfer_id>/triage", views.triage, name="triage"),
    path("journeys/<uuid:transfer_id>/no-ambulance", views.no_ambulance, name="no_ambulance"),
    path("journeys/<uuid:transfer_id>/vehicle", views.vehicle, name="vehicle"),
    path("journeys/<uuid:transfer_id>/depart", views.depart, name="depart"),
    path("journeys/<uuid:transfer_id>/turned-away", views.turn_away, name="turn_away"),
    path("journeys/<uuid:transfer_id>/hand-over", views.hand_over, name="hand_over"),
    path("journeys/<uuid:transfer_id>/return", views.begin_return, name="begin_return"),
    path("journeys/<uuid:transfer_id>/disinfected", views.disinfected, name="disinfected"),
    path("journeys/<uuid:transfer_id>/close", views.close, name="close"),
    path("journeys/<uuid:transfer_id>/identify", views.identify, name="identify"),
    path("exits/<uuid:exit_id>", views.of_exit, name="of_exit"),
    path("ready", arrangement_views.ready, name="ready"),
    path("ready/hospitals", arrangement_views.pair, name="pair"),
    path("ready/hospitals/<uuid:pairing_id>/end", arrangement_views.unpair, name="unpair"),
    path("ready/cars", arrangement_views.keep_car, name="keep_car"),
    path("ready/cars/<uuid:car_id>/end", arrangement_views.give_up_car, name="give_up_car"),
    path("treatments", treatment_views.treatments, name="treatments"),
    path("treatments/of/<uuid:resident_id>", treatment_views.book, name="book"),
    path("treatments/<uuid:series_id>", treatment_views.series, name="series"),
    path("treatments/<uuid:series_id>/end", treatment_views.end, name="end_series"),
    path("visits", visit_views.visits, name="visits"),
    path("visits/<uuid:visit_id>", visit_views.visit, name="visit"),
    path("visits/<uuid:visit_id>/done", visit_views.done, name="visit_done"),
]
