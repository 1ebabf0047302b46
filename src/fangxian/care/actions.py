"""The verbs of care, by noun. What follows from them stands in the playbook alone."""

from fangxian.care.arrangements import give_up_car, keep_car, pair_hospital, unpair_hospital
from fangxian.care.forgetting import forget_care
from fangxian.care.journeys import (
    assign_vehicle,
    begin_return,
    climb_overdue,
    close,
    depart,
    hand_over,
    identify,
    join_exit,
    note_disinfected,
    note_missed_rides,
    say_no_ambulance,
    triage,
    turn_away,
)
from fangxian.care.requesting import request_transfer
from fangxian.care.treatments import book_series, end_series, prepare_rides
from fangxian.care.visits import note_missed_visits, plan_visits, visit_done

__all__ = [
    "assign_vehicle",
    "begin_return",
    "book_series",
    "climb_overdue",
    "close",
    "depart",
    "end_series",
    "forget_care",
    "give_up_car",
    "hand_over",
    "identify",
    "join_exit",
    "keep_car",
    "note_disinfected",
    "note_missed_rides",
    "note_missed_visits",
    "pair_hospital",
    "plan_visits",
    "prepare_rides",
    "request_transfer",
    "say_no_ambulance",
    "triage",
    "turn_away",
    "unpair_hospital",
    "visit_done",
]
