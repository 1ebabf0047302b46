from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    name = "fangxian.workforce"
    label = "workforce"
