"""What is asked often, and what is answered: one text, kept by those who answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.requests.errors import AnswerIsThere, WordsMissing
from fangxian.requests.events import AnswerSet, AnswerWithdrawn
from fangxian.requests.models import Answer, Category
from fangxian.requests.queries import answers_visible_to, must_see_to


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """A question and its answer; English beside it where there is one."""

    category: str
    question: str
    answer: str
    question_en: str = ""
    answer_en: str = ""
    keywords: str = ""
    source: str = ""


@transaction.atomic
def set_answers(actor: Actor, wanted: Sequence[NewAnswer], *, area_path: str) -> int:
    """Put many into the library at once; a question that is there keeps its answer. How many are
    new.
    """
    must_see_to(actor, area_path)
    rows = [
        Answer(
            id=new_id(),
            area_path=area_path,
            category=Category(one.category),
            question=one.question.strip(),
            answer=one.answer.strip(),
            question_en=one.question_en.strip(),
            answer_en=one.answer_en.strip(),
            keywords=one.keywords.strip(),
            source=one.source.strip(),
            set_by=actor.id,
            set_at=now(),
        )
        for one in wanted
    ]
    Answer.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    made = Answer.objects.filter(id__in=[row.id for row in rows])
    record_many(
        [AnswerSet(subject_id=row.id, area_path=area_path, category=row.category) for row in made],
        actor=actor,
    )
    return len(made)


@transaction.atomic
def set_answer(
    actor: Actor, new: NewAnswer, *, area_path: str, answer_id: UUID | None = None
) -> Answer:
    """Write an answer, or a better one in the place of another: calls keep what they were told."""
    must_see_to(actor, area_path)
    if not new.question.strip() or not new.answer.strip():
        raise WordsMissing
    used = 0
    if answer_id is not None:
        old = _answer(actor, answer_id)
        used, old.withdrawn_at = old.used, now()
        old.save(update_fields=["withdrawn_at"])
        area_path = old.area_path
    try:
        with transaction.atomic():
            one = Answer.objects.create(
                area_path=area_path,
                category=Category(new.category),
                question=new.question.strip(),
                answer=new.answer.strip(),
                question_en=new.question_en.strip(),
                answer_en=new.answer_en.strip(),
                keywords=new.keywords.strip(),
                source=new.source.strip(),
                used=used,
                set_by=actor.id,
                set_at=now(),
            )
    except IntegrityError as error:
        raise AnswerIsThere from error
    record(
        AnswerSet(subject_id=one.id, area_path=one.area_path, category=one.category), actor=actor
    )
    return one


@transaction.atomic
def withdraw_answer(actor: Actor, answer_id: UUID) -> Answer:
    """It no longer holds: nobody is answered with it from now on."""
    one = _answer(actor, answer_id)
    must_see_to(actor, one.area_path)
    one.withdrawn_at = now()
    one.save(update_fields=["withdrawn_at"])
    record(
        AnswerWithdrawn(subject_id=one.id, area_path=one.area_path, category=one.category),
        actor=actor,
    )
    return one


def _answer(actor: Actor, answer_id: UUID) -> Answer:
    found = answers_visible_to(actor).select_for_update().filter(id=answer_id).first()
    if found is None:
        raise NotFound(_("answer"))
    return found
