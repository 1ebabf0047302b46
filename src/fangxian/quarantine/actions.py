"""The verbs of quarantine, by noun. What follows from them stands in the playbook alone."""

from fangxian.quarantine.journeys import depart, receive
from fangxian.quarantine.monitoring import (
    ask_for,
    begin_watch,
    end_watch,
    forget_placements,
    forget_readings,
    meet_wish,
    note_missed_readings,
    note_wish,
    record_reading,
    tell_own_reading,
    visit_door,
)
from fangxian.quarantine.placing import (
    arrange_release,
    arrange_way_home,
    cancel_placement,
    change_room,
    give_up_room,
    keep_bed,
    leave_for_hospital,
    place_people,
    take_back,
)
from fangxian.quarantine.restarts import decide_restart, propose_restart
from fangxian.quarantine.sites import (
    NewRoom,
    add_rooms,
    close_facility,
    open_facility,
    set_checks,
    set_room_state,
)

__all__ = [
    "NewRoom",
    "add_rooms",
    "arrange_release",
    "arrange_way_home",
    "ask_for",
    "begin_watch",
    "cancel_placement",
    "change_room",
    "close_facility",
    "decide_restart",
    "depart",
    "end_watch",
    "forget_placements",
    "forget_readings",
    "give_up_room",
    "keep_bed",
    "leave_for_hospital",
    "meet_wish",
    "note_missed_readings",
    "note_wish",
    "open_facility",
    "place_people",
    "propose_restart",
    "receive",
    "record_reading",
    "set_checks",
    "set_room_state",
    "take_back",
    "tell_own_reading",
    "visit_door",
]
