"""A pack in words: what it says (`show`) and what changes for people (`differences`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from fangxian.protocol import vocabulary as v
from fangxian.protocol.packs import Guide, Measure, Pack, Release, Stage, Zone
from fangxian.protocol.values import Number, Other, Said, Source, Text


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a pack says.

    rests_on   where it is said: the first is the main one
    """

    section: str
    key: str
    label: str
    text: str
    rests_on: tuple[Said, ...]

    @property
    def also(self) -> list[Other]:
        return [other for one in self.rests_on if isinstance(one, Number) for other in one.also]


def everything_said(pack: Pack | Guide) -> list[Line]:
    return [
        *_contacts(pack),
        *_measures(pack),
        *_positive_pool(pack),
        *_zones(pack),
        *_cases(pack),
        *_time_limits(pack),
        *_sampling(pack),
        *_people(pack),
        *_gates(pack),
        *_care(pack),
        *_screening(pack),
        *_requests(pack),
        *_workforce(pack),
        *_rosters(pack),
        *_status(pack),
        *_retention(pack),
        *_command(pack),
    ]


def show(pack: Pack | Guide, lang: str) -> list[str]:
    """The whole pack, line by line, every figure with its grade and the number of its source."""
    with override(lang):
        header = pack.header
        lines = [
            f"{pack.stamp}  {pack.title(lang)}",
            _("In effect from %(day)s. Jurisdiction: %(place)s.")
            % {"day": header.effective_from.isoformat(), "place": header.jurisdiction},
        ]
        if header.document:
            lines.append(_("Document: %(number)s.") % {"number": header.document.number})
        if header.extends:
            lines.append(
                _("Builds on: %(packs)s.") % {"packs": v.between_words().join(header.extends)}
            )
        if header.note:
            lines.append(header.note.text(lang))
        notes = _Footnotes()
        noted: list[Text] = []
        section = ""
        for said in everything_said(pack):
            if said.section != section:
                section, noted = said.section, []
                lines += ["", section]
            lines.append(_line(said, notes))
            for one in said.rests_on:
                if one.note and one.note not in noted:
                    noted.append(one.note)
                    lines.append("      " + one.note.text(lang))
            for other in said.also:
                elsewhere = _("elsewhere: %(figure)s") % {"figure": v.figure(other)}
                lines.append(f"      {elsewhere}  {notes.mark(other)}")
        for gone in pack.withdrawn:
            taken = _("Withdrawn: %(key)s") % {"key": gone.key}
            lines.append(f"  {taken}  {notes.mark(gone)}")
        return [*lines, "", _("Sources"), *notes.lines()]


def differences(before: Pack | Guide, after: Pack | Guide, lang: str) -> list[str]:
    """What changes for people when `after` takes the place of `before`, one sentence a line."""
    with override(lang):
        old = {said.key: said for said in everything_said(before)}
        new = {said.key: said for said in everything_said(after)}
        order = [*old, *(key for key in new if key not in old)]
        order.sort(key=_place)
        return [
            sentence
            for key in order
            if not (_goes_without_saying(key, old) or _goes_without_saying(key, new))
            and (sentence := _difference(key, old.get(key), new.get(key))) is not None
        ]


def measure_in_words(measure: Measure | None) -> str:
    """`7 days in central quarantine (tests on days 1, 2, 3, 5, 7) + 3 days of home monitoring`."""
    if measure is None:
        return _("no measure")
    parts = [_stage(stage) for stage in measure.stages]
    if measure.leave_test_within is not None:
        span = v.figure(measure.leave_test_within)
        parts.append(_("to leave, a negative test within %(span)s") % {"span": span})
    return " + ".join(parts)


def release_in_words(release: Release, pack: Pack | Guide) -> str:
    """Every condition, and what the area is afterwards."""
    parts = []
    if release.days_without_new is not None:
        span = v.figure(release.days_without_new)
        parts.append(_("%(span)s without a new infection") % {"span": span})
    if release.screening_on_day is not None:
        day = f"{release.screening_on_day.whole}"
        parts.append(_("everybody negative in the screening of day %(day)s") % {"day": day})
    if release.screening_within is not None:
        span = v.figure(release.screening_within)
        parts.append(_("everybody negative in one round within %(span)s before") % {"span": span})
    if release.last_contact_away is not None:
        span = v.figure(release.last_contact_away)
        parts.append(
            _("the last close contact exposed at least %(span)s ago, and negative") % {"span": span}
        )
    if release.when_others_lifted:
        parts.append(_("all other areas are lifted"))
    if release.at_once:
        parts.append(_("at once, without a decision"))
    conditions = v.between_phrases().join(parts)
    if release.to is None:
        return _("released after: %(conditions)s") % {"conditions": conditions}
    return _("becomes %(level)s after: %(conditions)s") % {
        "level": level_in_words(release.to, pack),
        "conditions": conditions,
    }


