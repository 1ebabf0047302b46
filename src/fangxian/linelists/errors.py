from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NoSuchLineList(NotFound):
    def __init__(self, list_id: UUID) -> None:
        super().__init__(_("line list"), list=str(list_id))


class ListIsEmpty(Malformed):
    code = "list_is_empty"

    def __init__(self) -> None:
        super().__init__(
            _("The file holds no rows. Its first row names the columns, a person each row follows.")
        )


class ColumnsMissing(Malformed):
    code = "columns_missing"

    def __init__(self, columns: Sequence[str]) -> None:
        named = _(", ").join(columns)
        super().__init__(
            _("Say which column holds: %(columns)s.") % {"columns": named}, columns=list(columns)
        )


class MeaningTwice(Malformed):
    code = "meaning_twice"

    def __init__(self, columns: Sequence[str]) -> None:
        named = _(", ").join(columns)
        super().__init__(
            _("Only one column can hold: %(columns)s. Set the others to “kept, not read”.")
            % {"columns": named}
        )


class ContactsOfWhichList(Malformed):
    code = "contacts_of_which_list"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Choose the line list whose cases this list names. If it is not there, take it in"
                " first."
            )
        )


class ListIsOver(Refusal):
    code = "list_is_over"

    def __init__(self) -> None:
        super().__init__(
            _("This list was taken in already. Upload the file again to read it anew.")
        )


class InfectsThemselves(Refusal):
    code = "infects_themselves"

    def __init__(self) -> None:
        super().__init__(_("Nobody infects themselves: choose two different cases."))


class ClosesACircle(Refusal):
    """`way` names the cases along which the infectee already led to the infector."""

    code = "closes_a_circle"

    def __init__(self, way: Sequence[str]) -> None:
        shown = " → ".join(way)
        super().__init__(
            _(
                "This would close a circle, for %(way)s is on record already. Correct one of these"
                " first."
            )
            % {"way": shown},
            way=list(way),
        )


class HasASureInfector(Refusal):
    code = "has_a_sure_infector"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Case %(code)s is on record as the sure infector. Mark this one as possible, or"
                " take the other back first."
            )
            % {"code": code},
            case=code,
        )
