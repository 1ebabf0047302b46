"""Taking in lists of cases and contacts, and saying who infected whom."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from fangxian.cases.queries import get_case
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.jobs import app
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Account
from fangxian.linelists import columns, taking
from fangxian.linelists.errors import (
    ClosesACircle,
    ColumnsMissing,
    ContactsOfWhichList,
    HasASureInfector,
    InfectsThemselves,
    ListIsOver,
    MeaningTwice,
)
from fangxian.linelists.events import CasesLinked, CasesUnlinked, LineListTaken
from fangxian.linelists.models import CaseLink, Entry, LineList, Link, Mapping, Setting
from fangxian.linelists.queries import get_list
from fangxian.linelists.rules import path_between

_OVER = {LineList.State.DONE, LineList.State.REFUSED}


# Lists


@transaction.atomic
def upload_list(
    actor: Actor,
    data: bytes,
    file_name: str,
    *,
    kind: str,
    name: str = "",
    about_id: UUID | None = None,
) -> LineList:
    """Keep a file, encrypted, with a guess of what its columns mean; nothing is read yet.

    A list is a record of its own: it makes nobody a case of ours and restricts nobody.

    about_id   for a list of contacts, the line list whose cases it names
    """
    actor.must(Duty.INVESTIGATE, at=actor.within)
    about = None
    if kind == LineList.Kind.CONTACTS:
        if about_id is None:
            raise ContactsOfWhichList
        about = get_list(actor, about_id)
        if about.kind != LineList.Kind.CASES or about.state != LineList.State.DONE:
            raise ContactsOfWhichList
    head = taking.look_into(data)
    known = Mapping.objects.filter(kind=kind, headings=columns.fingerprint(head.headings)).first()
    return LineList.objects.create(
        kind=kind,
        name=(name.strip() or file_name)[:80],
        area_path=actor.within,
        about=about,
        file_name=file_name[:120],
        headings=head.headings,
        samples=json.dumps(head.samples, ensure_ascii=False),
        mapping=known.mapping if known else columns.guessed(kind, head.headings),
        upload=base64.b64encode(data).decode(),
        rows_in_all=head.rows,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        account=Account.objects.filter(id=actor.id).first(),
        taken_by=actor.id,
    )


@transaction.atomic
def name_columns(actor: Actor, list_id: UUID, mapping: Sequence[str]) -> LineList:
    """Say what the columns mean; it is remembered for files with the same headings."""
    found = get_list(actor, list_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=found.area_path)
    if found.state != LineList.State.WAITING:
        raise ListIsOver
    known = columns.MEANINGS[found.kind]
    wanted = [one if one in known else "" for one in mapping][: len(found.headings)]
    wanted += [""] * (len(found.headings) - len(wanted))
    if missing := columns.lacking(found.kind, wanted):
        raise ColumnsMissing(missing)
    if double := columns.twice(wanted):
        raise MeaningTwice([str(known[one]) for one in double])
    found.mapping = wanted
    found.save(update_fields=["mapping"])
    Mapping.objects.update_or_create(
        kind=found.kind,
        headings=columns.fingerprint(found.headings),
        defaults={"mapping": wanted, "saved_at": now()},
    )
    return found


@transaction.atomic
def start_taking(actor: Actor, list_id: UUID) -> LineList:
    """Let the worker take the list in."""
    found = get_list(actor, list_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=found.area_path)
    if found.state != LineList.State.WAITING:
        raise ListIsOver
    found.state = LineList.State.RUNNING
    found.save(update_fields=["state"])
    job = app.configure_task("fangxian.linelists.jobs.take_line_list", lock=f"line list {found.id}")
    job.defer(list_id=str(found.id))
    return found


@transaction.atomic
def take_list(
    actor: Actor, list_id: UUID, *, progress: Callable[[LineList], None] = lambda _list: None
) -> LineList:
    """Take a list in now: good rows are entered, the others kept with line and reasons.

    Whole or not at all; a file that cannot be read is refused, and the reason kept.
    """
    found = get_list(actor, list_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=found.area_path)
    if found.state in _OVER or found.upload is None:
        raise ListIsOver
    if missing := columns.lacking(found.kind, found.mapping):
        raise ColumnsMissing(missing)

    def note(tally: taking.Tally) -> None:
        found.rows_read, found.rows_taken = tally.read, tally.taken
        found.rows_refused, found.found = len(tally.refused), tally.found
        progress(found)

    with translation.override(found.language):
        try:
            tally = taking.take_in(actor, found, base64.b64decode(found.upload.reveal()), note)
        except Refusal as refusal:
            found.state, found.reason = LineList.State.REFUSED, refusal.message
        else:
            note(tally)
            found.state = LineList.State.DONE
            if tally.refused:
                found.refused = json.dumps(tally.refused, ensure_ascii=False)
    found.upload, found.ended_at = None, now()
    found.save()
    record(
        LineListTaken(
            subject_id=found.id,
            area_path=found.area_path,
            what=found.kind,
            taken=found.rows_taken,
            refused=found.rows_refused,
        ),
        actor=actor,
    )
    return found


# Who infected whom, of our own cases


@transaction.atomic
def link_cases(
    actor: Actor,
    infector_id: UUID,
    infectee_id: UUID,
    *,
    setting: str,
    sure: bool,
    note: str = "",
) -> CaseLink:
    """Say that one case infected another. Again changes setting, note and how sure it is.

    Of several possible infectors at most one is sure. No circle, and nobody infects themselves.
    """
    infector, infectee = get_case(actor, infector_id), get_case(actor, infectee_id)
    actor.must(Duty.INVESTIGATE, at=infectee.area_path)
    if infector.id == infectee.id:
        raise InfectsThemselves
    links = list(
        CaseLink.objects.select_for_update().values_list("infector_id", "infectee_id", "sure")
    )
    if way := path_between([(a, b) for a, b, _sure in links], infectee.id, infector.id):
        raise ClosesACircle([get_case(actor, one).code for one in way if _seen(actor, one)])
    other = next((a for a, b, s in links if s and b == infectee.id and a != infector.id), None)
    if sure and other is not None:
        raise HasASureInfector(get_case(actor, other).code)
    link, _created = CaseLink.objects.update_or_create(
        infector_id=infector.id,
        infectee_id=infectee.id,
        defaults={
            "setting": Setting(setting),
            "sure": sure,
            "note": note.strip()[:200],
            "by_id": actor.id,
            "at": now(),
        },
    )
    record(
        CasesLinked(
            subject_id=infectee.id,
            area_path=infectee.area_path,
            infector=infector.code,
            infectee=infectee.code,
            infector_id=infector.id,
            setting=link.setting,
            sure=sure,
        ),
        actor=actor,
    )
    return link


def _seen(actor: Actor, case_id: UUID) -> bool:
    try:
        get_case(actor, case_id)
    except Refusal:
        return False
    return True


@transaction.atomic
def unlink_cases(actor: Actor, infector_id: UUID, infectee_id: UUID) -> None:
    """Take a link back; one that is not there is no matter."""
    infector, infectee = get_case(actor, infector_id), get_case(actor, infectee_id)
    actor.must(Duty.INVESTIGATE, at=infectee.area_path)
    gone, _by_table = CaseLink.objects.filter(
        infector_id=infector.id, infectee_id=infectee.id
    ).delete()
    if gone:
        record(
            CasesUnlinked(
                subject_id=infectee.id,
                area_path=infectee.area_path,
                infector=infector.code,
                infectee=infectee.code,
            ),
            actor=actor,
        )


# Forgetting


def forget_lists(actor: Actor, before: datetime) -> Gone:
    """Delete lists of others that were taken in before that moment, with what they hold."""
    actor.must(Duty.OPERATE)
    of_contacts = LineList.objects.filter(created_at__lt=before, kind=LineList.Kind.CONTACTS)
    still_named = LineList.objects.filter(created_at__gte=before, about__isnull=False)
    of_cases = LineList.objects.filter(created_at__lt=before, kind=LineList.Kind.CASES).exclude(
        id__in=still_named.values("about")
    )
    links = delete_all(Link.objects.filter(list__in=of_contacts))
    entries = delete_all(Entry.objects.filter(list__in=of_cases))
    lists = delete_all(of_contacts).and_then(delete_all(of_cases))
    return links.and_then(entries).and_then(lists)