def level_in_words(level: str | None, pack: Pack | Guide) -> str:
    zone = pack.zones.get(level or "")
    return zone.title.text(_lang()) if zone else _("no risk area")


def _lang() -> str:
    return get_language() or "en"


def _stage(stage: Stage) -> str:
    text = v.name(v.STAGES, stage.kind) % {"span": v.figure(stage.span)}
    if not stage.tests:
        return text
    tested = ngettext("%(stage)s (test %(days)s)", "%(stage)s (tests %(days)s)", len(stage.tests))
    return tested % {"stage": text, "days": v.on_days(stage.tests)}


def _contacts(pack: Pack | Guide) -> Iterator[Line]:
    contact = pack.contact
    if contact is None:
        return
    section = _("Contacts")

    def said(key: str, label: str, text: str, *rests_on: Said) -> Line:
        return Line(section, f"contact.{key}", label, text, rests_on or (contact.of(key),))

    yield said("determine", _("Close contacts"), _determined(is_so=contact.determine))
    yield said(
        "determine_secondary",
        _("Contacts of contacts"),
        _determined(is_so=contact.determine_secondary),
    )
    if not contact.determine:
        return
    for key, label, number in (
        ("window_before_onset", _("Looked for before onset"), contact.window_before_onset),
        (
            "window_before_specimen",
            _("Looked for before the specimen, without symptoms"),
            contact.window_before_specimen,
        ),
        ("window_after", _("Looked for afterwards"), contact.window_after),
        ("close_minutes", _("Proposed from so long together"), contact.close_minutes),
        ("near", _("Near means within"), contact.near),
        ("rows_either_side", _("Rows either side in vehicles"), contact.rows_either_side),
        (
            "co_presence_tolerance",
            _("Stays count as together when apart at most"),
            contact.co_presence_tolerance,
        ),
    ):
        if number is not None:
            yield said(key, label, v.figure(number), number)
    yield said(
        "household_is_close",
        _("People of the same household"),
        _("are close contacts") if contact.household_is_close else _("are judged one by one"),
    )
    if contact.criteria:
        yield said("criteria", _("Criteria"), v.phrased(v.CRITERIA, contact.criteria))


def _determined(*, is_so: bool) -> str:
    return _("are determined") if is_so else _("are not determined")


def _measures(pack: Pack | Guide) -> Iterator[Line]:
    section = _("People")
    for subject, measure in pack.measures.items():
        label = v.name(v.SUBJECTS, subject)
        key = f"measures.{subject}"
        yield Line(section, key, label, measure_in_words(measure), _under(measure))
        for word, aspect, text in (
            ("count_from", _("counted from"), v.name(v.COUNTED_FROM, measure.count_from)),
            ("swab", _("swab"), v.name(v.SWABS, measure.swab) if measure.swab else ""),
            (
                "release_double_test",
                _("on release"),
                _("two swabs tested in two laboratories") if measure.release_double_test else "",
            ),
            (
                "release_ct",
                _("released at"),
                v.figure(measure.release_ct) if measure.release_ct else "",
            ),
            (
                "positive_below",
                _("positive below"),
                v.figure(measure.positive_below) if measure.positive_below else "",
            ),
            (
                "release_needs",
                _("released only if"),
                measure.release_needs.text.text(_lang()) if measure.release_needs else "",
            ),
            ("code", _("status code"), v.name(v.CODES, measure.code)),
        ):
            if text:
                number = getattr(measure, word)
                said = number if isinstance(number, Said) else measure.of(word)
                yield Line(section, f"{key}.{word}", _aspect(label, aspect), text, (said,))


def _aspect(label: str, aspect: str) -> str:
    return _("%(label)s, %(aspect)s") % {"label": label, "aspect": aspect}


