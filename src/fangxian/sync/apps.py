from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "fangxian.sync"
    label = "sync"
