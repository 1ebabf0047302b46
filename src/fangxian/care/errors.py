from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal


class NoSuchCareTransfer(NotFound):
    def __init__(self, transfer_id: UUID | str) -> None:
        super().__init__(_("journey to care"), transfer=str(transfer_id))


class NoSuchSeries(NotFound):
    def __init__(self, series_id: UUID) -> None:
        super().__init__(_("series of treatments"), series=str(series_id))


class NoSuchVisit(NotFound):
    def __init__(self, visit_id: UUID) -> None:
        super().__init__(_("visit to somebody"), visit=str(visit_id))


class NoSuchArrangement(NotFound):
    def __init__(self, id_: UUID) -> None:
        super().__init__(_("hospital or car"), arrangement=str(id_))


class JourneyToCareIsOver(Refusal):
    code = "journey_to_care_is_over"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "The journey %(code)s is over. If the person needs care again, ask for it anew: "
                "nothing more than that is needed."
            )
            % {"code": code},
            transfer=code,
        )


class MustBeDriven(Refusal):
    """Not a refusal of care: of a word that would keep somebody from it."""

    code = "must_be_driven"

    def __init__(self, what: str) -> None:
        super().__init__(
            _(
                "“%(what)s” is always driven: choose 120, a car of the street or the own car. A "
                "medic may come as well; never instead."
            )
            % {"what": what},
        )


class VehicleNotNamed(Refusal):
    code = "vehicle_not_named"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("Say which vehicle: its plate. Only 120 may come without one."))


class AnotherVehicle(Refusal):
    code = "another_vehicle"

    def __init__(self, plate: str) -> None:
        super().__init__(
            _(
                "%(plate)s already carries somebody: one vehicle, one patient. Send another, or "
                "say why these two belong together."
            )
            % {"plate": plate},
        )


class StillOnTheWay(Refusal):
    code = "still_on_the_way"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "%(code)s has left already: say whether the person is back home or stays in "
                "hospital."
            )
            % {"code": code},
            transfer=code,
        )


class SayWhatBecameOfThem(Refusal):
    code = "say_what_became_of_them"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("Say what became of the person; without that it is not closed."))


class WhoSaidSo(Refusal):
    code = "who_said_so"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(
            _(
                "Only the person, or who speaks for them, can say that they need not be brought: "
                "write down who said so."
            )
        )


class SeriesOutOfTime(Malformed):
    code = "series_out_of_time"

    def __init__(self, days: int) -> None:
        super().__init__(
            _(
                "Treatments are booked for at most %(days)d days at once, from today on: give a "
                "first and a last day within that, and book on later."
            )
            % {"days": days}
        )


class SeriesNeedsDays(Malformed):
    code = "series_needs_days"

    def __init__(self) -> None:
        super().__init__(
            _("Say on which days: days of the week, or every how many days, not both.")
        )


class TreatmentIsBooked(Refusal):
    code = "treatment_is_booked"

    def __init__(self) -> None:
        super().__init__(
            _("These treatments are booked for this person already. End that series first.")
        )


class NotAHospital(Malformed):
    code = "not_a_hospital"

    def __init__(self) -> None:
        super().__init__(_("Choose a hospital of the list of places."))


class NamesWhomToCall(Malformed):
    code = "names_whom_to_call"

    def __init__(self) -> None:
        super().__init__(_("Give a name and a phone number that is answered."))


class CarIsKept(Refusal):
    code = "car_is_kept"

    def __init__(self, plate: str) -> None:
        super().__init__(_("%(plate)s is kept ready already.") % {"plate": plate})


class HowWasIt(Malformed):
    code = "how_was_it"

    def __init__(self) -> None:
        super().__init__(_("Say how you looked in on the person, and what you found."))
