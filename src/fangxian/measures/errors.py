from datetime import datetime
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m-%d %H:%M}"


class NoSuchOrder(NotFound):
    def __init__(self, order_id: UUID) -> None:
        super().__init__(_("order"), order=str(order_id))


class NoSuchRiskArea(NotFound):
    def __init__(self, risk_area_id: UUID) -> None:
        super().__init__(_("risk area"), risk_area=str(risk_area_id))


class NoSuchExit(NotFound):
    def __init__(self, exit_id: UUID) -> None:
        super().__init__(_("emergency exit"), exit=str(exit_id))


class NoSuchObjection(NotFound):
    def __init__(self, objection_id: UUID) -> None:
        super().__init__(_("objection"), objection=str(objection_id))


class NoSuchPerson(NotFound):
    def __init__(self, resident_id: UUID) -> None:
        super().__init__(_("resident"), resident=str(resident_id))


class CountedFromTheFuture(Malformed):
    code = "counted_from_the_future"

    def __init__(self, counted_from: datetime) -> None:
        super().__init__(
            _("Days cannot be counted from %(when)s, which has not come yet. Check the time.")
            % {"when": _said(counted_from)}
        )


class EndIsNotLater(Malformed):
    code = "end_is_not_later"

    def __init__(self, ends_at: datetime) -> None:
        super().__init__(
            _("An extension must end after the present end, %(when)s. Choose a later time.")
            % {"when": _said(ends_at)}
        )


class OrderIsOver(Refusal):
    code = "order_is_over"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Order %(code)s has ended. If there is a new ground, issue a new order.")
            % {"code": code},
            order=code,
        )


class NotYetReleasable(Refusal):
    code = "not_yet_releasable"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Order %(code)s does not fulfil its conditions yet: its end must be reached and "
                "every test day be negative. To release earlier, end it with a reason."
            )
            % {"code": code},
            order=code,
        )


class ServiceNeedsProof(Malformed):
    code = "service_needs_proof"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Say what proves that the order arrived: who took it, or how the message was "
                "answered."
            )
        )


class NothingToServe(Refusal):
    code = "nothing_to_serve"

    def __init__(self, place: str) -> None:
        super().__init__(_("Every order of %(place)s has been served already.") % {"place": place})


class NoSuchWay(Malformed):
    code = "no_such_way"

    def __init__(self, how: str) -> None:
        super().__init__(
            _("“%(how)s” is no way to serve an order. Choose one from the list.") % {"how": how},
            how=how,
        )


class RecordWasMerged(Refusal):
    code = "record_was_merged"

    def __init__(self, kept: UUID) -> None:
        super().__init__(
            _(
                "This record was merged into another one of the same person. Issue the order for "
                "the record that was kept."
            ),
            resident=str(kept),
        )


class ObjectionNeedsText(Malformed):
    code = "objection_needs_text"

    def __init__(self) -> None:
        super().__init__(_("Say what the objection is: one sentence is enough."))


class ReasonNeeded(Malformed):
    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(
            _("This decision needs a reason that the people concerned can read. Add one sentence.")
        )


class SecondOfficerNeeded(Refusal):
    code = "second_officer_needed"
    status: ClassVar[int] = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Whoever issued the order or filed the objection does not decide on it. "
                "Hand it to another officer."
            )
        )


class ObjectionIsDecided(Refusal):
    code = "objection_is_decided"

    def __init__(self) -> None:
        super().__init__(
            _("This objection has been decided already. A new objection may be filed.")
        )


class RulesAreOthersByNow(Refusal):
    code = "rules_are_others_by_now"

    def __init__(self, shown: str, stamp: str) -> None:
        super().__init__(
            _(
                "What was shown follows %(shown)s; in force is %(pack)s. Look at the page again "
                "before you approve."
            )
            % {"shown": shown, "pack": stamp},
            pack=stamp,
        )


class NoSuchLevel(Refusal):
    code = "no_such_level"

    def __init__(self, level: str, pack: str) -> None:
        super().__init__(
            _("The rules in force (%(pack)s) know no risk level “%(level)s”.")
            % {"pack": pack, "level": level},
            level=level,
            pack=pack,
        )


class PlaceDoesNotFitUnit(Malformed):
    code = "place_does_not_fit_unit"

    def __init__(self, unit: str) -> None:
        super().__init__(
            _("This place is wider than the unit “%(unit)s”. Name the exact place.")
            % {"unit": unit},
            unit=unit,
        )


