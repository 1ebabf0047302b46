from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal
from fangxian.rosters.rules import Fault


def _hour(at: datetime) -> str:
    return f"{localtime(at):%m-%d %H:%M}"


class NoSuchPost(NotFound):
    def __init__(self, post: object = "") -> None:
        super().__init__(_("post"), post=str(post))


class NoSuchShift(NotFound):
    def __init__(self, shift: object = "") -> None:
        super().__init__(_("shift"), shift=str(shift))


class NoSuchTurn(NotFound):
    def __init__(self, turn: object = "") -> None:
        super().__init__(_("turn of duty"), turn=str(turn))


class NoSuchSwap(NotFound):
    def __init__(self, swap: object = "") -> None:
        super().__init__(_("offer"), swap=str(swap))


class NoSuchProposal(NotFound):
    def __init__(self, plan: object = "") -> None:
        super().__init__(_("staffing plan"), plan=str(plan))


class NoSuchPerson(NotFound):
    def __init__(self, member: object = "") -> None:
        super().__init__(_("person at work"), member=str(member))


class PostIsClosed(Refusal):
    code = "post_is_closed"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Post %(post)s was closed. Choose another post, or open a new one.") % {"post": code},
            post=code,
        )


class PostStands(Refusal):
    """A standing post has one name and no shifts."""

    code = "post_stands"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Post %(post)s is held by one name, without shifts. Name who holds it.")
            % {"post": code},
            post=code,
        )


class PostHasShifts(Refusal):
    code = "post_has_shifts"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Post %(post)s is worked in shifts. Put people on its shifts instead.")
            % {"post": code},
            post=code,
        )


class PostStillHasPeople(Refusal):
    code = "post_still_has_people"

    def __init__(self, code: str, turns: int) -> None:
        super().__init__(
            _("%(turns)d turns are still to come at post %(post)s. Take those people off first.")
            % {"post": code, "turns": turns},
            post=code,
            turns=turns,
        )


class NeedWrong(Malformed):
    code = "need_wrong"

    def __init__(self) -> None:
        super().__init__(_("Say how many people are needed, at least one, and until which day."))


class NeedStatedBefore(Refusal):
    code = "need_stated_before"

    def __init__(self) -> None:
        super().__init__(
            _("This post has such a need from the same hour already. End that one first.")
        )


class DaysWrong(Malformed):
    code = "days_wrong"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Shifts are opened from today on, for at most %(days)d days.") % {"days": most},
            most=most,
        )


class LeadsAnotherPoint(Refusal):
    code = "leads_another_point"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("This person leads another sampling point (%(post)s). Name somebody else.")
            % {"post": code},
            post=code,
        )


class NotAtWork(Refusal):
    """state   ill, locked in, recalled, left"""

    code = "not_at_work"

    def __init__(self, state: str, label: str) -> None:
        super().__init__(
            _("This person is not available: %(state)s. Choose somebody else.") % {"state": label},
            state=state,
        )


class LacksTheSkill(Refusal):
    code = "lacks_the_skill"

    def __init__(self, skill: str, label: str) -> None:
        super().__init__(
            _(
                "This shift needs “%(skill)s”, which is not on record for this person. Record the"
                " proof, or choose somebody else."
            )
            % {"skill": label},
            skill=skill,
        )


class ShiftIsFull(Refusal):
    code = "shift_is_full"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "This shift of post %(post)s has all its people. Raise its headcount first, or"
                " choose a bare one."
            )
            % {"post": code},
            post=code,
        )


class ShiftIsOver(Refusal):
    code = "shift_is_over"

    def __init__(self, ended_at: datetime) -> None:
        super().__init__(
            _("This shift ended at %(at)s. Nothing can be changed in it.") % {"at": _hour(ended_at)}
        )


class TurnIsOver(Refusal):
    code = "turn_is_over"

    def __init__(self, label: str) -> None:
        super().__init__(
            _("This turn is %(state)s; nothing more follows. Look at the roster for the next one.")
            % {"state": label}
        )


