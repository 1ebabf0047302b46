"""People at work: the list, one record, volunteers who offer, and one's own record."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.http import Request, paged
from fangxian.people.rules import age_at
from fangxian.workforce import about, actions, forms, queries
from fangxian.workforce.checking_in import place_words
from fangxian.workforce.errors import NotAMember
from fangxian.workforce.models import Exemption, Member, Organisation, Skill, VolunteerOffer
from fangxian.workforce.views import SEERS, communities, must_see, places
from fangxian.workforce.volunteers import number_of

TONES = {
    "ready": "done",
    "ill": "late",
    "locked_in": "wait",
    "apart": "late",
    "recalled": "wait",
    "left": "ended",
}
_CERTIFIED = timedelta(days=180)  # what the form suggests, no rule


class MemberRow(NamedTuple):
    member: Member
    named: about.Named
    place: str
    tone: str
    skills: list[str]


def member_rows(viewer: Actor, found: Iterable[Member]) -> list[MemberRow]:
    rows = list(found)
    named = names_of(viewer, [one.area_path for one in rows])
    labels = dict(Skill.Kind.choices)
    skills = queries.skills_of(viewer, [one.id for one in rows], day=today())
    return [
        MemberRow(
            one,
            about.named_of(one),
            named[one.area_path] or _("the whole district"),
            TONES[one.state],
            sorted(str(labels[kind]) for kind in skills.get(one.id, ())),
        )
        for one in rows
    ]


@require_GET
def members(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    must_see(viewer)
    form = forms.MembersFilter(request.GET, places=places(viewer))
    said = form.cleaned_data if form.is_valid() else {}
    found = queries.members_listed(
        viewer,
        area_path=said.get("place", ""),
        kind=said.get("kind", ""),
        state=said.get("state", ""),
        skill=said.get("skill", ""),
        search=said.get("search", ""),
    ).select_related("unit")
    if sheets.wanted(request):
        return _as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    force = queries.force(viewer, said.get("place", ""))
    labels = dict(Member.Kind.choices)
    context = {
        "form": form,
        "page": page,
        "rows": member_rows(viewer, page.rows),
        "force": force,
        "kinds": sorted(
            ((labels[kind], number) for kind, number in force.by_kind.items()),
            key=lambda one: -one[1],
        ),
        "may_keep": viewer.may(Duty.KEEP_ROSTER),
        "tab": "members",
        **tabs(viewer),
    }
    return render(request, "workforce/members.html", context)


def tabs(viewer: Actor) -> dict[str, Any]:
    """Open counts for the tabs over the pages of people at work."""
    return {
        "to_decide": queries.offers_to_decide(viewer).count(),
        "open_needs": queries.needs_visible_to(viewer).filter(state="open").count(),
    }


def _as_file(request: Request, found: Any) -> FileResponse:
    header = [
        _("Name"),
        _("Kind"),
        _("Home unit"),
        _("Place"),
        _("State"),
        _("Duty phone"),
        _("Skills"),
    ]
    [kinds, states] = sheets.labels(Member.Kind, Member.State)

    def shown(rows: list[Member]) -> Iterator[list[Any]]:
        for row in member_rows(request.actor, rows):
            one = row.member
            unit = one.unit.name if one.unit else one.unit_elsewhere
            yield [
                str(one.name),
                kinds[one.kind],
                unit,
                row.place,
                states[one.state],
                one.duty_phone,
                "、".join(row.skills),
            ]

    return sheets.download(request, sheets.List.MEMBERS, header, sheets.by_chunks(found, shown))


@require_http_methods(["GET", "POST"])
def new_member(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.KEEP_ROSTER)
    form = forms.MemberForm(
        request.POST or None, places=places(viewer, whole=True), units=_units(viewer)
    )
    if form.is_valid():
        said = form.cleaned_data
        made = actions.add_member(
            viewer,
            actions.NewMember(
                kind=said["kind"],
                name=said["name"],
                phone=said["phone"],
                duty_phone=said["duty_phone"],
                unit_id=said["unit"],
                area_path=said["place"],
                party_member=said["party_member"],
            ),
        )
        messages.success(request, _("Entered."))
        return redirect("workforce:member", made.id)
    context = {"form": form, "title": _("Enter somebody"), "back": "workforce:members"}
    return render(request, "workforce/form.html", context, status=422 if form.errors else 200)


def _units(viewer: Actor) -> list[Organisation]:
    found = queries.organisations_visible_to(viewer).filter(dissolved_at=None)
    return list(found.order_by("area_path", "number")[:500])


# One record


@require_GET
def member(request: Request, member_id: UUID) -> HttpResponse:
    return _member(request, member_id)


def _seen(viewer: Actor, member_id: UUID) -> Member:
    own = queries.member_of(viewer)
    if own is not None and own.id == member_id:
        return own
    if not SEERS & viewer.duties:
        raise NotYours(str(Duty.KEEP_ROSTER.label))
    return queries.get_member(viewer, member_id)


def record_of(viewer: Actor, one: Member) -> dict[str, Any]:
    """What is on record of somebody: shown to themselves and to who keeps the rosters."""
    check_ins = list(one.check_ins.order_by("-at")[:10])
    return {
        "one": one,
        "named": about.named_of(one),
        "place": names_of(viewer, [one.area_path])[one.area_path] or _("the whole district"),
        "home": names_of(viewer, [one.lives_at])[one.lives_at] if one.lives_at else "",
        "tone": TONES[one.state],
        "skills": [
            (skill, bool(skill.valid_until and skill.valid_until < today()))
            for skill in one.skills.order_by("kind")
        ],
        "teams": one.memberships.filter(until=None).select_related("organisation"),
        "check_ins": [(found, place_words(found)) for found in check_ins],
        "sendings": one.sendings.select_related("need", "unit").order_by("-sent_at")[:10],
        "absences": one.absences.filter(until__gte=today()).order_by("since"),
        "given": about.given_by(one),
        "services": about.services_of(one)[:12],
        "certificates": one.certificates.order_by("-number")[:5],
        "trainings": one.trainings.order_by("-on")[:10],
        "commendations": one.commendations.order_by("-on")[:10],
    }


def _member(
    request: Request, member_id: UUID, *, status: int = 200, **invalid: django_forms.Form
) -> HttpResponse:
    viewer = request.actor
    one = _seen(viewer, member_id)
    keeps = viewer.may(Duty.KEEP_ROSTER, at=one.area_path)
    state_form = forms.StateForm(initial={"state": one.state})
    context = {
        **record_of(viewer, one),
        "keeps": keeps,
        "vaccinations": one.vaccinations.order_by("dose") if keeps else [],
        "exemptions": one.exemptions.filter(_still()) if keeps else [],
        "state_form": state_form,
        "skill_form": forms.SkillForm(),
        "vaccination_form": forms.VaccinationForm(),
        "exemption_form": forms.ExemptionForm(),
        "absence_form": forms.AbsenceForm(initial={"since": today(), "until": today()}),
        "training_form": forms.TrainingForm(initial={"on": today()}),
        "commendation_form": forms.CommendationForm(initial={"on": today()}),
        "certificate_form": certificate_form(),
        "tab": "members",
        **tabs(viewer),
        **invalid,
    }
    return render(request, "workforce/member.html", context, status=status)


def _still() -> Q:
    return Q(until=None) | Q(until__gte=today())


def certificate_form() -> forms.CertificateForm:
    return forms.CertificateForm(initial={"since": today() - _CERTIFIED, "until": today()})


_FORMS: dict[str, type[django_forms.Form]] = {
    "state": forms.StateForm,
    "skill": forms.SkillForm,
    "vaccination": forms.VaccinationForm,
    "exemption": forms.ExemptionForm,
    "absence": forms.AbsenceForm,
    "training": forms.TrainingForm,
    "commendation": forms.CommendationForm,
    "certificate": forms.CertificateForm,
}


@require_POST
def note(request: Request, member_id: UUID, what: str) -> HttpResponse:
    """One thing more on somebody's record."""
    form = _FORMS[what](request.POST)
    if not form.is_valid():
        return _member(request, member_id, status=422, **{f"{what}_form": form})
    actor, said = request.actor, form.cleaned_data
    match what:
        case "state":
            actions.set_state(actor, member_id, said["state"], why=said["why"])
        case "skill":
            actions.note_skill(actor, member_id, **said)
        case "vaccination":
            actions.note_vaccination(actor, member_id, **said)
        case "exemption":
            actions.note_exemption(actor, member_id, **said)
        case "absence":
            actions.note_absence(actor, member_id, **said)
        case "training":
            actions.note_training(actor, [member_id], **said)
        case "commendation":
            actions.commend(actor, member_id=member_id, **said)
        case _:
            actions.issue_certificate(actor, member_id, **said)
    messages.success(request, _("On record."))
    if request.POST.get("from") == "mine":
        return redirect("workforce:mine")
    return redirect("workforce:member", member_id)


