"""Somebody at a browser, and what the database knows of what they did."""

from typing import Any

import psycopg
from django.conf import settings
from playwright.sync_api import ConsoleMessage, Error, Page


class Visitor:
    """Does what people do, and remembers what the browser complained about.

    troubles   errors of scripts, and what the Content-Security-Policy refused
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", self._stumble)

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that says no is answered with 4xx, which the console calls an error.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)

    def _stumble(self, error: Error) -> None:
        self.troubles.append(str(error))

    def goes_to(self, path: str) -> None:
        self.page.goto(path)

    def presses(self, name: str, *, within: str = "main") -> None:
        """A button by its words; a question that it asks is answered with yes."""
        button = self.page.locator(within).get_by_role("button", name=name, exact=True).first
        asks = button.get_attribute("data-confirm") is not None
        button.click()
        if asks:
            self.page.locator("dialog.confirm button").last.click()

    def reads(self, selector: str = "main") -> str:
        return self.page.locator(selector).first.inner_text()

    def leaves(self) -> None:
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._stumble)


def rows(question: str, *values: object) -> list[tuple[Any, ...]]:
    where = settings.DATABASES["default"]
    with psycopg.connect(host=where["HOST"], user=where["USER"], dbname="fangxian_demo") as link:
        return link.execute(question, values).fetchall()
