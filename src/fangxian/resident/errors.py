"""Refusals of this door. None of them tells whether somebody is registered."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NotSignedIn(Refusal):
    code = "not_signed_in"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("Please sign in again: the page was closed after a while."))


class NoPhoneNumber(Malformed):
    code = "no_phone_number"

    def __init__(self) -> None:
        super().__init__(_("This is not a phone number. Type its 11 digits."))


class AskedTooOften(Refusal):
    """Too many codes for one number, or from one place."""

    code = "asked_too_often"
    status = 429

    def __init__(self, minutes: int) -> None:
        super().__init__(
            ngettext(
                "Asked too often. Wait %(n)d minute and try again, or call your community. "
                "In an emergency call 120; the emergency button works without signing in.",
                "Asked too often. Wait %(n)d minutes and try again, or call your community. "
                "In an emergency call 120; the emergency button works without signing in.",
                minutes,
            )
            % {"n": minutes},
            minutes=minutes,
        )


class WrongEntry(Refusal):
    """Not saying what was wrong."""

    code = "wrong_entry"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            _(
                "This does not fit. Look at the newest message, or at your newest card, and try "
                "again. If it does not work, call your community: they can tell you everything "
                "that stands on this page."
            )
        )


class CodeIsOver(Refusal):
    """Used, expired, or guessed at too often."""

    code = "code_is_over"
    status = 410

    def __init__(self) -> None:
        super().__init__(_("This code is no longer good. Ask for a new one."))


class WhoOfYou(Refusal):
    """The code was right, and several people have this phone."""

    code = "who_of_you"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            _("The code is right. Several people have this phone: type your date of birth.")
        )


class NobodyHere(NotFound):
    """Somebody else's, or nobody's: the two look alike."""

    def __init__(self) -> None:
        super().__init__(_("page"))


class SayMore(Malformed):
    code = "say_more"

    def __init__(self) -> None:
        super().__init__(_("Say in a sentence what it is about."))
