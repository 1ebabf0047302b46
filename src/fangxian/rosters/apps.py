from django.apps import AppConfig


class RostersConfig(AppConfig):
    name = "fangxian.rosters"
    label = "rosters"
