from django.apps import AppConfig


class LineListsConfig(AppConfig):
    name = "fangxian.linelists"
    label = "linelists"
