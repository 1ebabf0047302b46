from django.apps import AppConfig


class SamplingConfig(AppConfig):
    name = "fangxian.sampling"
    label = "sampling"
