from django.apps import AppConfig


class ExerciseConfig(AppConfig):
    name = "fangxian.exercise"
    label = "exercise"
