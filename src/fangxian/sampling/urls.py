from django.urls import path

from fangxian.sampling import round_views, views

urlpatterns = [
    path("", views.tubes, name="tubes"),
    path("enter", views.enter_result, name="enter_result"),
    path("import", views.import_results, name="import_results"),
    path("tubes/<uuid:tube_id>", views.tube, name="tube"),
    path("tubes/<uuid:tube_id>/result", views.result, name="result"),
    path("tubes/<uuid:tube_id>/correct", views.correct, name="correct"),
    path("tubes/<uuid:tube_id>/void", views.void, name="void"),
    path("rounds", round_views.rounds, name="rounds"),
    path("rounds/plan", round_views.plan_round, name="plan_round"),
    path("rounds/<uuid:round_id>", round_views.round_page, name="round"),
    path("rounds/<uuid:round_id>/begin", round_views.begin_round, name="begin_round"),
    path("rounds/<uuid:round_id>/end", round_views.end_round, name="end_round"),
]
