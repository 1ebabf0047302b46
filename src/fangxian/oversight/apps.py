from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "fangxian.oversight"
    label = "oversight"
