"""The sections of a pack, typed, with what each refuses. Nothing in them can be changed."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated, Literal, Self, TypeVar, get_args

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fangxian.protocol.values import (
    Days,
    Part,
    Quantity,
    Range,
    Said,
    Saying,
    Sourced,
    Span,
    Text,
)

Subject = Literal[
    "close_contact",
    "secondary_contact",
    "infected",
    "high_risk_resident",
    "high_risk_leaver",
    "medium_risk_leaver",
    "low_risk_leaver",
    "inbound_traveller",
    "high_risk_post",
]
StageKind = Literal[
    "central_quarantine", "home_quarantine", "home_monitoring", "self_monitoring", "hospital"
]
CountFrom = Literal[
    "last_contact", "leaving_area", "area_declared", "entry", "end_of_post", "finding"
]
Swab = Literal["nasopharyngeal", "oropharyngeal"]
AreaUnit = Literal["household", "floor", "unit", "building", "compound", "area", "district"]
ZoneMeasure = Literal[
    "area_closed",
    "stay_home",
    "door_service",
    "no_leaving_area",
    "staggered_pickup",
    "no_gathering",
    "limit_gathering",
    "avoid_gathering",
    "personal_protection",
]
Receiver = Literal[
    "sampling_squad", "community", "police", "ambulance", "hospital", "investigators", "command"
]


def _none(word: object) -> object:
    """TOML has no null, so an overlay that takes a word away writes "none"."""
    return None if word == "none" else word


def _ranked_upwards(units: tuple[str, ...]) -> tuple[str, ...]:
    order = get_args(AreaUnit)
    if not units or list(units) != sorted(set(units), key=order.index):
        raise ValueError(_("units must be named from the narrowest to the widest, each once"))
    return units


Value = TypeVar("Value")
Named = Annotated[Mapping[str, Value], AfterValidator(MappingProxyType)]
Level = Annotated[str | None, BeforeValidator(_none)]
Unit = Annotated[AreaUnit | None, BeforeValidator(_none)]


class Document(Said):
    number: str


class Header(Sourced):
    """extends   packs this one builds on, by stamp, so that it means the same for ever"""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=30)
    version: str = Field(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=8)
    kind: Literal["protocol", "guide"]
    title: Text
    effective_from: date
    jurisdiction: str
    document: Document | None = None
    extends: tuple[str, ...] = ()


class Contact(Sourced):
    """Who is a contact. The source is that of the words; every number has its own.

    close_minutes            from how much time together on a contact is proposed; None: any
    co_presence_tolerance    how far two stays may be apart and still count as together
    """

    determine: bool
    determine_secondary: bool
    window_before_onset: Span
    window_before_specimen: Span
    window_after: Span | None = None
    close_minutes: Quantity | None = None
    near: Quantity | None = None
    rows_either_side: Quantity | None = None
    co_presence_tolerance: Span
    household_is_close: bool
    criteria: tuple[str, ...] = ()

    @model_validator(mode="after")
    def secondary_needs_primary(self) -> Self:
        if self.determine_secondary and not self.determine:
            raise ValueError(_("contacts of contacts cannot be determined where contacts are not"))
        return self

    @model_validator(mode="after")
    def minutes_are_minutes(self) -> Self:
        if self.close_minutes is not None and self.close_minutes.unit != "min":
            raise ValueError(_("close_minutes must be in the unit “min”"))
        return self


class Stage(Part):
    """One part of a measure. `review_after` stands where no text says how long, as in hospital."""

    kind: StageKind
    days: Span | None = None
    review_after: Span | None = None
    test_days: Days | None = None

    @model_validator(mode="after")
    def has_one_length(self) -> Self:
        if (self.days is None) == (self.review_after is None):
            raise ValueError(_("a stage needs either days or review_after"))
        if self.span.unit != "d":
            raise ValueError(_("a stage is counted in days (unit “d”)"))
        return self

    @model_validator(mode="after")
    def tests_fall_within_it(self) -> Self:
        if self.days is not None and self.tests and self.tests[-1] > self.days.value:
            raise ValueError(
                _("the test of day %(day)s comes after the stage's %(days)s days")
                % {"day": self.tests[-1], "days": self.days.value}
            )
        return self

    @property
    def span(self) -> Span:
        """How long an order of this stage runs before it ends or must be given a reason."""
        span = self.days or self.review_after
        assert span is not None  # noqa: S101 - has_one_length
        return span

    @property
    def tests(self) -> tuple[int, ...]:
        return self.test_days.on if self.test_days else ()


class Measure(Sourced):
    """What happens to one kind of person. The source is that of the words.

    leave_test_within   to leave, a negative test no older than this is needed
    release_ct          released when both last tests are at or above this
    positive_below      a test counts as positive below this
    code                how the status code is set meanwhile
    """

    subject: Subject
    stages: tuple[Stage, ...] = ()
    count_from: CountFrom
    swab: Swab | None = None
    release_double_test: bool = False
    leave_test_within: Span | None = None
    release_ct: Quantity | None = None
    release_needs: Saying | None = None
    positive_below: Quantity | None = None
    code: Literal["by_local_rule", "assigned", "none"] = "none"

    @model_validator(mode="after")
    def asks_for_something(self) -> Self:
        if not self.stages and self.leave_test_within is None:
            raise ValueError(_("a measure needs stages, or leave_test_within"))
        return self

    @property
    def length(self) -> timedelta:
        return sum((stage.span.length for stage in self.stages), timedelta())


class PositivePool(Sourced):
    """Who is held until a positive pool is explained, and by when its members are retested."""

    hold_scope: Literal["members", "stairwell", "compound", "none"]
    hold: Annotated[Span | None, BeforeValidator(_none)] = None
    retest_due: Span
    retest_swab: Swab
    antigen_at_once: bool = False
    neighbours_held: bool
    notify: tuple[Receiver, ...]
    notify_single: tuple[Receiver, ...] = ()

    @model_validator(mode="after")
    def holding_has_an_end(self) -> Self:
        if (self.hold_scope == "none") != (self.hold is None):
            raise ValueError(_("hold must be given exactly when hold_scope is not “none”"))
        return self

    @model_validator(mode="after")
    def retest_comes_before_the_hold_ends(self) -> Self:
        if self.hold is not None and self.retest_due.length >= self.hold.length:
            raise ValueError(_("the retest must be due before the hold runs out"))
        return self

    @model_validator(mode="after")
    def neighbours_are_held_with_the_place(self) -> Self:
        if self.neighbours_held != (self.hold_scope in {"stairwell", "compound"}):
            raise ValueError(
                _("neighbours are held exactly when hold_scope is a stairwell or a compound")
            )
        return self


class Release(Sourced):
    """Conditions that must all hold; `to` is the level afterwards, None = free of any.

    screening_on_day   everybody in the area is tested on that day
    screening_within   … or in one round at most that long before
    last_contact_away  the last close contact left, or was last exposed, that long ago
    at_once            when they hold, the area is released by itself, without a decision
    """

    days_without_new: Span | None = None
    screening_on_day: Quantity | None = None
    screening_within: Span | None = None
    all_negative: bool = False
    last_contact_away: Span | None = None
    when_others_lifted: bool = False
    at_once: bool = False
    to: Level = None

    @model_validator(mode="after")
    def has_a_condition(self) -> Self:
        if self.days_without_new is None and not self.when_others_lifted:
            raise ValueError(_("a release needs days_without_new, or when_others_lifted"))
        return self

    @model_validator(mode="after")
    def screening_and_its_finding_belong_together(self) -> Self:
        screened = self.screening_on_day is not None or self.screening_within is not None
        if self.all_negative != screened:
            raise ValueError(_("all_negative and a screening belong together"))
        if (
            self.screening_on_day is not None
            and self.days_without_new is not None
            and self.screening_on_day.value > self.days_without_new.value
        ):
            raise ValueError(_("the screening comes after the days without a new infection"))
        return self


class Zone(Sourced):
    """A level of risk area. The source is that of the words.

    unit           what is declared unless somebody decides otherwise
    units          what may be declared, narrowest first
    rank           higher is stricter
    resident       subject of the measure on those who live inside
    leaver         subject of the measure on those who were there and left
    release_after  conditions for an area that came down from another level
    """

    level: str
    title: Text
    rank: int
    unit: AreaUnit
    units: Annotated[tuple[AreaUnit, ...], AfterValidator(_ranked_upwards)]
    measures: tuple[ZoneMeasure, ...]
    declared_by: Literal["approval", "system"]
    test_days: Days | None = None
    leave_test_within: Span | None = None
    resident: Level = None
    leaver: Level = None
    release: Release
    release_after: Named[Release] = Field(default_factory=dict)

    @model_validator(mode="after")
    def unit_is_among_units(self) -> Self:
        if self.unit not in self.units:
            raise ValueError(_("unit must be one of units"))
        return self

    @property
    def tests(self) -> tuple[int, ...]:
        return self.test_days.on if self.test_days else ()

    def release_from(self, before: str | None = None) -> Release:
        """The conditions that count for an area that was `before` (None: declared at once)."""
        return self.release_after.get(before or "", self.release)


class ZoneForCase(Sourced):
    """Which level and unit is proposed for the places of a case; None = none.

    residence    where the case lives
    frequented   places often visited where the risk is high
    activity     places where the case stayed some time and may have spread
    rest         the rest of the district, while any other area stands
    """

    residence_level: Level = None
    residence_unit: Unit = None
    frequented_level: Level = None
    frequented_unit: Unit = None
    activity_level: Level = None
    activity_unit: Unit = None
    rest_level: Level = None
    may_declare_none: bool
    temporary_lockdown: bool


class TableRate(Said):
    """People one table gets through in an hour."""

    value: int = Field(gt=0)
    unit: Literal["people/h"]
    label: Text


class Rounds(Sourced):
    """When rounds of testing may stop.

    at_least           rounds while the source is unclear
    clean_to_stop      rounds in a row without an infection outside quarantine
    last_after         … then wait this long, test once more, and stop
    """

    at_least: Quantity | None = None
    clean_to_stop: Quantity | None = None
    last_after: Span | None = None


class Sampling(Sourced):
    """The guide for testing a region: density, staff, time, pools."""

    complete_within: Range
    large_from: Quantity | None = None
    complete_within_large: Range | None = None
    people_per_point: Range
    people_per_table: Range
    samplers_divisor: Quantity
    tables_per_point: Range
    medics_per_table: Quantity
    leads_per_point: Quantity
    swabs_per_table_day: Quantity
    seconds_per_person: Quantity
    people_queueing_at_point: Quantity
    samplers_per_supervisor: Quantity
    walk_to_point: Span
    rotation_in_heat: Span
    table_rates: tuple[TableRate, ...]
    roles: tuple[str, ...]
    pool_sizes: tuple[Quantity, ...]
    pools: Named[Quantity]
    dilution_below: Quantity
    room_temperature_limit: Span
    cold_limit: Span
    rounds: Rounds | None = None

    @model_validator(mode="after")
    def pools_fit_the_tubes(self) -> Self:
        sizes = {size.value for size in self.pool_sizes}
        for group, pool in self.pools.items():
            if pool.value not in sizes:
                raise ValueError(
                    _("the pool of %(size)s for “%(group)s” is not one of pool_sizes")
                    % {"size": pool.value, "group": group}
                )
        if "general" not in self.pools:
            raise ValueError(_("pools needs the group “general”"))
        return self

    @model_validator(mode="after")
    def rates_run_upwards(self) -> Self:
        rates = [rate.value for rate in self.table_rates]
        if not rates or rates != sorted(set(rates)):
            raise ValueError(_("table_rates must run upwards, each once"))
        return self

    def time_for(self, population: int) -> timedelta:
        """How long a round of so many people may take."""
        if (
            self.large_from is not None
            and self.complete_within_large is not None
            and population > self.large_from.value
        ):
            return self.complete_within_large.longest
        return self.complete_within.longest

    def pool_size(self, group: str = "general") -> int:
        """Swabs in a tube for a group of people: a level of risk area, or a kind of person."""
        return self.pools.get(group, self.pools["general"]).whole


class People(Sourced):
    """What is asked of everybody under a measure."""

    symptoms: tuple[str, ...]
    emergency_symptoms: tuple[str, ...]
    fever_from: Quantity
    temperatures_per_day: Quantity


class QuarantineSite(Sourced):
    """restart_floors   floors above and below a new positive that start again with its own"""

    restart_floors: Quantity
    restart_site_on_environment: bool
    rooms_per_10000: Quantity


class Monitoring(Sourced):
    """How people under a measure are looked after from day to day.

    reading_by       the local hour by which each reading of a day is due; the day is divided evenly
    visit_within     a reading that was missed is made up for within this time
    plausible_*      a temperature outside of this is a slip of the hand
    child_below      whoever is younger is never kept alone
    home_within      from the end of quarantine to the receipt of the community at home
    """

    reading_by: tuple[Quantity, ...]
    visit_within: Span
    plausible_from: Quantity
    plausible_to: Quantity
    child_below: Quantity
    home_within: Span

    @model_validator(mode="after")
    def each_reading_falls_into_its_part_of_the_day(self) -> Self:
        parts = len(self.reading_by)
        for number, hour in enumerate(self.reading_by):
            if not 24 * number < hour.value * parts <= 24 * (number + 1):
                raise ValueError(_("reading_by must have one hour in each part of the day"))
        if not parts:
            raise ValueError(_("reading_by must have one hour in each part of the day"))
        return self

    @model_validator(mode="after")
    def plausible_runs_upwards(self) -> Self:
        if self.plausible_from.value >= self.plausible_to.value:
            raise ValueError(_("plausible_from must lie below plausible_to"))
        return self


class Routine(Sourced):
    """How often the posts of a risk group are tested."""

    posts: tuple[str, ...]
    tests: Quantity
    every: Span


class CareRule(Said):
    """How somebody who needs this is brought to care.

    means      what the rules propose
    otherwise  what is sent at once where that cannot come
    """

    means: Literal["ambulance", "street_car", "own_car", "community_medic"]
    otherwise: Literal["ambulance", "street_car", "own_car", "community_medic"] | None = None


class LookedIn(Said):
    """How often somebody with a need is looked in on; `sealed`: while they may not leave."""

    every: Span
    every_sealed: Span


class Care(Sourced):
    """The way to care and back. No number here can hold anybody: they say when somebody is called.

    triage             what is proposed for each kind of care
    triage_within      from the request until somebody has looked at it
    ambulance_within   120 has named no vehicle by then: the street sends a car too
    car_within         from the decision to a named vehicle
    depart_within      from the named vehicle until the person is on the way
    hand_over_within   from there until the hospital has receipted
    home_within        from the way back until the receipt at home
    call_back_within   who no longer wants to be brought is called by a medic
    ahead              rides to treatments are made ready so long before
    lead               the car comes so long before the treatment
    grace              a ride that has not left so long after it should is late
    longest_series     treatments are booked for no longer than this at once
    escort_for         special needs with which nobody goes alone
    crew_sealed        protection of the crew where people may not leave; `crew` elsewhere
    visits             whom the community looks in on, and how often
    visit_by           local hour by which a visit of the day is done
    """

    triage: Named[CareRule]
    triage_within: Span
    ambulance_within: Span
    car_within: Span
    depart_within: Span
    hand_over_within: Span
    home_within: Span
    call_back_within: Span
    ahead: Span
    lead: Span
    grace: Span
    longest_series: Span
    escort_for: tuple[str, ...]
    crew_sealed: Literal["level_1", "level_2"]
    crew: Literal["level_1", "level_2"]
    visits: Named[LookedIn]
    visit_by: Quantity

    @model_validator(mode="after")
    def nobody_in_danger_waits_at_home(self) -> Self:
        for what in ("life_threatening", "labour"):
            rule = self.triage.get(what)
            if rule is None or rule.means == "community_medic" or rule.otherwise is None:
                raise ValueError(
                    _("“%(what)s” must be driven, with a second way where the first cannot come")
                    % {"what": what}
                )
        return self

    @model_validator(mode="after")
    def visits_fall_into_a_day(self) -> Self:
        if not 0 < self.visit_by.value <= 24:  # noqa: PLR2004 - hours of a day
            raise ValueError(_("visit_by must be an hour of the day"))
        return self


class Gates(Sourced):
    """What is asked at checkpoints and doors, where a checkpoint asks for it.

    test_within     a negative sample no older than this; never asked on the way to care
    outing_*        how many of a household may be out at a time, how often, and for how long
    same_passage    scans of one person at one gate within this time are one passage
    interval        least time between two passages of one person
    most_a_day      passages of one person out of the gate in one day
    two_places      one code at two gates within this time is a question for a person
    rotating_code   a venue's code on a screen counts as seen there for this long
    forget_persons  scans lose their reference to a person after this time
    """

    test_within: Span
    outing_people: Quantity
    outing_every: Span
    outing_lasts: Span
    same_passage: Span
    interval: Span
    most_a_day: Quantity
    two_places: Span
    rotating_code: Span
    forget_persons: Span

    @model_validator(mode="after")
    def outings_are_counted_in_days(self) -> Self:
        if self.outing_every.unit != "d":
            raise ValueError(_("outing_every is counted in days (unit “d”)"))
        return self

    @model_validator(mode="after")
    def nothing_is_counted_that_was_forgotten(self) -> Self:
        if self.forget_persons.length < self.outing_every.length:
            raise ValueError(_("forget_persons must not be shorter than outing_every"))
        return self


class Screening(Sourced):
    """How people are asked where they were, and what is kept of it.

    ordered_at_once      evidence on which the measure follows without somebody confirming it; a
                         list of somebody else is never among it
    calls_before_visit   calls in vain, then somebody goes to the door
    longest              a campaign runs no longer than this; it can be begun again
    longest_look_back    how far back it may ask
    forget_without_risk  who was found without risk is forgotten after this
    """

    ordered_at_once: tuple[Literal["told", "declared"], ...] = ()
    calls_before_visit: Quantity
    longest: Span
    longest_look_back: Span
    forget_without_risk: Span


class Workforce(Sourced):
    """Who may offer to help, and how people who work are checked in.

    youngest, oldest  of volunteers, in full years, both included
    one_place         within this time of a check-in nobody is checked in at another place
    offers_from_one   offers of volunteers from one connection within an hour
    forget_offers     name and phone of an offer that came to nothing are deleted after this
    """

    youngest: Quantity
    oldest: Quantity
    one_place: Span
    offers_from_one: Quantity
    forget_offers: Span

    @model_validator(mode="after")
    def the_youngest_is_not_older(self) -> Self:
        if self.youngest.value > self.oldest.value:
            raise ValueError(_("youngest must not be above oldest"))
        return self


class Rosters(Sourced):
    """How long somebody works before they rest, and what a turn of duty costs in meals and gear.

    shift_hours       hours of duty between two rests
    rest_between      from the end of one duty to the beginning of the next
    consecutive_days  days of duty in a row, then a day at home
    week_shifts       turns of duty that a plan gives one person in seven days
    week_nights       of those, that end on the day after they began
    reach             how far from home a plan sends somebody, in a straight line
    hot_stretch       how long a sampler stays in the suit on a hot day, and rests before the next
    early_by          how long before a turn somebody may check in for it
    late_after        whoever has not come by then leaves the post bare
    gap_told          how long before its beginning a bare shift becomes a task
    meals_at          local hours: whoever is on duty then eats there
    gear              kind of post (or "any") → thing → how many a person needs for one turn
    mask_every        a mask is changed so often
    """

    shift_hours: Span
    rest_between: Span
    consecutive_days: Quantity
    week_shifts: Quantity
    week_nights: Quantity
    reach: Quantity
    hot_stretch: Span
    early_by: Span
    late_after: Span
    gap_told: Span
    meals_at: tuple[Quantity, ...]
    gear: Named[Named[Quantity]]
    mask_every: Span

    @model_validator(mode="after")
    def rest_and_work_fit_into_a_day(self) -> Self:
        if self.shift_hours.length + self.rest_between.length > timedelta(days=1):
            raise ValueError(_("shift_hours and rest_between do not fit into a day"))
        if self.hot_stretch.length > self.shift_hours.length:
            raise ValueError(_("hot_stretch must not be longer than shift_hours"))
        if any(hour.value >= timedelta(days=1) / timedelta(hours=1) for hour in self.meals_at):
            raise ValueError(_("meals_at must be hours of a day"))
        return self


class RequestLimits(Sourced):
    """The clocks of a request of one urgency: of each stage, and of all of it.

    accept     from being raised until somebody takes it in hand
    dispatch   … until a unit has it
    handle     … until the unit says what was done
    overall    from being raised until it was done
    """

    accept: Span
    dispatch: Span
    handle: Span
    overall: Span

    @model_validator(mode="after")
    def stages_fit_into_the_whole(self) -> Self:
        stages = self.accept.length + self.dispatch.length + self.handle.length
        if stages > self.overall.length:
            raise ValueError(_("accept, dispatch and handle together are longer than overall"))
        return self


class Requests(Sourced):
    """How long a request may take, by urgency, and what is asked once.

    call_back         by when the resident is asked whether it was done
    call_back_tries   calls in vain, then the request closes as not confirmed
    try_again_after   between two calls in vain
    longest_extension beyond the time the stage had
    same_within       the same words from the same estate within this are one request
    repeat_within     the same person and matter again within this, after closing, is a repeat
    abusive_calls     so many within `abusive_within`, and a number's calls wait behind others
    whistle_answer    by when a unit says whether it comes
    whistle_arrival   by when it is there
    """

    ordinary: RequestLimits
    urgent: RequestLimits
    very_urgent: RequestLimits
    call_back: Span
    call_back_tries: Quantity
    try_again_after: Span
    longest_extension: Span
    same_within: Span
    repeat_within: Span
    abusive_calls: Quantity
    abusive_within: Span
    whistle_answer: Span
    whistle_arrival: Span

    @model_validator(mode="after")
    def the_more_urgent_is_not_the_slower(self) -> Self:
        slowness = [one.overall.length for one in (self.very_urgent, self.urgent, self.ordinary)]
        if slowness != sorted(slowness):
            raise ValueError(_("what is more urgent must not have the longer limit"))
        if self.whistle_answer.length > self.whistle_arrival.length:
            raise ValueError(_("whistle_answer must not be longer than whistle_arrival"))
        return self


class StatusRule(Sourced):
    """Which evidence gives a colour; the source is that of the rule.

    orders      kinds of order in force
    subjects    … for these; where none are named, for those whose measure assigns a code
    levels      of risk area around the home
    open_cases  confirmed or asymptomatic, and not closed
    """

    title: Text
    colour: Literal["yellow", "red"]
    orders: tuple[StageKind | Literal["hold"], ...] = ()
    subjects: tuple[Subject, ...] = ()
    levels: tuple[str, ...] = ()
    open_cases: bool = False

    @model_validator(mode="after")
    def rests_on_evidence(self) -> Self:
        if not (self.orders or self.levels or self.open_cases):
            raise ValueError(_("a colour needs evidence: orders, levels or open_cases"))
        return self


class Status(Sourced):
    """What status codes show. Where codes are not used, everybody is green.

    second_officer     an objection is upheld only when a second officer agrees
    objection_within   by when an objection is decided
    """

    used: bool
    second_officer: bool
    objection_within: Span
    rules: Named[StatusRule] = Field(default_factory=dict)


class Retention(Sourced):
    """How long what is no longer needed is kept. Laws ask for the least; few say how many days.

    visits      who was where, beyond what an open case still needs
    readings    temperatures and symptoms, after the order they belong to
    statuses    what codes showed before, and objections to it
    line_lists  lists of others, since they were taken in
    codes       personal codes that ended
    turns       who stood at which post, after the turn
    requests    calls, requests and whistles, after they closed
    """

    visits: Span
    readings: Span
    statuses: Span
    line_lists: Span
    codes: Span
    turns: Span
    requests: Span


class Command(Sourced):
    """The groups of a command post and the levels of response, as data."""

    groups: Named[Text]
    levels: Named[Text]