def _under(measure: Measure) -> tuple[Said, ...]:
    numbers = [
        number
        for stage in measure.stages
        for number in (stage.span, stage.test_days)
        if number is not None
    ]
    return (measure, *numbers)


def _positive_pool(pack: Pack | Guide) -> Iterator[Line]:
    pool = pack.positive_pool
    if pool is None:
        return
    section = _("Positive pool")

    def said(key: str, label: str, text: str, *rests_on: Said) -> Line:
        return Line(section, f"positive_pool.{key}", label, text, rests_on or (pool.of(key),))

    yield said("hold_scope", _("Until the retest"), v.name(v.SCOPES, pool.hold_scope))
    if pool.hold is not None:
        yield said("hold", _("Held at the longest"), v.figure(pool.hold), pool.hold)
    yield said(
        "retest_due", _("Members retested within"), v.figure(pool.retest_due), pool.retest_due
    )
    yield said("retest_swab", _("Swab of the retest"), v.name(v.SWABS, pool.retest_swab))
    yield said("notify", _("Told of a positive pool"), v.listed(v.RECEIVERS, pool.notify))
    yield said(
        "notify_single", _("Told of a positive person"), v.listed(v.RECEIVERS, pool.notify_single)
    )


def _zones(pack: Pack | Guide) -> Iterator[Line]:
    section = _("Risk areas")
    for level, zone in sorted(pack.zones.items(), key=lambda item: -item[1].rank):
        label = zone.title.text(_lang())
        for word, aspect, text, sourced in _of_zone(zone, pack):
            shown = _aspect(label, aspect) if aspect else label
            yield Line(section, f"zones.{level}.{word}", shown, text, (sourced,))


def _of_zone(zone: Zone, pack: Pack | Guide) -> Iterator[tuple[str, str, str, Said]]:
    yield "measures", "", v.listed(v.ZONE_MEASURES, zone.measures), zone.of("measures")
    yield "units", _("declared for"), v.listed(v.UNITS, zone.units), zone.of("units")
    declared_by = v.name(v.DECLARED_BY, zone.declared_by)
    yield "declared_by", _("declared by"), declared_by, zone.of("declared_by")
    if zone.test_days is not None:
        yield "test_days", _("residents tested"), v.on_days(zone.tests), zone.test_days
    if zone.leave_test_within is not None:
        within = zone.leave_test_within
        yield "leave_test_within", _("to leave, a negative test within"), v.figure(within), within
    yield "release", _("release"), release_in_words(zone.release, pack), zone.release
    for before, release in zone.release_after.items():
        aspect = _("release after %(level)s") % {"level": level_in_words(before, pack)}
        yield f"release_after.{before}", aspect, release_in_words(release, pack), release


def _cases(pack: Pack | Guide) -> Iterator[Line]:
    rule = pack.zone_for_case
    if rule is None:
        return
    section = _("Where a case was")
    for place, label in (
        ("residence", _("Home of a case")),
        ("frequented", _("Places often visited, at high risk")),
        ("activity", _("Other places of a case")),
    ):
        level, unit = getattr(rule, f"{place}_level"), getattr(rule, f"{place}_unit")
        text = level_in_words(level, pack)
        if unit is not None:
            text = _("%(level)s: %(unit)s") % {"level": text, "unit": v.name(v.UNITS, unit)}
        said = rule.of(f"{place}_level"), rule.of(f"{place}_unit")
        yield Line(section, f"zone_for_case.{place}", label, text, said)
    yield Line(
        section,
        "zone_for_case.rest",
        _("Rest of the district"),
        level_in_words(rule.rest_level, pack),
        (rule.of("rest_level"),),
    )
    yield Line(
        section,
        "zone_for_case.temporary_lockdown",
        _("Temporary lockdown"),
        _("allowed") if rule.temporary_lockdown else _("forbidden in any form"),
        (rule.of("temporary_lockdown"),),
    )


def _time_limits(pack: Pack | Guide) -> Iterator[Line]:
    for key, span in pack.time_limits.items():
        label = v.name(v.TIME_LIMITS, key)
        yield Line(_("Time limits"), f"time_limits.{key}", label, v.figure(span), (span,))


