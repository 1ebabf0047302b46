from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "fangxian.areas"
    label = "areas"