class TooTired(Refusal):
    """Two places at once, or against the limits of work and rest."""

    code = "too_tired"

    def __init__(self, fault: Fault, figure: str = "") -> None:
        said = {
            "double": _(
                "This person is at another post at that hour. Take them off there first, or choose"
                " somebody else."
            ),
            "too_long": _(
                "This person would be on duty for more than %(figure)s. Choose somebody else, or"
                " shorten the turn."
            ),
            "too_little_rest": _(
                "This person would have less than %(figure)s of rest. Choose somebody else, or a"
                " later shift."
            ),
            "too_many_days": _(
                "This person would be on duty for more than %(figure)s in a row. Give them a day at"
                " home."
            ),
            "too_hot": _(
                "It is a hot day: a sampler is relieved after %(figure)s. Put people on by turns."
            ),
        }[fault]
        super().__init__(said % {"figure": figure}, fault=fault)
        self.fault = fault


class AtAnotherPost(Refusal):
    """The table itself refused: somebody else was quicker."""

    code = "at_another_post"

    def __init__(self) -> None:
        super().__init__(
            _("This person was just put on another post for that hour. Look at the roster again.")
        )


class TooFewToRotate(Refusal):
    code = "too_few_to_rotate"

    def __init__(self, needed: int) -> None:
        super().__init__(
            _("To relieve each other by the hour, %(needed)d people are needed.")
            % {"needed": needed},
            needed=needed,
        )


class ReasonNeeded(Malformed):
    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(_("Say why, in a few words. The reason is kept with the change."))


class NotOnThisPost(Refusal):
    code = "not_on_this_post"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "The roster has nobody of your name at post %(post)s now, and nobody is missing"
                " there. Ask whoever keeps the roster."
            )
            % {"post": code},
            post=code,
        )


class NotAtThisPost(Refusal):
    code = "not_at_this_post"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("You were not checked in at post %(post)s, so you cannot check out. Check in first.")
            % {"post": code},
            post=code,
        )


class NoCodeOfAPost(Malformed):
    code = "no_code_of_a_post"

    def __init__(self, said: str) -> None:
        super().__init__(
            _("“%(said)s” is no code of a post. It begins with J and hangs at the post.")
            % {"said": said[:20]}
        )


class NoMember(Refusal):
    code = "no_member"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your account belongs to nobody on the list of people at work. Ask whoever keeps"
                " the roster to add you."
            )
        )


class AtAnotherPostNow(Refusal):
    """Checked in at two places at the same hour."""

    code = "at_another_post_now"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("This person is checked in at post %(post)s. Check out there first.")
            % {"post": code},
            post=code,
        )


class TimeWrong(Malformed):
    code = "time_wrong"

    def __init__(self, starts_at: datetime, ends_at: datetime) -> None:
        super().__init__(
            _("The time must lie within the turn, %(starts)s to %(ends)s.")
            % {"starts": _hour(starts_at), "ends": _hour(ends_at)}
        )


class NotYourTurn(Refusal):
    code = "not_your_turn"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("This is somebody else's turn. Ask them, or whoever keeps the roster."))


class SwapLeavesBare(Refusal):
    """What two people agreed on would leave a post without somebody fit for it."""

    code = "swap_leaves_bare"

    def __init__(self, code: str, why: str) -> None:
        super().__init__(
            _("This would leave post %(post)s bare. %(why)s") % {"post": code, "why": why},
            post=code,
        )


class SwapIsSettled(Refusal):
    code = "swap_is_settled"

    def __init__(self, label: str) -> None:
        super().__init__(_("This offer was settled: %(state)s. Make a new one.") % {"state": label})


class SwapUnderWay(Refusal):
    code = "swap_under_way"

    def __init__(self) -> None:
        super().__init__(_("This turn is offered to somebody already. Take that offer back first."))


class HandedOverBefore(Refusal):
    code = "handed_over_before"

    def __init__(self) -> None:
        super().__init__(_("This turn was handed over already. The next one can add to the note."))


class NobodyToHandTo(Refusal):
    code = "nobody_to_hand_to"

    def __init__(self) -> None:
        super().__init__(
            _("You have no turn at this post, so you cannot take it over. Check in first.")
        )


class PlanIsDecided(Refusal):
    code = "plan_is_decided"

    def __init__(self, label: str) -> None:
        super().__init__(
            _("This plan was decided: %(state)s. Have a new one made.") % {"state": label}
        )


class PairWrong(Refusal):
    code = "pair_wrong"

    def __init__(self) -> None:
        super().__init__(
            _("Choose two different people, neither of whom belongs to a pair already.")
        )


class FileUnreadable(Malformed):
    code = "file_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class NoRostersRules(Refusal):
    code = "no_rosters_rules"

    def __init__(self) -> None:
        super().__init__(
            _("The rules in force say nothing of posts and shifts. Have a pack adopted that does.")
        )
