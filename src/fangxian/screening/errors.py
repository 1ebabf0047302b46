from typing import ClassVar

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NoSuchCampaign(NotFound):
    def __init__(self, campaign: object = "") -> None:
        super().__init__(_("screening campaign"), campaign=str(campaign))


class NoSuchFollowUp(NotFound):
    def __init__(self, follow_up: object = "") -> None:
        super().__init__(_("person to be followed up"), follow_up=str(follow_up))


class NoSuchList(NotFound):
    def __init__(self, inbound: object = "") -> None:
        super().__init__(_("list"), list=str(inbound))


class NoSuchHandOver(NotFound):
    def __init__(self, hand_over: object = "") -> None:
        super().__init__(_("hand-over"), hand_over=str(hand_over))


class NoScreeningRules(Refusal):
    """The pack in force does not say how people are asked."""

    code = "no_screening_rules"

    def __init__(self, stamp: str) -> None:
        super().__init__(
            _(
                "The rules in force (%(pack)s) say nothing of screening. Add “[screening]” to the"
                " district's pack."
            )
            % {"pack": stamp},
            pack=stamp,
        )


class CampaignNamesNoGround(Malformed):
    code = "campaign_names_no_ground"

    def __init__(self) -> None:
        super().__init__(
            _("Say which place or which people this is about. Nobody is asked without a ground.")
        )


class CampaignHasNoChannel(Malformed):
    code = "campaign_has_no_channel"

    def __init__(self) -> None:
        super().__init__(_("Choose at least one way to ask people."))


class LookBackWrong(Malformed):
    code = "look_back_wrong"

    def __init__(self, longest: int) -> None:
        super().__init__(
            _("The look-back date lies in the future, or more than %(days)d days back.")
            % {"days": longest}
        )


class EndWrong(Malformed):
    code = "campaign_end_wrong"

    def __init__(self, longest: int) -> None:
        super().__init__(
            _(
                "A campaign ends after now, and within %(days)d days. If it is still needed then,"
                " begin it again."
            )
            % {"days": longest}
        )


class NobodyLivesHere(Refusal):
    code = "nobody_lives_here"

    def __init__(self) -> None:
        super().__init__(_("Nobody is registered there. Choose another place."))


class CampaignIsOver(Refusal):
    code = "campaign_is_over"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Campaign %(code)s has ended. Nothing more is taken in for it.") % {"code": code},
            campaign=code,
        )


class StillToReach(Refusal):
    """Nobody is forgotten by ending a campaign."""

    code = "still_to_reach"

    def __init__(self, number: int) -> None:
        super().__init__(
            _(
                "%(number)d people have not been reached yet. Reach them or close each with a"
                " reason, then end the campaign."
            )
            % {"number": number},
            number=number,
        )


class ReasonNeeded(Malformed):
    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(_("Say why, in a few words. The reason is kept with the change."))


class FollowUpIsClosed(Refusal):
    code = "follow_up_is_closed"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("%(code)s is closed. If there is something new, note what the person says now.")
            % {"code": code},
            follow_up=code,
        )


class UnderMeasure(Refusal):
    code = "follow_up_is_under_measure"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("%(code)s is under a measure. End the order first; the ledger follows by itself.")
            % {"code": code},
            follow_up=code,
        )


class ListAloneRestrictsNobody(Refusal):
    """Somebody else's list is a reason to ask, never to restrict."""

    code = "list_alone_restricts_nobody"
    status: ClassVar[int] = 403

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Only a list says that %(code)s was there. Reach the person and ask; nobody is"
                " restricted by a list alone."
            )
            % {"code": code},
            follow_up=code,
        )


class NothingToConfirm(Refusal):
    code = "nothing_to_confirm"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("No stay at a place of risk waits for a decision with %(code)s.") % {"code": code},
            follow_up=code,
        )


class StayWrong(Malformed):
    """A stay that cannot have been."""

    code = "stay_wrong"


class AnswerMissing(Malformed):
    code = "answer_missing"

    def __init__(self) -> None:
        super().__init__(_("Say whether the person was there, and if so where and on which days."))


class WhoMissing(Malformed):
    code = "who_missing"

    def __init__(self) -> None:
        super().__init__(
            _("Give the identity number or a phone number, so that we know who this is.")
        )


class AlreadyHandedOver(Refusal):
    code = "already_handed_over"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("A hand-over of %(code)s waits for its receipt already.") % {"code": code},
            follow_up=code,
        )


class HandOverIsAnswered(Refusal):
    code = "hand_over_is_answered"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Letter %(code)s has been answered already.") % {"code": code}, hand_over=code
        )


class ReceiptMissing(Malformed):
    code = "receipt_missing"

    def __init__(self) -> None:
        super().__init__(
            _("Write the number or the name on the other side's receipt, or why it was refused.")
        )


class LevelUnknown(Malformed):
    code = "level_unknown"

    def __init__(self, level: str) -> None:
        super().__init__(
            _("The rules in force know no risk level “%(level)s”.") % {"level": level}, level=level
        )


class ListIsOver(Refusal):
    code = "list_is_over"

    def __init__(self) -> None:
        super().__init__(_("This list has been taken in. Upload it again if it is needed."))


class ColumnsMissing(Malformed):
    code = "columns_missing"

    def __init__(self, columns: str) -> None:
        super().__init__(
            _("Say which columns hold: %(columns)s.") % {"columns": columns}, columns=columns
        )


class TooManyDeclarations(Refusal):
    code = "too_many_declarations"
    status: ClassVar[int] = 429

    def __init__(self) -> None:
        super().__init__(
            _(
                "Many declarations came from here just now. Wait ten minutes and send it again, or"
                " call your community; nothing was lost on this page."
            )
        )


class LinkUnknown(NotFound):
    def __init__(self) -> None:
        super().__init__(_("declaration"))


class NotTheirDuty(Refusal):
    code = "not_their_duty"

    def __init__(self) -> None:
        super().__init__(
            _("This account cannot reach people there. Choose somebody with the duty for it.")
        )


class TooManySheets(Refusal):
    code = "too_many_sheets"

    def __init__(self, most: int) -> None:
        super().__init__(
            _("Choose a place with between 1 and %(most)d doors, such as a building.")
            % {"most": most},
            most=most,
        )
