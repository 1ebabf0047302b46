from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, NotFound, Refusal

if TYPE_CHECKING:
    from fangxian.dispatch.models import Task


class TaskIsTaken(Refusal):
    code = "task_is_taken"

    def __init__(self, task: "Task") -> None:
        super().__init__(
            _(
                "Somebody else has taken this task already. "
                "Choose another, or ask the dispatcher to give it to you."
            ),
            task=str(task.id),
        )


class GivenToOthers(Refusal):
    code = "given_to_others"

    def __init__(self, task: "Task") -> None:
        super().__init__(
            _(
                "This task was given to a team or a post that you do not belong to. "
                "It is offered to you when it is late; until then ask the dispatcher."
            ),
            task=str(task.id),
        )


class TaskIsClosed(Refusal):
    code = "task_is_closed"

    def __init__(self, task: "Task") -> None:
        super().__init__(
            _("This task is %(state)s; nothing is left to be done about it.")
            % {"state": task.get_state_display()},
            task=str(task.id),
            state=task.state,
        )


class ReasonMissing(Malformed):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(
            _("Say why you cannot do this task, so that your superior can find another way.")
        )


class NoteMissing(Malformed):
    """Some things are only done when it is written down how."""

    code = "note_missing"

    def __init__(self) -> None:
        super().__init__(
            _("Write down how this ended: to whom you handed over, or what was decided.")
        )


class NotTheirDuty(Refusal):
    code = "not_their_duty"

    def __init__(self, duty: str) -> None:
        super().__init__(
            _(
                "This person cannot take the task: it needs the duty “%(duty)s” for that place. "
                "Choose somebody who has it."
            )
            % {"duty": duty},
            duty=duty,
        )


class NoSuchOwner(Malformed):
    """To whom a task was to be given: somebody who does not sign in, a post that is closed."""

    code = "no_such_owner"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class TeamIsDissolved(Refusal):
    code = "team_is_dissolved"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This team has been dissolved, so nobody would see the task. "
                "Give it to another team, or to whoever is responsible for the place."
            )
        )


class DueInThePast(Malformed):
    code = "due_in_the_past"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This time has passed already, so the task would be overdue at once. "
                "Give a time from now on; for what cannot wait, some minutes from now."
            )
        )


class CountMissing(Malformed):
    code = "count_missing"

    def __init__(self) -> None:
        super().__init__(_("Say how many: this task is done once the number is known, 0 also."))


class ScanMissing(Malformed):
    code = "scan_missing"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Scan the code at the place, or type what stands beneath it: "
                "it shows that somebody was there."
            )
        )


class AnotherCode(Refusal):
    code = "another_code"

    def __init__(self, scanned: str) -> None:
        super().__init__(
            _("“%(code)s” is the code of another place. Look whether you are at the right one.")
            % {"code": scanned},
            scanned=scanned,
        )


class NothingChosen(Malformed):
    code = "nothing_chosen"

    def __init__(self) -> None:
        super().__init__(_("No pending task is as you chose. Choose fewer conditions."))


class NobodyInTeam(Refusal):
    code = "nobody_in_team"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nobody of this team signs in, so its tasks cannot be shared out by name. "
                "Give them to the team as a whole."
            )
        )


# Directives


class NoSuchDirective(NotFound):
    code = "not_found"

    def __init__(self, directive_id: object) -> None:
        super().__init__(_("directive"), directive=str(directive_id))


class DirectiveIsKnown(Refusal):
    code = "directive_is_known"

    def __init__(self, number: str, directive_id: object) -> None:
        super().__init__(
            _(
                "This version of the directive is registered already, as %(code)s. "
                "Open that one; for a later text, raise the version and say which one it replaces."
            )
            % {"code": number},
            directive=str(directive_id),
        )


class DirectiveIsNotADraft(Refusal):
    code = "directive_is_not_a_draft"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This directive has been issued: people act on it. "
                "Register a later version that replaces it."
            )
        )


class DirectiveIsNotInForce(Refusal):
    code = "directive_is_not_in_force"

    def __init__(self, state: str) -> None:
        super().__init__(
            _("This directive is %(state)s; nothing has to be done about it any more.")
            % {"state": state}
        )


class EndsBeforeItBegins(Malformed):
    code = "ends_before_it_begins"

    def __init__(self) -> None:
        super().__init__(
            _("The directive would end before it begins. Correct one of the two times.")
        )


class EndedAlready(Malformed):
    code = "ended_already"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The directive's time was over before today. "
                "Correct the end, or keep the paper without issuing it."
            )
        )


class NotALaterVersion(Malformed):
    code = "not_a_later_version"

    def __init__(self, version: int) -> None:
        super().__init__(
            _("The directive that this one replaces is version %(n)s already. Give a higher one.")
            % {"n": version},
            version=version,
        )


class NothingToDo(Malformed):
    code = "nothing_to_do"

    def __init__(self) -> None:
        super().__init__(
            _("Minutes of a meeting without one thing to do need nobody. Add what was decided.")
        )


class NotYoursToAcknowledge(Refusal):
    code = "not_yours_to_acknowledge"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Only the people of the place itself acknowledge a directive. "
                "Remind them, or call the number beside its name."
            )
        )


class NotAcknowledgedYet(Refusal):
    code = "not_acknowledged_yet"

    def __init__(self) -> None:
        super().__init__(_("Acknowledge the directive first: then its tasks are made."))


class NotDoneYet(Refusal):
    code = "not_done_yet"

    def __init__(self, left: int) -> None:
        super().__init__(
            _(
                "%(n)s tasks of this directive are still pending there. "
                "Verify it when they are done."
            )
            % {"n": left},
            left=left,
        )


class VerifiedByTheDoer(Refusal):
    code = "verified_by_the_doer"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Whoever carried it out does not verify it. "
                "Somebody of the level above, who did not acknowledge it, has to look."
            )
        )
