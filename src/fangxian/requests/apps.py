from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "fangxian.requests"
    label = "requests"
