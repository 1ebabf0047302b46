"""What residents declare themselves: nobody is signed in, and nothing is told of the register."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import names_of
from fangxian.kernel import clock, paper
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.ids import read_code
from fangxian.kernel.ledger import record
from fangxian.people import records
from fangxian.screening import actions, columns, errors, follow_ups, queries, rules
from fangxian.screening.events import PersonDeclared, SheetsPrinted
from fangxian.screening.follow_ups import Named, of_person
from fangxian.screening.models import Campaign, Channel, FollowUp, Mention
from fangxian.screening.persons import Particulars, identify
from fangxian.screening.places import Places
from fangxian.screening.rules import MOST_TRIPS, Stay

_FROM_ONE_PLACE, _IN_SECONDS = 30, 600
"""Declarations from one address on the net: a household behind one line fits, a script does not."""
MOST_SHEETS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link or a code leads to. `door` is the household's whose sheet it was; None: any."""

    campaign: Campaign
    door: Area | None


def open_link(code: str, token: str = "") -> Link:
    """Raises `LinkUnknown` for a campaign that has ended, does not ask this way, or never was."""
    number = read_code("S", code)
    found = (
        Campaign.objects.filter(number=number, ended_at=None, ends_at__gt=now()).first()
        if number is not None
        else None
    )
    if found is None or Channel.DECLARATION not in found.channels:
        raise errors.LinkUnknown
    if not token:
        return Link(campaign=found, door=None)
    door = rules.door_of_token(_key(), found.id, token)
    place = Area.objects.filter(number=door).first() if door is not None else None
    if place is None:
        raise errors.LinkUnknown
    return Link(campaign=found, door=place)


def _key() -> bytes:
    return salted_hmac("fangxian.screening.door", "", algorithm="sha256").digest()


def refuse_floods(address: str) -> None:
    """Counts declarations from one address on the net, by a hash of it that lives ten minutes."""
    key = "declared:" + salted_hmac("fangxian.screening.flood", address).hexdigest()[:32]
    cache = caches["default"]
    if cache.add(key, 1, _IN_SECONDS):
        return
    if cache.incr(key) > _FROM_ONE_PLACE:
        raise errors.TooManyDeclarations


@transaction.atomic
def declare(
    actor: Actor,
    link: Link,
    *,
    name: str,
    identity: str = "",
    identity_type: str = "10",
    phone: str = "",
    home: str = "",
    was_there: bool,
    stays: Sequence[Stay] = (),
) -> str:
    """Take down what somebody says of themselves; the number of their receipt.

    The same declaration again gives the same receipt. It is evidence that nobody checked, so
    nothing follows from it without a person, unless the pack says otherwise. Whether the register
    knows the person is not told.

    home   area path of where they live, if they said it and it is not the link's
    """
    if actor.id != PLAYBOOK.id:
        actor.must(Duty.CARRY_OUT, at=link.campaign.area_path)
    if not (identity.strip() or phone.strip()):
        raise errors.WhoMissing
    _check(name, identity, identity_type, phone)
    if was_there != bool(stays) or len(stays) > MOST_TRIPS:
        raise errors.AnswerMissing
    for stay in stays:
        if fault := columns.fault_of(stay.from_day, stay.until_day, today=today()):
            raise errors.StayWrong(f"{stay.place}: {fault}")
    campaign = link.campaign
    where = link.door.path if link.door else home
    if not where.startswith(campaign.area_path):
        where = campaign.area_path
    who = Particulars(
        name=name, identity=identity, identity_type=identity_type, phone=phone, area_path=where
    )
    [found] = identify([who], at=now())
    if found is None:
        raise errors.WhoMissing
    return _written(campaign, found, was_there=was_there, stays=stays)


def _check(name: str, identity: str, identity_type: str, phone: str) -> None:
    """Refuses, in words that the person can use, what the register would not take."""
    records.normal(
        records.Particulars(name=name, identity=identity, identity_type=identity_type, phone=phone),
        synthetic=clock.moved() or settings.MODE == "demo",
    )