class RiskAreaIsOver(Refusal):
    code = "risk_area_is_over"

    def __init__(self, code: str, state: str) -> None:
        super().__init__(
            _("Risk area %(code)s cannot be changed any more: it is %(state)s.")
            % {"code": code, "state": state},
            risk_area=code,
        )


class RiskAreaIsNotInForce(Refusal):
    code = "risk_area_is_not_in_force"

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Risk area %(code)s is not in force yet. Approve or reject the proposal first.")
            % {"code": code},
            risk_area=code,
        )


# What guards say. See guards.py.


class GuardRefusal(Refusal):
    """What may never be done. Each is kept in the ledger although nothing else changes.

    number   of the nine prohibitions of 5 June 2022; 0 where it is our own rule
    """

    status: ClassVar[int] = 403
    number: ClassVar[int] = 0


class OrderWithoutCause(GuardRefusal):
    code = "order_without_cause"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nobody may be restricted without a cause. Name the recorded fact that this "
                "rests on, such as a result or a confirmed contact."
            )
        )


class OrderWithoutEnd(GuardRefusal):
    code = "order_without_end"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nobody may be restricted without an end. The rules in force name none here; "
                "a pack that does must be adopted first."
            )
        )


class IsolatesFromLowRisk(GuardRefusal):
    code = "isolates_from_low_risk"
    number = 2

    def __init__(self) -> None:
        super().__init__(
            _(
                "People from low-risk areas may not be sent back or isolated (second of the nine "
                "prohibitions). Testing and self-monitoring are the most that may be asked."
            )
        )


class WidensWhoIsIsolated(GuardRefusal):
    code = "widens_who_is_isolated"
    number = 4

    def __init__(self) -> None:
        super().__init__(
            _(
                "The rules in force do not ask for this measure for such a person, and the set of "
                "people isolated may not be widened (fourth of the nine prohibitions)."
            )
        )


class ProlongsIsolation(GuardRefusal):
    code = "prolongs_isolation"
    number = 5

    def __init__(self, latest: datetime | None) -> None:
        until = (
            _("The latest end is %(when)s.") % {"when": _said(latest)}
            if latest
            else _("The rules in force no longer ask for this measure.")
        )
        super().__init__(
            _(
                "Isolation may not be longer than the rules ask without new evidence of infection "
                "(fifth of the nine prohibitions)."
            )
            + " "
            + until,
            latest=latest.isoformat() if latest else "",
        )


class ExtensionWithoutReason(GuardRefusal):
    code = "extension_without_reason"
    number = 5

    def __init__(self) -> None:
        super().__init__(
            _("No order is extended without a reason that the person can read. Write one sentence.")
        )


class LimitsTravelOutsideRiskAreas(GuardRefusal):
    code = "limits_travel_outside_risk_areas"
    number = 1

    def __init__(self) -> None:
        super().__init__(
            _(
                "Travel may not be limited outside medium- and high-risk areas (first of the nine "
                "prohibitions). Declare the place where the risk is, not the rest of the district."
            )
        )


class WidensRiskArea(GuardRefusal):
    code = "widens_risk_area"
    number = 1

    def __init__(self, unit: str, largest: str) -> None:
        super().__init__(
            _(
                "The rules in force allow this level for “%(largest)s” at most, not for "
                "“%(unit)s”. Choose the narrower unit."
            )
            % {"unit": unit, "largest": largest},
            unit=unit,
        )


class WidensRiskAreaWithoutReason(GuardRefusal):
    code = "widens_risk_area_without_reason"
    number = 1

    def __init__(self, unit: str, usual: str) -> None:
        super().__init__(
            _(
                "“%(unit)s” is wider than the “%(usual)s” that the rules name. "
                "Give the reason found by investigation, or choose the narrower unit."
            )
            % {"unit": unit, "usual": usual},
            unit=unit,
        )


class PackChangeProlongs(GuardRefusal):
    code = "pack_change_prolongs"
    number = 5

    def __init__(self) -> None:
        super().__init__(
            _(
                "Rules that came into force later make nobody's restriction longer or stricter "
                "without new evidence of infection (fifth of the nine prohibitions). What was "
                "ordered stays as it was."
            )
        )


class PosterScansAlone(GuardRefusal):
    code = "poster_scans_alone"
    number = 4

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nobody may be restricted by scans of a printed poster alone: a photograph of it "
                "can be scanned anywhere. Ask the person, or find other evidence."
            )
        )


class ProlongsRiskArea(GuardRefusal):
    code = "prolongs_risk_area"
    number = 3

    def __init__(self) -> None:
        super().__init__(
            _(
                "The days of a risk area are counted anew only after a new infection or contact "
                "(third of the nine prohibitions). Name the recorded fact."
            )
        )
