"""Every page of the product: for everybody, in both languages, at the desk and on the phone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from tests.journeys.conftest import DESK, PHONE
from tests.journeys.people import Visitor


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page. who: signed in as; door: name of its address; of: what on the stage it is about."""

    who: str
    door: str
    of: str = ""
    ask: str = ""
    status: int = 200

    def url(self, stage: dict[str, Any]) -> str:
        if self.door.startswith("/"):
            return self.door
        return reverse(self.door, args=[stage[self.of]] if self.of else []) + self.ask

    def __str__(self) -> str:
        return f"{self.who or 'nobody'} {self.door}{self.ask}"


LEAVES = [
    Leaf("", "account_login"),
    Leaf("chen", "account_reauthenticate"),
    Leaf("chen", "dashboard"),
    Leaf("chen", "people:list"),
    Leaf("liu", "people:new"),
    Leaf("liu", "people:edit", "in_need"),
    Leaf("liu", "people:duplicates"),
    Leaf("liu", "people:import"),
    Leaf("liu", "people:codes"),
    Leaf("liu", "people:codes", ask="?q=13900000000"),
    Leaf("liu", "people:code", "in_need"),
    Leaf("liu", "people:cards"),
    Leaf("zhao", "person", "person"),
    Leaf("wang", "person", "in_need"),
    Leaf("sun", "who_looked", "person"),
    Leaf("chen", "why", "order"),
    Leaf("sun", "ledger"),
    Leaf("li", "sampling:tubes"),
    Leaf("li", "sampling:tubes", ask="?show=results"),
    Leaf("li", "sampling:tube", "tube"),
    Leaf("li", "sampling:tube", "pool_id"),
    Leaf("li", "sampling:import_results"),
    Leaf("chen", "sampling:rounds"),
    Leaf("chen", "sampling:plan_round"),
    Leaf("chen", "sampling:round", "round"),
    Leaf("zhao", "cases:list"),
    Leaf("zhao", "cases:new"),
    Leaf("zhao", "cases:report", "in_need"),
    Leaf("zhao", "cases:case", "case"),
    Leaf("zhao", "cases:case", "fresh_case"),
    Leaf("zhao", "cases:interview", "case"),
    Leaf("zhao", "cases:find_contact", "case"),
    Leaf("zhao", "cases:contact", "contact"),
    Leaf("chen", "measures:orders"),
    Leaf("chen", "measures:order", "order"),
    Leaf("chen", "measures:notice", "order"),
    Leaf("chen", "measures:risk_areas"),
    Leaf("chen", "measures:risk_area", "risk_area"),
    Leaf("chen", "measures:risk_area", "proposed_area"),
    Leaf("wang", "measures:exits"),
    Leaf("wang", "measures:exit", "exit"),
    Leaf("wang", "care:clock"),
    Leaf("wang", "care:new"),
    Leaf("wang", "care:transfer", "care_journey"),
    Leaf("liu", "care:transfers"),
    Leaf("liu", "care:ready"),
    Leaf("liu", "care:treatments"),
    Leaf("liu", "care:book", "in_need"),
    Leaf("liu", "care:visits"),
    Leaf("wang", "dispatch:mine"),
    Leaf("wang", "dispatch:task", "trip"),
    Leaf("liu", "dispatch:board"),
    Leaf("chen", "dispatch:share_out"),
    Leaf("chen", "dispatch:workload"),
    Leaf("chen", "dispatch:directives"),
    Leaf("chen", "dispatch:new_directive"),
    Leaf("he", "requests:hotline"),
    Leaf("he", "requests:library"),
    Leaf("min", "requests:lines"),
    Leaf("min", "requests:requests"),
    Leaf("min", "requests:places"),
    Leaf("min", "requests:figures"),
    Leaf("min", "requests:city"),
    Leaf("wang", "requests:new"),
    Leaf("liu", "requests:whistles"),
    Leaf("liu", "requests:new_whistle"),
    Leaf("chen", "workforce:organisations"),
    Leaf("chen", "workforce:members"),
    Leaf("chen", "workforce:volunteers"),
    Leaf("chen", "workforce:check_ins"),
    Leaf("chen", "workforce:needs"),
    Leaf("chen", "workforce:board"),
    Leaf("", "workforce:volunteer"),
    Leaf("min", "rosters:gaps"),
    Leaf("min", "rosters:week"),
    Leaf("min", "rosters:week", ask="?by=person"),
    Leaf("min", "rosters:posts"),
    Leaf("min", "rosters:new_post"),
    Leaf("min", "rosters:supplies"),
    Leaf("min", "rosters:take_roster"),
    Leaf("min", "rosters:decide"),
    Leaf("wang", "rosters:mine"),
    Leaf("chen", "gates:checkpoints"),
    Leaf("liu", "gates:passes"),
    Leaf("liu", "gates:issue_pass"),
    Leaf("liu", "gates:venues"),
    Leaf("liu", "gates:incidents"),
    Leaf("zhao", "gates:questions"),
    Leaf("chen", "sampling:points"),
    Leaf("li", "sampling:boxes"),
    Leaf("ma", "sampling:labels"),
    Leaf("chen", "sampling:untested", "round"),
    Leaf("", "sampling:public_queues"),
    Leaf("zhao", "cases:sweeps"),
    Leaf("zhao", "linelists:lists"),
    Leaf("zhao", "linelists:own_chain"),
    Leaf("zhao", "screening:campaigns"),
    Leaf("chen", "status:list"),
    Leaf("chen", "status:person", "person"),
    Leaf("", "status:own"),
    Leaf("", "resident:sign_in"),
    Leaf("", "resident:card"),
    Leaf("", "resident:emergency"),
    Leaf("chen", "quarantine:sites"),
    Leaf("chen", "measures:pack_change"),
    Leaf("chen", "oversight:retention"),
    Leaf("liu", "sync:devices"),
    Leaf("liu", "sync:invite"),
    Leaf("liu", "sync:import_outbox"),
    Leaf("liu", "sync:held"),
    Leaf("liu", "exercise:phone"),
    Leaf("yang", "areas:tree"),
    Leaf("yang", "areas:area", "grid"),
    Leaf("yang", "areas:changes"),
    Leaf("yang", "jobs"),
    Leaf("wang", "ledger", status=403),
    Leaf("chen", "/nowhere", status=404),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# Our own words: what people press, fill in and find their way by. Names and codes are not ours.
WORDS = "h2, h3, label, legend, th[scope=col], button, nav a, dt, summary, .btn"
LATIN = re.compile(r"\b(?!Excel|PDF|CSV|GraphML)[A-Za-z]{3,}")  # these are the same in Chinese
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("leaf", LEAVES, ids=str)
def test_everybody_can_read(
    leaf: Leaf,
    language: str,
    stage: dict[str, Any],
    page_of: Callable[[str, str], Page],
) -> None:
    """Each size is opened in one language and only resized in the other: what there is to be read
    does not depend on both at once, but the room that words take does."""
    page = page_of(leaf.who, language)
    visitor = Visitor(page)
    first, then = (DESK, PHONE) if language == "zh-hans" else (PHONE, DESK)
    page.set_viewport_size(first)  # type: ignore[arg-type]

    answer = page.goto(leaf.url(stage), wait_until="load")
    if page.locator(".map[data-grids]").count():
        page.wait_for_selector(".map[data-ready]")

    assert answer is not None
    assert answer.status == leaf.status
    assert visitor.troubles == []
    assert sideways(page) == []
    assert barriers(page) == []
    page.set_viewport_size(then)  # type: ignore[arg-type]
    assert sideways(page) == []
    visitor.leaves()
    assert page.locator("html").get_attribute("lang") == {"zh-hans": "zh-Hans"}.get(language, "en")
    assert untranslated(page, language) == []


def barriers(page: Page) -> list[str]:
    found = Axe().run(page, options={**RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """What reaches beyond the edge of the window, if the page can be scrolled sideways."""
    beyond: list[str] = page.evaluate(
        """() => {
          const width = window.innerWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.body.querySelectorAll("*")]
            .filter((one) => one.getBoundingClientRect().right > width + 0.5)
            .map((one) => one.outerHTML.slice(0, 120));
        }"""
    )
    return beyond


def untranslated(page: Page, language: str) -> list[str]:
    """Our own words that are of the other language alone."""
    words: list[str] = page.evaluate(
        """(words) => [...document.querySelectorAll(words)]
          .filter((one) => !one.closest("[lang]:not(html), .code"))
          .map((one) => one.textContent.trim())""",
        WORDS,
    )
    titles: list[str] = page.evaluate("() => [document.title]")
    if language == "en":
        return []
    return [one for one in [*words, *titles] if LATIN.search(one) and not HAN.search(one)]