def _written(
    campaign: Campaign, who: tuple[UUID, str], *, was_there: bool, stays: Sequence[Stay]
) -> str:
    resident, home = who
    said = [(one.place, one.from_day, one.until_day, one.how) for one in stays]
    digest = rules.say_again(Mention.Kind.DECLARED, resident, was_there, said)
    before = Mention.objects.filter(campaign=campaign, digest=digest).select_related("follow_up")
    if known := before.first():
        return known.follow_up.code
    follow_up = FollowUp.objects.filter(campaign=campaign, resident=resident).first()
    if follow_up is None:
        entered = follow_ups.enter(
            campaign,
            [
                Named(
                    resident_id=resident,
                    area_path=home,
                    kind=Mention.Kind.DECLARED,
                    digest=digest,
                    stays=tuple(stays),
                    was_there=was_there,
                )
            ],
            places=Places(campaign),
        )
        follow_up = entered.of[resident]
    event = record(PersonDeclared(**of_person(follow_up)), actor=PLAYBOOK)
    actions.heard(
        PLAYBOOK,
        FollowUp.objects.select_for_update().get(id=follow_up.id),
        kind=Mention.Kind.DECLARED,
        was_there=was_there,
        stays=stays,
        because=event,
    )
    return follow_up.code


@transaction.atomic
def print_sheets(actor: Actor, campaign_id: UUID, area_path: str) -> bytes:
    """A sheet for each household of an area: what is asked, why, and the household's own link."""
    campaign = queries.get_campaign(actor, campaign_id)
    actor.must(Duty.CARRY_OUT, at=area_path)
    doors = list(
        Area.objects.filter(
            path__startswith=area_path, level=Area.Level.DWELLING, ended_at=None
        ).order_by("path")[: MOST_SHEETS + 1]
    )
    if not doors or len(doors) > MOST_SHEETS:
        raise errors.TooManySheets(MOST_SHEETS)
    record(
        SheetsPrinted(
            subject_id=campaign.id,
            area_path=area_path,
            pack=campaign.pack,
            code=campaign.code,
            number=len(doors),
        ),
        actor=actor,
    )
    places = names_of(actor, [door.path for door in doors])
    sheets = []
    for door in doors:
        link = link_to(campaign, door)
        sheets.append({"place": places[door.path], "qr": paper.qr(link), "link": link})
    return paper.page("screening/sheets.typ", {"sheets": sheets, **_words(campaign)})


def print_poster(actor: Actor, campaign_id: UUID) -> bytes:
    """The notice with the campaign's own link, for walls, screens and group chats."""
    campaign = queries.get_campaign(actor, campaign_id)
    link = link_to(campaign)
    poster = {"place": "", "qr": paper.qr(link), "link": link}
    return paper.page("screening/poster.typ", {**poster, **_words(campaign)})


def link_to(campaign: Campaign, door: Area | None = None) -> str:
    link = f"{settings.PUBLIC_ADDRESS}/screening/declare/{campaign.code}"
    return f"{link}/{rules.household_token(_key(), campaign.id, door.number)}" if door else link


def _words(campaign: Campaign) -> dict[str, object]:
    since = f"{campaign.since:%Y-%m-%d}"
    keep = queries.days_kept(PLAYBOOK, campaign)
    return {
        "exercise": clock.moved(),
        "code": campaign.code,
        "words": {
            "exercise": _("EXERCISE"),
            "title": _("Where have you been?"),
            "asks": _("Were you, or was somebody of your household, in %(place)s since %(since)s?")
            % {"place": campaign.place_said, "since": since},
            "how": _(
                "Scan the code and say so, or say that you were not. Without a phone, tell your"
                " community; a neighbour or child may do it for you."
            ),
            "data": _(
                "Only those who follow this up read it. Who was without risk is deleted after"
                " %(days)d days. Saying it brings no punishment."
            )
            % {"days": keep},
            "number": _("Campaign"),
            "until": _("until %(when)s") % {"when": f"{localtime(campaign.ends_at):%Y-%m-%d}"},
        },
    }
