"""What people gave and learned, and what they were thanked for. Facts; assessment comes later."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.kernel import clock, paper
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record
from fangxian.workforce import about, queries
from fangxian.workforce.errors import InTheFuture, NoServiceYet, SayWhy
from fangxian.workforce.events import CertificateIssued, Commended, TrainingNoted
from fangxian.workforce.models import (
    Certificate,
    Commendation,
    Member,
    Service,
    Skill,
    Training,
)
from fangxian.workforce.organisations import numbers

_RECORDERS = (Duty.KEEP_ROSTER, Duty.DISPATCH)


@transaction.atomic
def record_service(
    actor: Actor,
    member_ids: Iterable[UUID],
    *,
    day: date,
    minutes: int,
    what: str,
    area_path: str,
    about: UUID | None = None,
) -> int:
    """Put time to people's record, once for a thing; how many records are new.

    about   the shift, the claim or the task; the same one again is not counted twice
    """
    if not any(actor.may(duty, at=area_path) for duty in _RECORDERS):
        raise NotYours(str(_RECORDERS[0].label))
    if day > today():
        raise InTheFuture
    wanted = set(member_ids)
    if about is not None:
        wanted -= set(
            Service.objects.filter(about=about, member_id__in=wanted).values_list(
                "member_id", flat=True
            )
        )
    made = Service.objects.bulk_create(
        (
            Service(
                member_id=one,
                day=day,
                minutes=minutes,
                what=what.strip()[:80],
                area_path=area_path,
                about=about,
            )
            for one in sorted(wanted)
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )
    return len(made)


@transaction.atomic
def issue_certificate(actor: Actor, member_id: UUID, *, since: date, until: date) -> Certificate:
    """What somebody gave between two days, counted from the record. For oneself, or by a keeper.

    The same days with the same time give the certificate that is there.
    """
    own = queries.member_of(actor)
    if own is not None and own.id == member_id:
        member = own
    else:
        member = queries.get_member(actor, member_id)
        actor.must(Duty.KEEP_ROSTER, at=member.area_path)
    given = member.services.filter(day__gte=since, day__lte=until).aggregate(
        minutes=Sum("minutes"), days=Count("day", distinct=True)
    )
    if not given["minutes"]:
        raise NoServiceYet
    same = member.certificates.filter(since=since, until=until, **given).first()
    if same is not None:
        return same
    [number] = numbers("certificate", 1)
    made = Certificate.objects.create(
        number=number,
        member=member,
        since=since,
        until=until,
        issued_at=now(),
        issued_by=actor.id,
        **given,
    )
    record(
        CertificateIssued(
            subject_id=member.id,
            area_path=member.area_path,
            code=made.code,
            minutes=made.minutes,
            days=made.days,
        ),
        actor=actor,
    )
    return made


def print_certificate(actor: Actor, certificate_id: UUID) -> bytes:
    """The certificate as PDF. Its code can be compared with the district's list."""
    given = queries.get_certificate(actor, certificate_id)
    district = Area.objects.filter(level=Area.Level.DISTRICT, ended_at=None).first()
    kinds = (
        given.member.services.filter(day__gte=given.since, day__lte=given.until)
        .values("what")
        .annotate(minutes=Sum("minutes"), days=Count("day", distinct=True))
        .order_by("-minutes", "what")
    )
    return paper.page(
        "workforce/certificate.typ",
        {
            "exercise": clock.moved() or settings.MODE == "demo",
            "name": about.plain(given.member.name),
            "total": f"{given.minutes / 60:.1f}",
            "days": given.days,
            "code": given.code,
            "issued": f"{localtime(given.issued_at):%Y-%m-%d}",
            "district": district.name if district else "",
            "rows": [
                [one["what"], f"{one['minutes'] / 60:.1f}", one["days"]] for one in kinds[:12]
            ],
            "words": {
                "title": _("Certificate of service"),
                "said": _("has served in the response to the epidemic."),
                "between": _("From %(since)s to %(until)s")
                % {"since": given.since.isoformat(), "until": given.until.isoformat()},
                "hours": _("hours"),
                "days": _("days"),
                "what": _("Service"),
                "thanks": _("The district thanks you."),
                "code": _("Number"),
                "issued": _("Issued on"),
                "post": _("Epidemic command post"),
                "exercise": _("Exercise"),
            },
        },
    )


@transaction.atomic
def note_training(
    actor: Actor,
    member_ids: Iterable[UUID],
    *,
    course: str,
    on: date,
    passed: bool = True,
    skill: str = "",
) -> int:
    """Who was taught what, and when; how many are new. Whoever passed may then do it.

    skill   what the course proves; the course is the proof
    """
    if on > today():
        raise InTheFuture
    if not course.strip():
        raise SayWhy
    members = [queries.get_member(actor, one) for one in dict.fromkeys(member_ids)]
    for member in members:
        actor.must(Duty.KEEP_ROSTER, at=member.area_path)
    name = course.strip()[:80]
    known = set(
        Training.objects.filter(member__in=members, course=name, on=on).values_list(
            "member_id", flat=True
        )
    )
    fresh = [member for member in members if member.id not in known]
    Training.objects.bulk_create(
        Training(member=member, course=name, on=on, passed=passed, skill=skill) for member in fresh
    )
    if skill and passed:
        for member in fresh:
            Skill.objects.update_or_create(
                member=member,
                kind=Skill.Kind(skill),
                defaults={"proof": name, "seen_by": actor.id, "seen_at": now()},
            )
    if fresh:
        record(
            TrainingNoted(subject_id=actor.id, area_path=actor.within, people=len(fresh)),
            actor=actor,
        )
    return len(fresh)


@transaction.atomic
def commend(
    actor: Actor,
    *,
    by: str,
    words: str,
    on: date,
    member_id: UUID | None = None,
    organisation_id: UUID | None = None,
    about: UUID | None = None,
) -> Commendation:
    """Note that somebody, or a unit, was thanked, by whom and for what."""
    if not words.strip():
        raise SayWhy
    if on > today():
        raise InTheFuture
    subject: Member | None = None
    if member_id is not None:
        subject = queries.get_member(actor, member_id)
        at = subject.area_path
    else:
        at = queries.get_organisation(actor, organisation_id or actor.id).area_path
    if not any(actor.may(duty, at=at) for duty in _RECORDERS):
        raise NotYours(str(_RECORDERS[0].label))
    noted = Commendation.objects.create(
        member=subject,
        organisation_id=None if subject else organisation_id,
        by=Commendation.By(by),
        words=words.strip()[:200],
        on=on,
        about=about,
        noted_by=actor.id,
    )
    record(
        Commended(
            subject_id=noted.member_id or noted.organisation_id or noted.id, area_path=at, by=by
        ),
        actor=actor,
    )
    return noted