def _sampling(pack: Pack | Guide) -> Iterator[Line]:
    guide = pack.sampling_guide
    if guide is None:
        return
    section = _("Mass testing")
    for key, label in (
        ("complete_within", _("Round completed within")),
        ("large_from", _("Large population, from")),
        ("complete_within_large", _("Round of a large population completed within")),
        ("people_per_point", _("People per sampling point")),
        ("people_per_table", _("People per table")),
        ("samplers_divisor", _("One sampler for each")),
        ("tables_per_point", _("Tables per point")),
        ("medics_per_table", _("Medical staff per table")),
        ("leads_per_point", _("Leads per point")),
        ("swabs_per_table_day", _("Work of one table in a day")),
        ("seconds_per_person", _("From scan to swab")),
        ("people_queueing_at_point", _("Room for people queueing at a point")),
        ("samplers_per_supervisor", _("One infection-control supervisor for each")),
        ("walk_to_point", _("Walk to the nearest point")),
        ("rotation_in_heat", _("Samplers change in the heat every")),
        ("dilution_below", _("Samples mixed in the laboratory only below")),
        ("room_temperature_limit", _("Sample at room temperature at most")),
        ("cold_limit", _("Sample kept cold at most")),
    ):
        number = getattr(guide, key)
        if number is not None:
            yield Line(section, f"sampling.{key}", label, v.figure(number), (number,))
    label = _("People a table gets through in an hour")
    rates = v.between_words().join(
        _("%(number)s (%(label)s)") % {"number": rate.value, "label": rate.label.text(_lang())}
        for rate in guide.table_rates
    )
    yield Line(section, "sampling.table_rates", label, rates, guide.table_rates)
    for group, pool in guide.pools.items():
        label = _("Pool for %(group)s") % {"group": v.name(v.POOLS, group)}
        yield Line(section, f"sampling.pools.{group}", label, v.figure(pool), (pool,))
    if guide.rounds is not None:
        for key, label in (
            ("at_least", _("Rounds while the source is unclear, at least")),
            ("clean_to_stop", _("Clean rounds before testing stops")),
            ("last_after", _("One last round after")),
        ):
            number = getattr(guide.rounds, key)
            if number is not None:
                said = (number, guide.rounds)
                yield Line(section, f"sampling.rounds.{key}", label, v.figure(number), said)
    yield Line(section, "sampling.roles", _("Roles"), v.listed(v.ROLES, guide.roles), (guide,))


def _people(pack: Pack | Guide) -> Iterator[Line]:
    people, site = pack.people, pack.quarantine_site
    if people is not None:
        section = _("Health under a measure")
        for key, label, words in (
            ("symptoms", _("Symptoms watched"), people.symptoms),
            ("emergency_symptoms", _("Emergencies"), people.emergency_symptoms),
        ):
            yield Line(section, f"people.{key}", label, v.listed(v.SYMPTOMS, words), (people,))
        for key, label, number in (
            ("fever_from", _("Fever from"), people.fever_from),
            ("temperatures_per_day", _("Temperature taken"), people.temperatures_per_day),
        ):
            yield Line(section, f"people.{key}", label, v.figure(number), (number,))
    if site is not None:
        section = _("Quarantine sites")
        for key, label, number in (
            (
                "restart_floors",
                _("Floors either side of a new positive that start again"),
                site.restart_floors,
            ),
            ("rooms_per_10000", _("Rooms for each 10,000 people"), site.rooms_per_10000),
        ):
            yield Line(section, f"quarantine_site.{key}", label, v.figure(number), (number,))
    yield from _monitoring(pack)
    for group, routine in pack.routine_testing.items():
        text = _("%(tests)s in %(span)s") % {
            "tests": v.figure(routine.tests),
            "span": v.figure(routine.every),
        }
        label = v.listed(v.POSTS, routine.posts)
        section = _("Routine tests of posts")
        yield Line(section, f"routine_testing.{group}", label, text, (routine,))


def _monitoring(pack: Pack | Guide) -> Iterator[Line]:
    daily = pack.monitoring
    if daily is None:
        return
    section = _("Daily monitoring")
    hours = v.between_words().join(v.figure(hour) for hour in daily.reading_by)
    yield Line(
        section, "monitoring.reading_by", _("Readings due by"), hours, tuple(daily.reading_by)
    )
    for key, label, number in (
        ("visit_within", _("A missed reading is made up for within"), daily.visit_within),
        ("plausible_from", _("A temperature is plausible from"), daily.plausible_from),
        ("plausible_to", _("A temperature is plausible up to"), daily.plausible_to),
        ("child_below", _("A child is never kept alone below"), daily.child_below),
        ("home_within", _("Received at home after quarantine within"), daily.home_within),
    ):
        yield Line(section, f"monitoring.{key}", label, v.figure(number), (number,))


