"""Residents at the door of their own page. Say only what is unusual."""

import json
import re
from datetime import date
from pathlib import Path

from django.test import Client
from pytest_django import Settings

from fangxian.areas.models import Area
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.models import Account
from fangxian.measures.tests import make as measures
from fangxian.people.actions import issue_code, name_proxy
from fangxian.people.codes import spoken
from fangxian.people.models import Resident
from fangxian.people.tests import make as people
from fangxian.resident import actions, actors
from fangxian.resident.models import Challenge, Session

PLACE = "10.0.0.7"
BORN = date(1983, 1, 1)


def resident(phone: str = "", *, at: Area | None = None, name: str = "王建国") -> Resident:
    return people.resident(name, at=at, phone=phone or people.phone())


def child(of: Resident, *, born: date = date(2015, 5, 5)) -> Resident:
    home = Area.objects.get(path=of.area_path)
    kid = people.resident("王小宝", at=home, identity=people.identity(born), phone="")
    Resident.objects.filter(id=kid.id).update(household=of.household_id)
    kid.refresh_from_db()
    return kid


def acts_for(somebody: Resident, carer: Resident, relation: str = "daughter") -> None:
    name_proxy(people.KEEPER, somebody.id, carer.id, relation=relation)


def rules() -> None:
    measures.rules()


def sent(settings: Settings, folder: Path) -> Path:
    """Where messages go: a file."""
    file = folder / "messages.jsonl"
    settings.SMS_GATEWAY = f"file:{file}"
    return file


def messages(file: Path) -> list[dict[str, str]]:
    return (
        [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    )


def code_in(words: str) -> str:
    found = re.search(r"\d{6}", words)
    assert found is not None, words
    return found.group()


def asked(phone: str, *, place: str = PLACE) -> Challenge:
    """A code was asked for and made."""
    challenge = actions.ask_for_code(PLAYBOOK, phone, place=place)
    actions.send_code(PLAYBOOK, challenge.id)
    challenge.refresh_from_db()
    return challenge


def code_of(challenge: Challenge) -> str:
    """As the message says it; kept only where the district is made up and no message goes out."""
    assert challenge.shown is not None
    return str(challenge.shown.reveal())


def card_of(who: Resident) -> str:
    return spoken(issue_code(people.KEEPER, who.id, way="card"))


def session(who: Resident, device: str = "phone") -> tuple[Session, str]:
    challenge = asked(phone_of(who))
    entry = actions.sign_in_with_code(
        PLAYBOOK, challenge.id, code=code_of(challenge), device=device
    )
    return entry.session, entry.secret


def phone_of(who: Resident) -> str:
    phone = Resident.objects.get(id=who.id).phone
    assert phone is not None
    return str(phone.reveal())


def actor(who: Resident) -> Actor:
    return actors.resident(who.id, who.area_path)


def browser(who: Resident | None = None) -> Client:
    """A browser, signed in by code."""
    client = Client(headers={"accept-language": "en"})
    if who is not None:
        client.post("/my/sign-in", {"phone": phone_of(who)})
        challenge = Challenge.objects.order_by("asked_at").last()
        assert challenge is not None
        came = client.post("/my/sign-in/code", {"code": code_of(challenge)})
        assert came.status_code == 302, came.text
    return client


def office(*duties: Duty, within: str = "") -> Client:
    account = Account.objects.create(
        username=f"u{Account.objects.count()}",
        display_name="He",
        duties=[str(duty) for duty in duties],
        area_path=within,
    )
    client = Client(headers={"accept-language": "en"})
    client.force_login(account)
    return client
