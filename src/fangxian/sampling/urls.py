from django.urls import path

from fangxian.sampling import round_views

urlpatterns = [
    path("rounds", round_views.rounds, name="rounds"),
    path("rounds/plan", round_views.plan_round, name="plan_round"),
    path("rounds/<uuid:round_id>", round_views.round_page, name="round"),
    path("rounds/<uuid:round_id>/begin", round_views.begin_round, name="begin_round"),
    path("rounds/<uuid:round_id>/end", round_views.end_round, name="end_round"),
]
