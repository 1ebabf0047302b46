from django.urls import path

from fangxian.exercise import views

urlpatterns = [
    path("phone", views.phone, name="phone"),
    path("phone/take", views.take_phone, name="take_phone"),
    path("resident", views.resident, name="resident"),
    path("resident/ring", views.ring, name="ring"),
]