@require_GET
def certificate(request: Request, certificate_id: UUID) -> HttpResponse:
    """The certificate as PDF."""
    given = queries.get_certificate(request.actor, certificate_id)
    response = HttpResponse(
        actions.print_certificate(request.actor, certificate_id), content_type="application/pdf"
    )
    response["Content-Disposition"] = f'inline; filename="{given.code}.pdf"'
    return response


# One's own


@require_http_methods(["GET", "POST"])
def mine(request: Request) -> HttpResponse:
    """One's own record: check in, what one has taken, what one gave."""
    viewer = request.actor
    own = queries.member_of(viewer)
    if own is None:
        raise NotAMember
    here = about.open_check_in(own)
    start = here.area_path if here else own.area_path
    form = forms.CheckInForm(request.POST or None, places=_anywhere(own), initial={"place": start})
    if form.is_valid():
        made = actions.check_in(
            viewer, area_path=form.cleaned_data["place"], elsewhere=form.cleaned_data["elsewhere"]
        )
        said = _("You are checked in. Your receipt is %(code)s.") % {"code": made.code}
        messages.success(request, said)
        return redirect("workforce:mine")
    context = {
        **record_of(viewer, own),
        "form": form,
        "here": here,
        "here_words": place_words(here) if here else "",
        "taken": about.claimed_by(own),
        "absence_form": forms.AbsenceForm(initial={"since": today(), "until": today()}),
        "certificate_form": certificate_form(),
        "tab": "mine",
    }
    return render(request, "workforce/mine.html", context, status=422 if form.errors else 200)


