"""Lists that come in: columns, sources, bad rows, and what a broken run leaves."""

import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from fangxian.kernel.access import Duty
from fangxian.kernel.models import Event
from fangxian.people.actions import merge_residents
from fangxian.people.errors import FileRefused
from fangxian.people.models import Resident
from fangxian.screening import actions, queries
from fangxian.screening.errors import CampaignIsOver, ColumnsMissing, ListIsOver
from fangxian.screening.models import ColumnMap, FollowUp, InboundList, Mention, Trip
from fangxian.screening.tests import make
from fangxian.screening.tests.make import INVESTIGATOR_ZHAO

pytestmark = pytest.mark.django_db


def test_one_person_on_three_lists_is_one_person_with_three_sources() -> None:
    campaign = make.campaign()
    card = make.identity()

    for sender, kind in (("西宁站", "station"), ("某厂", "employer"), ("雁塔区", "district")):
        make.inbound(campaign, make.row(identity=card), sender=sender, kind=kind)

    counted = queries.figures(INVESTIGATOR_ZHAO, campaign)
    assert (counted.persons, counted.person_times) == (1, 3)
    [one] = FollowUp.objects.filter(campaign=campaign)
    mentions = queries.mentions_of(INVESTIGATOR_ZHAO, one)
    senders = {mention.inbound.sender for mention in mentions if mention.inbound}
    assert senders == {"西宁站", "某厂", "雁塔区"}


def test_without_a_card_the_same_name_and_phone_are_one_person() -> None:
    campaign = make.campaign()
    number = make.phone()

    make.inbound(campaign, make.row(identity="", phone=number), sender="one")
    make.inbound(campaign, make.row(identity="", phone=number), sender="two")

    assert FollowUp.objects.filter(campaign=campaign).count() == 1


def test_a_known_resident_is_found_and_asked_where_they_live() -> None:
    place = make.community()
    card = make.identity()
    known = make.people.resident(at=make.people.dwelling(within=place), identity=card)
    worker = make.worker(within=place.path)
    campaign = make.campaign(place)

    make.inbound(campaign, make.row(identity=card, address="somewhere else"))

    one = make.only(campaign)
    assert one.resident_id == known.id
    assert one.area_path == known.area_path
    assert one.post_path == place.path
    assert one.owner_id == worker.id


def test_the_same_line_again_is_no_second_time() -> None:
    campaign = make.campaign()
    line = make.row()
    make.inbound(campaign, line)

    again = make.inbound(campaign, line)

    assert (again.rows_taken, again.rows_repeated, again.persons_new) == (0, 1, 0)
    assert queries.figures(INVESTIGATOR_ZHAO, campaign).person_times == 1


def test_three_percent_of_bad_rows_are_reported_with_their_lines_and_the_others_load() -> None:
    campaign = make.campaign()
    rows = [make.row() for _row in range(97)]
    rows[10:10] = [
        make.row(identity="630105198301011239"),  # the check digit does not fit
        make.row(day="2023-01-01"),  # a date in the future
        make.row(identity="", phone=""),
    ]

    taken = make.inbound(campaign, *rows)

    assert (taken.rows_read, taken.rows_taken, taken.rows_refused) == (100, 97, 3)
    sheet = CalamineWorkbook.from_filelike(
        io.BytesIO(queries.refused_rows(INVESTIGATOR_ZHAO, taken))
    )
    lines = sheet.get_sheet_by_index(0).to_python()
    assert [str(line[0]).removesuffix(".0") for line in lines[1:]] == ["12", "13", "14"]
    assert "future" in str(lines[2][1])
    actions.discard_refused_rows(INVESTIGATOR_ZHAO, taken.id)
    assert queries.get_list(INVESTIGATOR_ZHAO, taken.id).errors is None


def test_a_formula_and_a_number_that_lost_digits_are_refused() -> None:
    campaign = make.campaign()

    taken = make.inbound(
        campaign, make.row(place="=HYPERLINK(1)"), make.row(identity=6.30105198301011e17)
    )

    assert taken.rows_refused == 2


def test_a_place_that_nobody_knows_is_kept_as_it_was_said() -> None:
    campaign = make.campaign()

    make.inbound(campaign, make.row(place="老家那边，靠近大桥"))

    trip = Trip.objects.get(follow_up__campaign=campaign)
    assert trip.place_said == "老家那边，靠近大桥"
    assert (trip.place_path, trip.risk) == ("", "none")


