"""What ends when somebody is noted as deceased.

    a death is noted                                       people.note_death
      a room kept for them is given up, nobody fetches
        them                                               quarantine.give_up_room
      their orders end                                     measures.end_orders_of
        and with each what waited because of it            order_ending, daily_monitoring
      tests that they owe are cancelled                    sampling.cancel_tests_of
      nobody need be reached in a screening                screening.close_follow_ups_of
      other tasks about them are no longer needed          dispatch.close_tasks_about

A case stays a case, and its contacts are traced: only the person is asked for nothing any more. An
order, test or call for somebody who has died is refused. A mark taken back brings nothing back by
itself.
"""

from django.utils.translation import gettext_noop

from fangxian.dispatch.actions import close_tasks_about
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.measures.actions import end_orders_of
from fangxian.people.events import ResidentDied
from fangxian.quarantine.actions import give_up_room
from fangxian.sampling.actions import cancel_tests_of
from fangxian.screening.actions import close_follow_ups_of


def on_resident_died(fact: ResidentDied, event: Event) -> None:
    person = fact.subject_id
    give_up_room(PLAYBOOK, person, because=event)
    end_orders_of(PLAYBOOK, person, reason=gettext_noop("The person has died."), because=event)
    cancel_tests_of(PLAYBOOK, person, because=event)
    close_follow_ups_of(PLAYBOOK, person, because=event)
    close_tasks_about(PLAYBOOK, person, because=event)


on(ResidentDied, on_resident_died)