def _anywhere(own: Member) -> list[tuple[str, str]]:
    """One checks in where one lives, in whatever community of the district that is."""
    return communities(PLAYBOOK)


@require_POST
def check_out(request: Request, check_in_id: UUID) -> HttpResponse:
    actions.check_out(request.actor, check_in_id)
    messages.success(request, _("Checked out."))
    if request.POST.get("from") == "mine":
        return redirect("workforce:mine")
    return redirect("workforce:check_ins")


# Volunteers who offer


class OfferRow(NamedTuple):
    offer: VolunteerOffer
    number: str
    name: str
    age: int
    place: str
    skills: list[str]
    phone: str


@require_GET
def volunteers(request: Request) -> HttpResponse:
    viewer = request.actor
    must_see(viewer)
    page = paged(queries.offers_to_decide(viewer), request.GET.get("mark", ""))
    named = names_of(viewer, [one.area_path for one in page.rows])
    labels = dict(Skill.Kind.choices)
    # They left the number to be called on it, by whoever decides.
    decides = viewer.may(Duty.KEEP_ROSTER) or viewer.may(Duty.DISPATCH)
    teams = queries.organisations_in(viewer, viewer.within).filter(kind__in=["team", "squad"])
    context = {
        "page": page,
        "rows": [
            OfferRow(
                one,
                number_of(one),
                about.plain(one.name),
                age_at(one.born, today()),
                named[one.area_path],
                [str(labels.get(kind, kind)) for kind in one.skills],
                about.plain(one.phone) if decides else str(one.phone or ""),
            )
            for one in page.rows
        ],
        "teams": teams[:200],
        "may_decide": decides,
        "exemptions": Exemption.From.choices,
        "tab": "volunteers",
        **tabs(viewer),
    }
    return render(request, "workforce/volunteers.html", context)


@require_POST
def take_in(request: Request, offer_id: UUID) -> HttpResponse:
    team = request.POST.get("team", "")
    made = actions.take_in(request.actor, offer_id, team_id=UUID(team) if team else None)
    messages.success(request, _("Taken in as a volunteer."))
    return redirect("workforce:member", made.id)


@require_POST
def decline(request: Request, offer_id: UUID) -> HttpResponse:
    actions.decline_offer(request.actor, offer_id, why=request.POST.get("why", ""))
    messages.success(request, _("Declined, with your reason."))
    return redirect("workforce:volunteers")
