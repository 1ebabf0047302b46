from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig

from fangxian import playbook


class PlaybookConfig(AppConfig):
    name = "fangxian.playbook"
    label = "playbook"

    def ready(self) -> None:
        """Every page of the playbook says at its end which facts it answers."""
        for page in iter_modules(playbook.__path__):
            if page.name not in {"apps", "tests"}:
                import_module(f"fangxian.playbook.{page.name}")
