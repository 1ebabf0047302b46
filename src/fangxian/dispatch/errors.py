from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, Refusal

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