def _care(pack: Pack | Guide) -> Iterator[Line]:
    care = pack.care
    if care is None:
        return
    section = _("The way to care")
    for what, rule in care.triage.items():
        text = v.listed(v.CARE, (rule.means,))
        if rule.otherwise:
            text = _("%(means)s; if that cannot come, %(otherwise)s") % {
                "means": text,
                "otherwise": v.listed(v.CARE, (rule.otherwise,)),
            }
        yield Line(section, f"care.triage.{what}", v.listed(v.CARE, (what,)), text, (rule,))
    for key, label, number in (
        ("triage_within", _("Looked at within"), care.triage_within),
        ("ambulance_within", _("120 has named a vehicle within"), care.ambulance_within),
        ("car_within", _("A vehicle is named within"), care.car_within),
        ("depart_within", _("On the way within"), care.depart_within),
        ("hand_over_within", _("Handed over within"), care.hand_over_within),
        ("home_within", _("Back home within"), care.home_within),
        ("call_back_within", _("Called back after a withdrawal within"), care.call_back_within),
        ("ahead", _("Rides are made ready ahead by"), care.ahead),
        ("lead", _("The car comes before the treatment by"), care.lead),
        ("grace", _("A ride is late after"), care.grace),
        ("longest_series", _("Treatments are booked for at most"), care.longest_series),
        ("visit_by", _("A visit is done by"), care.visit_by),
    ):
        yield Line(section, f"care.{key}", label, v.figure(number), (number,))
    yield Line(
        section,
        "care.escort_for",
        _("Nobody goes alone with"),
        v.listed(v.CARE, care.escort_for),
        (care,),
    )
    for need, often in care.visits.items():
        text = _("every %(span)s; where people may not leave, every %(sealed)s") % {
            "span": v.figure(often.every),
            "sealed": v.figure(often.every_sealed),
        }
        label = _("Looked in on: %(need)s") % {"need": v.listed(v.CARE, (need,))}
        yield Line(section, f"care.visits.{need}", label, text, (often,))


def _gates(pack: Pack | Guide) -> Iterator[Line]:
    gates = pack.gates
    if gates is None:
        return
    for key, label, number in (
        ("test_within", _("Negative sample no older than"), gates.test_within),
        ("outing_people", _("Of a household may be out at a time"), gates.outing_people),
        ("outing_every", _("A household may go out once in"), gates.outing_every),
        ("outing_lasts", _("An outing lasts"), gates.outing_lasts),
        ("same_passage", _("Scans count as one passage within"), gates.same_passage),
        ("interval", _("Least time between two passages"), gates.interval),
        ("most_a_day", _("Passages of a person in a day"), gates.most_a_day),
        ("two_places", _("One code at two gates is a question within"), gates.two_places),
        ("rotating_code", _("A code on a venue's screen is good for"), gates.rotating_code),
        ("forget_persons", _("Scans forget the person after"), gates.forget_persons),
    ):
        yield Line(_("Gates"), f"gates.{key}", label, v.figure(number), (number,))


def _screening(pack: Pack | Guide) -> Iterator[Line]:
    screening = pack.screening
    if screening is None:
        return
    section = _("Screening")
    label = _("Ordered without confirmation on")
    said = v.listed(v.EVIDENCE, screening.ordered_at_once) or "—"
    yield Line(section, "screening.ordered_at_once", label, said, (screening,))
    for key, label, number in (
        ("calls_before_visit", _("Calls in vain before a visit"), screening.calls_before_visit),
        ("longest", _("A campaign runs at most"), screening.longest),
        ("longest_look_back", _("It asks back at most"), screening.longest_look_back),
        ("forget_without_risk", _("Without risk, forgotten after"), screening.forget_without_risk),
    ):
        yield Line(section, f"screening.{key}", label, v.figure(number), (number,))


