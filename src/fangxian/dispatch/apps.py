from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "fangxian.dispatch"
    label = "dispatch"
