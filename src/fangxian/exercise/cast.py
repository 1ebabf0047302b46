"""Who acts in the demonstration. Their password is published: these are not people."""

from dataclasses import dataclass
from uuid import UUID

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.models import Account

PASSWORD = "fangxian-demo"  # noqa: S105 - printed on the first page of the demonstration


@dataclass(frozen=True, slots=True)
class Part:
    """One role: `where` names a place of the scene, such as "district", "grid" or "site"."""

    username: str
    name: str
    post: str
    where: str
    duties: tuple[Duty, ...]


PARTS = (
    Part(
        "chen",
        "陈建国",
        "值班指挥长",
        "district",
        (
            Duty.COMMAND,
            Duty.DECIDE_MEASURES,
            Duty.SET_POLICY,
            Duty.PLAN_ROUNDS,
            Duty.DISPATCH,
            Duty.SEE_REGISTER,
            Duty.INVESTIGATE,
        ),
    ),
    Part("zhou", "周婷", "采样登记员", "subdistrict", (Duty.COLLECT_SAMPLES,)),
    Part("gao", "高卫东", "卡口值守员", "subdistrict", (Duty.GUARD, Duty.CARRY_OUT)),
    Part("li", "李敏", "检测实验室", "district", (Duty.ENTER_RESULTS,)),
    Part("ma", "马玉梅", "应急采样队", "district", (Duty.COLLECT_SAMPLES,)),
    Part(
        "zhao",
        "赵静",
        "流调溯源组",
        "district",
        (Duty.INVESTIGATE, Duty.SEE_REGISTER, Duty.KEEP_REGISTER, Duty.UNMASK),
    ),
    Part(
        "liu",
        "刘志强",
        "街道办事处",
        "subdistrict",
        (Duty.DISPATCH, Duty.CARRY_OUT, Duty.SEE_REGISTER, Duty.KEEP_REGISTER),
    ),
    Part(
        "wang",
        "王海峰",
        "网格员",
        "grid",
        (Duty.CARRY_OUT, Duty.SEE_REGISTER),
    ),
    Part("he", "何秀珍", "热线接线员", "district", (Duty.ANSWER_CALLS,)),
    Part(
        "min",
        "闵慧",
        "组织部",
        "district",
        (Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.ANSWER_CALLS, Duty.COMMAND),
    ),
    Part("lu", "卢海燕", "志愿者", "subdistrict", (Duty.CARRY_OUT,)),
    Part("ye", "叶晓兰", "隔离点工作人员", "site", (Duty.CARRY_OUT,)),
    Part("sun", "孙丽", "审计", "district", (Duty.AUDIT, Duty.SEE_REGISTER)),
    Part(
        "yang",
        "杨涛",
        "系统运维",
        "district",
        (Duty.OPERATE, Duty.MANAGE_ACCOUNTS, Duty.MANAGE_AREAS),
    ),
)

BUILDER = Actor(
    id=UUID("00000000-0000-7000-8000-00000000000e"),
    within="",
    duties=frozenset(Duty),
    name="exercise",
)


def engage(places: dict[str, str]) -> dict[str, Actor]:
    """Make the accounts, each in its place of the scene; the actors by user name."""
    actors = {}
    for part in PARTS:
        account = Account(
            username=part.username,
            display_name=part.name,
            post=part.post,
            area_path=places[part.where],
            duties=[str(duty) for duty in part.duties],
            demo=True,
        )
        account.set_password(PASSWORD)
        account.save()
        actors[part.username] = account.actor
    return actors
