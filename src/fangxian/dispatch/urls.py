from django.urls import path

from fangxian.dispatch import views

urlpatterns = [
    path("", views.mine, name="mine"),
    path("board/", views.board, name="board"),
    path("<uuid:task_id>/", views.task, name="task"),
    path("<uuid:task_id>/take", views.take, name="take"),
    path("<uuid:task_id>/finish", views.finish, name="finish"),
    path("<uuid:task_id>/refuse", views.refuse, name="refuse"),
    path("<uuid:task_id>/assign", views.assign, name="assign"),
]