def _requests(pack: Pack | Guide) -> Iterator[Line]:
    requests = pack.requests
    if requests is None:
        return
    section = _("Requests and whistles")
    for key, urgency, limits in (
        ("ordinary", _("Ordinary request"), requests.ordinary),
        ("urgent", _("Urgent request"), requests.urgent),
        ("very_urgent", _("Very urgent request"), requests.very_urgent),
    ):
        stages = (limits.accept, limits.dispatch, limits.handle, limits.overall)
        text = _("accepted %(a)s, dispatched %(b)s, done %(c)s; in all %(d)s") % {
            one: v.figure(span) for one, span in zip("abcd", stages, strict=True)
        }
        yield Line(section, f"requests.{key}", urgency, text, (limits.overall, *stages, limits))
    for key, label, number in (
        ("call_back", _("Called back within"), requests.call_back),
        ("call_back_tries", _("Calls in vain before it closes"), requests.call_back_tries),
        ("try_again_after", _("… with a pause between two of"), requests.try_again_after),
        ("longest_extension", _("Extended by at most"), requests.longest_extension),
        ("same_within", _("The same words are one request within"), requests.same_within),
        ("repeat_within", _("The same matter again is a repeat within"), requests.repeat_within),
        ("abusive_calls", _("Abusive calls before a number waits"), requests.abusive_calls),
        ("abusive_within", _("… counted over"), requests.abusive_within),
        ("whistle_answer", _("A whistle is answered within"), requests.whistle_answer),
        ("whistle_arrival", _("… and the unit is there within"), requests.whistle_arrival),
    ):
        yield Line(section, f"requests.{key}", label, v.figure(number), (number,))


def _workforce(pack: Pack | Guide) -> Iterator[Line]:
    workforce = pack.workforce
    if workforce is None:
        return
    for key, label, number in (
        ("youngest", _("Volunteers are at least"), workforce.youngest),
        ("oldest", _("Volunteers are at most"), workforce.oldest),
        ("one_place", _("Nobody is checked in at two places within"), workforce.one_place),
        ("offers_from_one", _("Offers from one connection in an hour"), workforce.offers_from_one),
        (
            "forget_offers",
            _("Offers that came to nothing are deleted after"),
            workforce.forget_offers,
        ),
    ):
        yield Line(_("People at work"), f"workforce.{key}", label, v.figure(number), (number,))


def _rosters(pack: Pack | Guide) -> Iterator[Line]:
    rosters = pack.rosters
    if rosters is None:
        return
    section = _("Posts and shifts")
    for key, label, number in (
        ("shift_hours", _("On duty at most"), rosters.shift_hours),
        ("rest_between", _("Rest before the next duty"), rosters.rest_between),
        ("consecutive_days", _("Days of duty in a row at most"), rosters.consecutive_days),
        ("week_shifts", _("Turns that a plan gives one person a week"), rosters.week_shifts),
        ("week_nights", _("Nights that a plan gives one person a week"), rosters.week_nights),
        ("reach", _("From home to a post in a plan at most"), rosters.reach),
        ("hot_stretch", _("A sampler in the heat is relieved after"), rosters.hot_stretch),
        ("early_by", _("Checked in before a turn by at most"), rosters.early_by),
        ("late_after", _("A post counts as bare after a delay of"), rosters.late_after),
        ("gap_told", _("A bare shift becomes a task ahead by"), rosters.gap_told),
        ("mask_every", _("A mask is changed after"), rosters.mask_every),
    ):
        yield Line(section, f"rosters.{key}", label, v.figure(number), (number,))
    hours = ", ".join(f"{int(hour.value)}:00" for hour in rosters.meals_at) or "—"
    label = _("Meals for whoever is on duty at")
    yield Line(section, "rosters.meals_at", label, hours, rosters.meals_at or (rosters,))
    for kind, things in rosters.gear.items():
        said = ", ".join(
            f"{v.GEAR.get(thing, thing)} {v.figure(number)}" for thing, number in things.items()
        )
        label = _("Gear for one turn: %(kind)s") % {"kind": v.GEARED.get(kind, kind)}
        yield Line(section, f"rosters.gear.{kind}", label, said, tuple(things.values()))


def _status(pack: Pack | Guide) -> Iterator[Line]:
    status = pack.status
    if status is None:
        return
    section = _("Status codes")
    used = _("in use") if status.used else _("not in use")
    yield Line(section, "status.used", _("Colours"), used, (status,))
    if not status.used:
        return
    two = _("two officers") if status.second_officer else _("one officer")
    within = v.figure(status.objection_within)
    decided = _("by %(officers)s within %(span)s") % {"officers": two, "span": within}
    rests_on = (status.objection_within, status)
    yield Line(section, "status.objection", _("Objections are decided"), decided, rests_on)
    colours = {"red": _("red"), "yellow": _("yellow")}
    for name, rule in status.rules.items():
        label = rule.title.text(_lang())
        yield Line(section, f"status.rules.{name}", label, colours[rule.colour], (rule,))


