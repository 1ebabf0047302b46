from django.apps import AppConfig


class QuarantineConfig(AppConfig):
    name = "fangxian.quarantine"
    label = "quarantine"
