from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "fangxian.care"
    label = "care"