def _retention(pack: Pack | Guide) -> Iterator[Line]:
    kept = pack.retention
    if kept is None:
        return
    for key, label, number in (
        ("visits", _("Visits are kept"), kept.visits),
        ("readings", _("Readings are kept after the order"), kept.readings),
        ("statuses", _("Earlier status codes are kept"), kept.statuses),
        ("line_lists", _("Lists of others are kept"), kept.line_lists),
        ("codes", _("Ended personal codes are kept"), kept.codes),
        ("turns", _("Who stood at which post is kept"), kept.turns),
        ("requests", _("Calls, requests and whistles are kept"), kept.requests),
    ):
        yield Line(_("Retention"), f"retention.{key}", label, v.figure(number), (number,))


def _command(pack: Pack | Guide) -> Iterator[Line]:
    command = pack.command
    if command is None:
        return
    for key, label, texts in (
        ("groups", _("Groups"), command.groups),
        ("levels", _("Levels of response"), command.levels),
    ):
        text = v.between_phrases().join(one.text(_lang()) for one in texts.values())
        yield Line(_("Command and response"), f"command.{key}", label, text, (command,))


_ORDER = (
    "measures.close_contact",
    "contact.determine",
    "measures",
    "contact",
    "positive_pool",
    "zone_for_case",
    "zones",
)


def _place(key: str) -> int:
    """What touches people most comes first; the sort is stable within a place."""
    for place, start in enumerate(_ORDER):
        if key.startswith(start):
            return place
    return len(_ORDER)


def _difference(key: str, old: Line | None, new: Line | None) -> str | None:
    if old is not None and new is not None:
        return None if old.text == new.text else _changed(key, old, new)
    said = new or old
    if said is None:
        return None
    if old is None:
        return _("%(label)s: new: %(text)s.") % {"label": said.label, "text": said.text}
    if key.startswith("measures."):
        text = measure_in_words(None)
        return _("%(label)s: %(before)s → %(after)s.") % {
            "label": said.label,
            "before": said.text,
            "after": text,
        }
    return _("%(label)s: no longer. It was: %(text)s.") % {
        "label": said.label,
        "text": said.text,
    }


def _changed(key: str, old: Line, new: Line) -> str:
    if key in {"contact.determine", "contact.determine_secondary"}:
        if new.text == _determined(is_so=False):
            return _("%(label)s are no longer determined.") % {"label": new.label}
        return _("%(label)s are determined from now on.") % {"label": new.label}
    return _("%(label)s: %(before)s → %(after)s.") % {
        "label": new.label,
        "before": old.text,
        "after": new.text,
    }


def _goes_without_saying(key: str, said: dict[str, Line]) -> bool:
    """A detail of something that the other pack does not have at all."""
    match key.split("."):
        case ["measures", subject, _]:
            return f"measures.{subject}" not in said
        case ["zones", level, aspect, *_] if aspect != "measures":
            return f"zones.{level}.measures" not in said
        case ["contact", aspect] if not aspect.startswith("determine"):
            return "contact.near" not in said and "contact.window_before_onset" not in said
        case ["positive_pool", "hold"]:
            return "positive_pool.hold" not in said
        case _:
            return False


class _Footnotes:
    def __init__(self) -> None:
        self._numbers: dict[Source, int] = {}

    def mark(self, said: Said) -> str:
        number = self._numbers.setdefault(said.source, len(self._numbers) + 1)
        grade = v.name(v.GRADES, said.grade).partition(":")[0].partition("：")[0]
        return f"[{grade} {number}]"

    def lines(self) -> Sequence[str]:
        return [f"  {number:>3}  {source}" for source, number in self._numbers.items()]


def _line(said: Line, notes: _Footnotes) -> str:
    marks: list[str] = []
    for one in said.rests_on:
        mark = notes.mark(one)
        if mark not in marks:
            marks.append(mark)
    text = _("%(label)s: %(text)s") % {"label": said.label, "text": said.text}
    return f"  {text}  {' '.join(marks)}"
