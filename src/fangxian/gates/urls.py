from django.urls import path

from fangxian.gates import venue_views, views

urlpatterns = [
    path("", views.checkpoints, name="checkpoints"),
    path("at/<uuid:site_id>", views.checkpoint, name="checkpoint"),
    path("at/<uuid:site_id>/set", views.set_checkpoint, name="set_checkpoint"),
    path("at/<uuid:site_id>/list.pdf", views.gate_list, name="gate_list"),
    path("passes", views.passes, name="passes"),
    path("passes/issue", views.issue_pass, name="issue_pass"),
    path("passes/<uuid:pass_id>", views.pass_, name="pass"),
    path("passes/<uuid:pass_id>/pass.pdf", views.pass_paper, name="pass_paper"),
    path("passes/<uuid:pass_id>/revoke", views.revoke_pass, name="revoke_pass"),
    path("incidents", views.incidents, name="incidents"),
    path("incidents/<uuid:incident_id>", views.incident, name="incident"),
    path("incidents/<uuid:incident_id>/settle", views.settle, name="settle"),
    path("questions", views.questions, name="questions"),
    path("questions/<uuid:question_id>/answer", views.answer, name="answer"),
    path("of/<uuid:resident_id>", views.scans_of, name="scans_of"),
    path("venues", venue_views.venues, name="venues"),
    path("venues/drive", venue_views.begin_drive, name="begin_drive"),
    path("venues/drive/<uuid:drive_id>", venue_views.drive, name="drive"),
    path("venues/posters.pdf", venue_views.posters, name="posters"),
    path("venues/<uuid:site_id>", venue_views.venue, name="venue"),
    path("venues/<uuid:site_id>/sign-up", venue_views.sign_up, name="sign_up"),
    path("venues/<uuid:site_id>/close", venue_views.close, name="close_venue"),
    path("screen/<str:token>", venue_views.screen, name="screen"),
]
