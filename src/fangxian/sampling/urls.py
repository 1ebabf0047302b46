from django.urls import path

from fangxian.sampling import api, point_views, round_views, views

urlpatterns = [
    path("", views.tubes, name="tubes"),
    path("enter", views.enter_result, name="enter_result"),
    path("import", views.import_results, name="import_results"),
    path("tubes/<uuid:tube_id>", views.tube, name="tube"),
    path("tubes/<uuid:tube_id>/result", views.result, name="result"),
    path("tubes/<uuid:tube_id>/correct", views.correct, name="correct"),
    path("tubes/<uuid:tube_id>/void", views.void, name="void"),
    path(
        "tubes/<uuid:tube_id>/certificate/<uuid:resident_id>",
        views.certificate,
        name="certificate",
    ),
    path("points", point_views.points, name="points"),
    path("points/<uuid:site_id>", point_views.point, name="point"),
    path("points/<uuid:site_id>/ready", point_views.declare_ready, name="declare_ready"),
    path("points/<uuid:site_id>/queue", point_views.note_queue, name="note_queue"),
    path("boxes", point_views.boxes, name="boxes"),
    path("boxes/<uuid:box_id>", point_views.box, name="box"),
    path("boxes/<uuid:box_id>/receive", point_views.receive, name="receive_box"),
    path("labels", point_views.labels, name="labels"),
    path("labels/<uuid:batch_id>.pdf", point_views.label_sheet, name="label_sheet"),
    path("laboratories", point_views.laboratories, name="laboratories"),
    path("laboratories/<uuid:key_id>/withdraw", point_views.withdraw, name="withdraw_key"),
    path("public/queues", point_views.public_queues, name="public_queues"),
    path("public/queues/<int:number>", point_views.public_queues, name="public_queues_in"),
    path("api/results", api.results, name="api_results"),
    path("rounds/<uuid:round_id>/untested", point_views.untested, name="untested"),
    path(
        "rounds/<uuid:round_id>/untested/<uuid:resident_id>",
        point_views.note_untested,
        name="note_untested",
    ),
    path("rounds", round_views.rounds, name="rounds"),
    path("rounds/plan", round_views.plan_round, name="plan_round"),
    path("rounds/<uuid:round_id>", round_views.round_page, name="round"),
    path("rounds/<uuid:round_id>/begin", round_views.begin_round, name="begin_round"),
    path("rounds/<uuid:round_id>/end", round_views.end_round, name="end_round"),
]
