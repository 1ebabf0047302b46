"""The verbs of this door, by what they are about."""

from fangxian.resident.asking import (
    ask_for_help,
    call_for_emergency,
    judge_request,
    object_to,
    reopen_request,
    withdraw_request,
)
from fangxian.resident.entering import (
    ask_for_code,
    close_for,
    close_old_sessions,
    end_all_sessions,
    end_session,
    forget_sign_ins,
    recognise,
    send_code,
    sign_in_with_card,
    sign_in_with_code,
    tell_of_entry,
    turn_to,
)
from fangxian.resident.printing import own_sheet

__all__ = [
    "ask_for_code",
    "ask_for_help",
    "call_for_emergency",
    "close_for",
    "close_old_sessions",
    "end_all_sessions",
    "end_session",
    "forget_sign_ins",
    "judge_request",
    "object_to",
    "own_sheet",
    "recognise",
    "reopen_request",
    "send_code",
    "sign_in_with_card",
    "sign_in_with_code",
    "tell_of_entry",
    "turn_to",
    "withdraw_request",
]
