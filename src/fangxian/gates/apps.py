from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "fangxian.gates"
    label = "gates"
