"""The main navigation: groups in the top bar, and beneath it the entries of the current group."""

import re
from itertools import product

import pytest
from django.test import Client
from django.urls import is_valid_path, reverse
from django.utils import translation

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.web.context import NAVIGATION, navigation

COMMANDER = (
    Duty.COMMAND,
    Duty.DECIDE_MEASURES,
    Duty.SET_POLICY,
    Duty.PLAN_ROUNDS,
    Duty.DISPATCH,
    Duty.SEE_REGISTER,
    Duty.INVESTIGATE,
)
GRID_WORKER = (Duty.CARRY_OUT, Duty.SEE_REGISTER)
SOMEWHERE = "0182fc5b-0600-7e99-aad8-336894eaae5f"


def actor(*duties: Duty) -> Actor:
    return Actor(id=new_id(), within="", duties=frozenset(duties), name="Chen")


def shown(*duties: Duty) -> dict[str, list[str]]:
    """The words of the top bar, and beneath each of them its entries."""
    with translation.override("en"):
        return {
            str(place.label): [str(link.label) for link in place.entries]
            for place in navigation(actor(*duties), "/")
        }


def marked(path: str, *duties: Duty) -> list[tuple[str, str]]:
    with translation.override("en"):
        return [
            (str(place.label), str(place.current.label))
            for place in navigation(actor(*duties), path)
            if place.current
        ]


def test_a_commander_finds_everything_under_a_handful_of_words() -> None:
    found = shown(*COMMANDER)

    assert list(found) == [
        "Situation", "Tasks", "Testing", "Cases", "Measures", "Gates", "Requests", "Care",
        "People's net", "Registers", "Retention",
    ]  # fmt: skip
    assert found["Cases"] == [
        "All cases", "Sweeps", "Chain of our cases", "Line lists", "Screening"
    ]  # fmt: skip
    assert found["Measures"] == [
        "Orders", "Risk areas", "Quarantine", "Status codes", "Change of rules", "Replay",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("duties", "words"),
    [
        ((Duty.ENTER_RESULTS,), ["Testing", "The way to care", "People's net"]),
        (
            GRID_WORKER,
            [
                "Tasks",
                "Sampling points",
                "Screening",
                "Quarantine",
                "Gates",
                "Requests",
                "Care",
                "People's net",
                "Residents",
            ],
        ),
        (
            (Duty.GUARD, Duty.CARRY_OUT),
            [
                "Tasks",
                "Sampling points",
                "Screening",
                "Quarantine",
                "Gates",
                "Requests",
                "Care",
                "People's net",
            ],
        ),
        (
            (Duty.INVESTIGATE, Duty.SEE_REGISTER),
            ["Cases", "Care", "People's net", "Residents"],
        ),
        (
            (Duty.AUDIT, Duty.SEE_REGISTER),
            ["Status codes", "Requests", "Care", "People's net", "Residents", "Oversight"],
        ),
        (
            (Duty.OPERATE, Duty.MANAGE_ACCOUNTS, Duty.MANAGE_AREAS),
            ["Laboratories", "The way to care", "People's net", "Registers", "Oversight"],
        ),
        ((), ["The way to care", "People's net"]),
    ],
    ids=lambda value: "+".join(value) if value and isinstance(value[0], Duty) else "",
)
def test_each_role_has_its_words_and_a_group_of_one_is_that_one(
    duties: tuple[Duty, ...], words: list[str]
) -> None:
    assert list(shown(*duties)) == words


def test_no_word_leads_to_nothing_whatever_the_duties() -> None:
    for one, other in product(Duty, Duty):
        for place in navigation(actor(one, other), "/"):
            assert place.entries
            assert place.url == place.entries[0].url


def test_every_entry_has_a_page_and_every_page_one_entry() -> None:
    names = [entry.url_name for group in NAVIGATION for entry in group.entries]
    beside = [start for group in NAVIGATION for entry in group.entries for start in entry.also]

    assert all(reverse(name) for name in names)
    assert len(set(names)) == len(names)
    for start in beside:
        assert any(is_valid_path(one) for one in (start, f"{start}/", f"{start}{SOMEWHERE}"))


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/", ("Situation", "Situation")),
        ("/tasks/board/", ("Tasks", "All tasks")),
        (f"/tasks/{SOMEWHERE}/", ("Tasks", "My tasks")),
        ("/sampling/boxes", ("Testing", "Sampling points")),
        (f"/cases/{SOMEWHERE}", ("Cases", "All cases")),
        (f"/cases/sweeps/{SOMEWHERE}", ("Cases", "Sweeps")),
        ("/line-lists/chain", ("Cases", "Chain of our cases")),
        (f"/line-lists/{SOMEWHERE}/chain", ("Cases", "Line lists")),
        ("/screening/letters", ("Cases", "Screening")),
        ("/quarantine/journeys", ("Measures", "Quarantine")),
        (f"/measures/rules/{SOMEWHERE}", ("Measures", "Change of rules")),
        ("/measures/rules/replay", ("Measures", "Replay")),
        ("/gates/venues", ("Gates", "Gates")),
        (f"/person/{SOMEWHERE}", ("Registers", "Residents")),
    ],
)
def test_a_page_is_marked_in_both_rows_and_nothing_else_is(
    path: str, where: tuple[str, str]
) -> None:
    assert marked(path, *COMMANDER) == [where]


@pytest.mark.parametrize("path", ["/accounts/2fa/", f"/why/{SOMEWHERE}", "/jobs"])
def test_a_page_beyond_the_navigation_is_marked_nowhere(path: str) -> None:
    assert marked(path, *COMMANDER) == []


# As the page has it


def account(*duties: Duty) -> Account:
    return Account.objects.create(
        username="chen", display_name="陈建国", duties=[str(duty) for duty in duties]
    )


def part(page: str, pattern: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    return found.group(0) if found else ""


def current_in(row: str) -> list[tuple[str, str]]:
    return re.findall(r'aria-current="(\w+)"[^>]*>(?:<svg.*?</svg>)?([^<]+)', row)


@pytest.mark.django_db
def test_the_row_beneath_shows_the_current_group_and_the_menu_shows_all(client: Client) -> None:
    client.force_login(account(*COMMANDER))
    client.cookies["django_language"] = "en"

    page = client.get("/measures/exits").content.decode()

    groups = part(page, r'<div class="groups">.*?</div>')
    entries = part(page, r'<nav class="subnav" aria-label="Care">.*?</nav>')
    menu = part(page, r"<details class=\"menu atlas\">.*?</details>")
    assert current_in(groups) == [("true", "Care")]
    assert current_in(entries) == [("page", "The way to care")]
    assert current_in(menu) == [("page", "The way to care")]
    assert entries.count("<a ") == len(shown(*COMMANDER)["Care"])
    assert menu.count("<a ") == sum(len(links) for links in shown(*COMMANDER).values())


@pytest.mark.django_db
def test_an_entry_alone_in_its_group_has_no_row_beneath(client: Client) -> None:
    client.force_login(account(Duty.ENTER_RESULTS))
    client.cookies["django_language"] = "en"

    page = client.get("/measures/exits").content.decode()

    assert current_in(part(page, r'<div class="groups">.*?</div>')) == [("page", "The way to care")]
    assert 'class="subnav"' not in page
