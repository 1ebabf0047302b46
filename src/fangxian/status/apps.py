from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "fangxian.status"
    label = "status"
