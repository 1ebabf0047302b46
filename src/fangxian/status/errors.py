from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NoSuchStatusObjection(NotFound):
    def __init__(self, objection_id: UUID) -> None:
        super().__init__(_("objection"), objection=str(objection_id))


class NotAGround(Refusal):
    """The person's code does not rest on this."""

    code = "not_a_ground"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The person's code does not rest on this (any more). "
                "Open the person's status and choose one of the reasons listed there."
            )
        )


class ObjectToTheOrder(Refusal):
    """An objection against an order is filed with the order."""

    code = "object_to_the_order"

    def __init__(self, order_id: UUID) -> None:
        super().__init__(
            _("This reason is an order: file the objection on the page of the order."),
            order=str(order_id),
        )


class WhyNot(Malformed):
    code = "why_not"

    def __init__(self) -> None:
        super().__init__(_("Say in a sentence why this does not concern the person."))


class GiveReasons(Malformed):
    code = "give_reasons"

    def __init__(self) -> None:
        super().__init__(_("Give the reasons for the decision: the person will read them."))


class AnotherOfficer(Refusal):
    """Whoever filed an objection or decided it first does not decide it."""

    code = "another_officer"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else must decide: not who filed the objection, nor who decided it first.")
        )


class AlreadyDecided(Refusal):
    code = "already_decided"

    def __init__(self) -> None:
        super().__init__(_("This objection is decided already. File a new one if there is news."))


class NobodyByThisCode(Refusal):
    """Not saying which of the two was wrong."""

    code = "nobody_by_this_code"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _(
                "Code and number do not belong together. Take the code of your newest card; "
                "your community can print another, or tell you your status."
            )
        )
