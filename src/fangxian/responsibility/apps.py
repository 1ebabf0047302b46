from django.apps import AppConfig


class ResponsibilityConfig(AppConfig):
    name = "fangxian.responsibility"
    label = "responsibility"
