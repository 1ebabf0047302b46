from django.urls import path

from fangxian.dispatch import directive_views, views

urlpatterns = [
    path("", views.mine, name="mine"),
    path("board/", views.board, name="board"),
    path("share/", views.share_out, name="share_out"),
    path("workload/", views.workload, name="workload"),
    path("directives/", directive_views.directives, name="directives"),
    path("directives/new", directive_views.new, name="new_directive"),
    path("directives/<uuid:directive_id>/", directive_views.directive, name="directive"),
    path("directives/<uuid:directive_id>/issue", directive_views.issue, name="issue"),
    path("directives/<uuid:directive_id>/add", directive_views.add, name="add_point"),
    path("directives/<uuid:directive_id>/remind", directive_views.remind, name="remind"),
    path("directives/<uuid:directive_id>/withdraw", directive_views.withdraw, name="withdraw"),
    path("directives/points/<uuid:item_id>/", directive_views.point, name="point"),
    path("directives/points/<uuid:item_id>/drop", directive_views.drop, name="drop_point"),
    path("directives/receipts/<uuid:receipt_id>/", directive_views.receipt, name="receipt"),
    path(
        "directives/receipts/<uuid:receipt_id>/acknowledge",
        directive_views.acknowledge,
        name="acknowledge",
    ),
    path("directives/receipts/<uuid:receipt_id>/verify", directive_views.verify, name="verify"),
    path("directives/receipts/<uuid:receipt_id>/return", directive_views.return_, name="return"),
    path("<uuid:task_id>/", views.task, name="task"),
    path("<uuid:task_id>/take", views.take, name="take"),
    path("<uuid:task_id>/finish", views.finish, name="finish"),
    path("<uuid:task_id>/refuse", views.refuse, name="refuse"),
    path("<uuid:task_id>/assign", views.assign, name="assign"),
    path("<uuid:task_id>/reroute", views.reroute, name="reroute"),
]
