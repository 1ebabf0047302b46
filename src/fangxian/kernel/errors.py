"""Refusals: one tree, raised by verbs, answered at the doors. A refusal is advice."""

from typing import ClassVar

from django.utils.translation import gettext as _


class Refusal(Exception):  # noqa: N818 - "Refusal" is the word the field uses
    """The request was understood and is not allowed or not possible now.

    message   a sentence in the reader's language: what is the matter, and what to do instead
    facts     values for machines: ids, codes, numbers; never names
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class NotFound(Refusal):
    """Does not exist, or lies outside the area of the one who asks: the two look alike."""

    code = "not_found"
    status = 404

    def __init__(self, what: str, **facts: object) -> None:
        super().__init__(
            _("There is no such %(what)s in your area. Check the number, or ask your superior.")
            % {"what": what},
            **facts,
        )


class NotYours(Refusal):
    """The actor's duties do not include this verb."""

    code = "not_your_duty"
    status = 403

    def __init__(self, duty: str) -> None:
        super().__init__(
            _(
                "This needs the duty “%(duty)s” for this place, which you do not have. "
                "Ask the person who manages accounts in your area."
            )
            % {"duty": duty},
            duty=duty,
        )


class Malformed(Refusal):
    """The input itself cannot be right: a bad number, a time in the future."""

    code = "malformed"
    status = 422


class TooManyRows(Refusal):
    """A list is longer than a sheet can be."""

    code = "too_many_rows"
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(
            _("A sheet holds %(rows)d rows at most. Narrow the list first.") % {"rows": most},
            most=most,
        )
