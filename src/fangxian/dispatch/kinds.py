"""What kinds of task there are. Rooms above open tasks by these words."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TaskKind(models.TextChoices):
    RETEST_MEMBERS = "retest_members", _("Retest every member singly")
    INVESTIGATE_CASE = "investigate_case", _("Investigate the case")
    CONFIRM_CONTACTS = "confirm_contacts", _("Confirm or discard contacts")
    TRANSFER_PERSON = "transfer_person", _("Bring the person to quarantine")
    TRANSFER_PATIENT = "transfer_patient", _("Bring the patient to hospital")
    RECEIVE_PERSON = "receive_person", _("Receive the person at the quarantine site")
    MOVE_PERSON = "move_person", _("Bring the person to the other quarantine site")
    BRING_HOME = "bring_home", _("Bring the person home")
    RECEIVE_HOME = "receive_home", _("Receive the person at home, with a receipt")
    TAKE_READING = "take_reading", _("Ask for the reading that did not come")
    MEDICAL_CHECK = "medical_check", _("Have a medic look at the person, now")
    MEET_WISH = "meet_wish", _("Bring what the person needs")
    UNSEAL_DOOR = "unseal_door", _("Take the seal off the door")
    DECIDE_RESTART = "decide_restart", _("Decide whether days are counted anew")
    SERVE_ORDER = "serve_order", _("Serve the order")
    DELIVER_NOTICE = "deliver_notice", _("Bring the notice to every door")
    TEST_PERSON = "test_person", _("Take the sample that is due")
    DECIDE_RISK_AREA = "decide_risk_area", _("Decide on the risk area")
    DECIDE_RELEASE = "decide_release", _("Decide on the release")
    SET_POSTS = "set_posts", _("Set posts at the entrances")
    SUPPLY_AREA = "supply_area", _("Bring supplies to the households")
    OPEN_AREA = "open_area", _("Take the posts away and tell every household")
    DECIDE_PACK_CHANGE = "decide_pack_change", _("Decide what the new rules change for people")
    DECIDE_OBJECTION = "decide_objection", _("Decide on the objection")
    EMERGENCY_TRIP = "emergency_trip", _("Bring the person to care, now")
    CLEAR_EXIT = "clear_exit", _("Complete the record of the emergency exit")
    RESOLVE_RESULTS = "resolve_results", _("Resolve two laboratories' findings")
    COMPLETE_IDENTITY = "complete_identity", _("Find out the identity number")
    REPLACE_RESIDENTS = "replace_residents", _("Re-place residents of an ended community")
    SWAB_AGAIN = "swab_again", _("Swab the people of a lost sample again")
    SWAB_AT_THE_DOOR = "swab_at_the_door", _("Take the sample at the door")
    CHECK_SAMPLES = "check_samples", _("Find out what is wrong with the samples")
    MEND_ENTRIES = "mend_entries", _("Put right what a phone entered in vain")
    FOLLOW_EMERGENCY = "follow_emergency", _("Find out who was let through in an emergency")
    SETTLE_INCIDENT = "settle_incident", _("See to the incident at the gate")
    SIGN_UP_VENUES = "sign_up_venues", _("Have every venue sign up for a code")
    REACH_PEOPLE = "reach_people", _("Reach the people of a screening campaign")
    VISIT_PERSON = "visit_person", _("Go to the person who cannot be reached")
    CONFIRM_RISK = "confirm_risk", _("Confirm or dismiss a stay at a place of risk")
    ANSWER_HAND_OVER = "answer_hand_over", _("Answer the other district's request")
    CHASE_RECEIPT = "chase_receipt", _("Get the other district's receipt")
    TRIAGE_CARE = "triage_care", _("Decide how the person is brought to care, now")
    SEND_CARE_CAR = "send_care_car", _("Send the car and see the person off")
    CARE_MEDIC = "care_medic", _("Have a medic go to the person")
    FIND_HOSPITAL = "find_hospital", _("Find the hospital that takes the person, now")
    RECEIVE_FROM_CARE = "receive_from_care", _("Receive the person back from care")
    CALL_BACK_CARE = "call_back_care", _("Have a medic call who no longer wanted to be brought")
    LOOK_IN_ON = "look_in_on", _("Look in on the person")
    LOOK_FOR_PERSON = "look_for_person", _("Find out why nobody opened")
    NAME_STAND_IN = "name_stand_in", _("Name a stand-in for somebody who is away")
    FILL_POST = "fill_post", _("Find somebody for the post")
    NAME_TEAM = "name_team", _("Name the five who look after the person")
    SEE_TO_REQUEST = "see_to_request", _("See to the request")
    CHASE_REQUEST = "chase_request", _("Find out why the request is late")
    CALL_BACK = "call_back", _("Call back and ask whether it is solved")
    GO_TO_WHISTLE = "go_to_whistle", _("Go where the whistle calls")
    CHASE_WHISTLE = "chase_whistle", _("Find somebody for the whistle")
    READ_DIRECTIVE = "read_directive", _("Acknowledge the directive")
    CHASE_DIRECTIVE = "chase_directive", _("Find out why the directive is not acknowledged")
    DO_DIRECTIVE = "do_directive", _("Carry out the directive")
    VERIFY_DIRECTIVE = "verify_directive", _("Verify what was done about the directive")


def every_kind() -> list[tuple[str, Any]]:
    """For the column: called when asked, so that a new kind is no change of the table."""
    return TaskKind.choices


class OwnerKind(models.TextChoices):
    """Whose a task is to be, as whoever gave it said."""

    ANYBODY = "anybody", _("whoever has the duty there")
    PERSON = "person", _("one person")
    TEAM = "team", _("a team")
    POST = "post", _("whoever is on duty at a post")
    RESPONSIBLE = "responsible", _("whoever is responsible for the place")


class Proof(models.TextChoices):
    """What has to be shown before a task counts as done. Photographs are never asked for."""

    NOTE = "note", _("a note how it ended")
    COUNT = "count", _("a number counted")
    SCAN = "scan", _("a code scanned at the place")


class TaskLevel(models.TextChoices):
    """Who is to see to a task by now, in the order of `Task.level`."""

    GRID = "grid", _("grid")
    COMMUNITY = "community", _("community")
    SUBDISTRICT = "subdistrict", _("subdistrict")
    DISTRICT = "district", _("district")

    @classmethod
    def at(cls, level: int) -> "TaskLevel":
        return list(cls)[level]


NEEDS_A_NOTE = frozenset(
    {
        TaskKind.TRANSFER_PATIENT,
        TaskKind.EMERGENCY_TRIP,
        TaskKind.RESOLVE_RESULTS,
        TaskKind.CHECK_SAMPLES,
        TaskKind.FOLLOW_EMERGENCY,
    }
)
"""Done only when it is written down how: to whom somebody was handed over, what was decided."""


class WhyReturned(models.TextChoices):
    """Why a task came back that nobody refused."""

    TEAM_DISSOLVED = "team_dissolved", _("its team was dissolved")
    PERSON_GONE = "person_gone", _("whoever had it is not at work any more")


class Paper(models.TextChoices):
    """What kind of directive it is."""

    NOTICE = "notice", _("notice from above")
    MINUTES = "minutes", _("minutes of a meeting")


class DirectiveState(models.TextChoices):
    DRAFT = "draft", _("being prepared")
    IN_FORCE = "in_force", pgettext_lazy("directive", "in force")
    SUPERSEDED = "superseded", _("replaced by a later version")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ReceiptLevel(models.TextChoices):
    """To which places a directive is sent, the highest first."""

    SUBDISTRICT = "subdistrict", _("subdistrict")
    COMMUNITY = "community", _("community")
