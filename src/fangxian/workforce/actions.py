"""The verbs of the people at work, by noun. What follows from them stands in the playbook alone."""

from fangxian.workforce.members import (
    NewMember,
    add_member,
    add_members,
    correct_member,
    join,
    leave_organisation,
    note_absence,
    note_exemption,
    note_skill,
    note_vaccination,
    set_state,
)
from fangxian.workforce.organisations import (
    NewOrganisation,
    begin_liaison,
    dissolve_organisation,
    end_liaison,
    end_temporary_organisations,
    found_organisation,
    found_organisations,
    place_under,
)

__all__ = [
    "NewMember",
    "NewOrganisation",
    "add_member",
    "add_members",
    "begin_liaison",
    "correct_member",
    "dissolve_organisation",
    "end_liaison",
    "end_temporary_organisations",
    "found_organisation",
    "found_organisations",
    "join",
    "leave_organisation",
    "note_absence",
    "note_exemption",
    "note_skill",
    "note_vaccination",
    "place_under",
    "set_state",
]