def test_unknown_columns_are_named_once_and_remembered_for_the_sender() -> None:
    campaign = make.campaign()
    header = ["旅客", "号", "电", "住", "从", "日", "次"]
    data = make.sheet(make.row(), header=header)
    kept = actions.receive_list(
        INVESTIGATOR_ZHAO, campaign.id, data, "a.xlsx", sender="机场", sender_kind="station"
    )
    assert kept.state == "columns"

    with pytest.raises(ColumnsMissing):
        actions.name_columns(INVESTIGATOR_ZHAO, kept.id, said={"旅客": "name"})
    said = dict(
        zip(
            header,
            ["name", "identity", "phone", "address", "place", "until_day", "how"],
            strict=True,
        )
    )
    actions.name_columns(INVESTIGATOR_ZHAO, kept.id, said=said)
    taken = actions.take_in_list(INVESTIGATOR_ZHAO, kept.id)

    assert taken.rows_taken == 1
    assert ColumnMap.objects.get(sender="机场").columns["从"] == "place"
    assert make.inbound(campaign, make.row(), sender="机场", header=header).rows_taken == 1
    with pytest.raises(ListIsOver):
        actions.name_columns(INVESTIGATOR_ZHAO, kept.id, said=said)


def test_a_title_may_stand_above_the_headings() -> None:
    campaign = make.campaign()
    data = make.sheet(list(make.HEADER), make.row(), header=["来青人员名单"])

    kept = actions.receive_list(
        INVESTIGATOR_ZHAO, campaign.id, data, "a.xlsx", sender="站", sender_kind="station"
    )

    assert actions.take_in_list(INVESTIGATOR_ZHAO, kept.id).rows_taken == 1


def test_what_is_no_list_is_refused_whole() -> None:
    campaign = make.campaign()

    with pytest.raises(FileRefused):
        actions.receive_list(
            INVESTIGATOR_ZHAO, campaign.id, b"PK\x03\x04 nonsense", "a.xlsx", sender="站",
            sender_kind="station",
        )  # fmt: skip

    assert not InboundList.objects.exists()


def test_a_campaign_that_has_ended_takes_no_list() -> None:
    campaign = make.campaign()
    actions.end_campaign(INVESTIGATOR_ZHAO, campaign.id, reason="over")

    with pytest.raises(CampaignIsOver):
        make.inbound(campaign, make.row())


def test_a_run_that_breaks_is_run_again_and_enters_nobody_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fangxian.screening.lists._ROWS_AT_ONCE", 2)
    campaign = make.campaign()
    data = make.sheet(*[make.row() for _row in range(5)], header=make.HEADER)
    kept = actions.receive_list(
        INVESTIGATOR_ZHAO, campaign.id, data, "a.xlsx", sender="站", sender_kind="station"
    )

    def breaks(inbound: InboundList) -> None:
        if inbound.rows_read == 4:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        actions.take_in_list(INVESTIGATOR_ZHAO, kept.id, progress=breaks)
    taken = actions.take_in_list(INVESTIGATOR_ZHAO, kept.id)

    assert taken.state == "done"
    assert FollowUp.objects.filter(campaign=campaign).count() == 5
    assert Mention.objects.filter(campaign=campaign).count() == 5
    assert Event.objects.filter(kind="screening.list_taken_in").count() == 1


def test_a_merged_resident_on_a_list_is_the_one_that_was_kept() -> None:
    place = make.community()
    keep = make.people.resident(at=make.people.dwelling(within=place))
    number = make.phone()
    drop = make.people.resident(
        at=make.people.dwelling("102", within=place), identity="", phone=number
    )
    merge_residents(make.people.KEEPER, keep.id, drop.id)
    campaign = make.campaign(place)

    make.inbound(campaign, make.row(identity=keep.identity.reveal()))

    assert make.only(campaign).resident_id == keep.id
    assert Resident.objects.filter(provisional=True).count() == 0


def test_who_was_closed_without_risk_is_opened_again_by_a_list_that_names_one() -> None:
    make.risk()
    campaign = make.campaign()
    card = make.identity()
    make.inbound(campaign, make.row(identity=card, place="兰州市"))
    make.told(make.only(campaign))
    assert make.only(campaign).state == "closed"

    make.inbound(campaign, make.row(identity=card), sender="雁塔区", kind="district")

    again = make.only(campaign)
    assert (again.state, again.forget_at) == ("to_reach", None)


def test_a_list_says_when_only_the_arrival_is_known() -> None:
    campaign = make.campaign()

    make.inbound(campaign, make.row(day="20220830"))

    trip = Trip.objects.get(follow_up__campaign=campaign)
    assert (trip.from_day, trip.until_day) == (date(2022, 8, 30), date(2022, 8, 30))


def test_somebody_without_the_duty_takes_no_list_in() -> None:
    campaign = make.campaign()
    worker = make.actor(Duty.CARRY_OUT)

    with pytest.raises(Exception, match="duty"):
        actions.receive_list(
            worker, campaign.id, make.sheet(make.row()), "a.xlsx", sender="站", sender_kind="other"
        )
