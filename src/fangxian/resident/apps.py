from django.apps import AppConfig


class ResidentConfig(AppConfig):
    name = "fangxian.resident"
    label = "resident"
