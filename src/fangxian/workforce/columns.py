"""What the columns of lists of organisations and of people hold, in Chinese and in English."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import override

from fangxian.people.rules import half_width
from fangxian.people.sheets import Cell
from fangxian.workforce.models import Member, Organisation, Skill

_ORGANISATIONS: Mapping[str, Sequence[str]] = {
    "name": ["名称", "组织名称", "单位名称", "单位", "队伍名称", "党支部名称", "name"],
    "kind": ["类型", "类别", "组织类型", "单位类型", "性质", "kind", "type"],
    "place": [
        "社区", "村社区", "所在社区", "街道", "辖区", "区域", "地点", "服务范围", "place", "area",
    ],
    "parent": ["上级", "上级组织", "上级单位", "隶属", "所属", "主管单位", "belongs to", "parent"],
    "phone": ["电话", "联系电话", "值班电话", "phone", "telephone"],
    "contact": ["联系人", "负责人", "contact", "contact person"],
}  # fmt: skip
_PEOPLE: Mapping[str, Sequence[str]] = {
    "name": ["姓名", "名字", "人员姓名", "name", "full name"],
    "phone": ["电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "phone", "mobile"],
    "kind": ["人员类别", "类别", "身份", "人员类型", "kind", "type"],
    "unit": [
        "单位", "工作单位", "派出单位", "所在单位", "所属单位", "unit", "home unit", "sent by",
    ],
    "place": [
        "报到社区", "社区", "下沉社区", "工作社区", "村社区", "报到地", "下沉地点", "报到单位",
        "community", "checks in at", "place",
    ],
    "home": ["居住社区", "居住地", "现住社区", "家庭住址", "lives at", "home community"],
    "skills": ["技能", "特长", "专业", "skills", "skill"],
    "party": ["政治面貌", "是否党员", "党员", "party member"],
    "duty_phone": ["值班电话", "工作电话", "duty phone"],
    "team": ["队伍", "小组", "所在队伍", "党支部", "team"],
}  # fmt: skip
_KINDS_OF_ORGANISATION = {
    "指挥部": "command_post", "工作组": "working_group", "专班": "working_group",
    "街道": "government", "街道办事处": "government", "机关": "unit", "事业单位": "unit",
    "区直单位": "unit", "社区": "committee", "村": "committee", "居委会": "committee",
    "村委会": "committee", "党支部": "branch", "临时党支部": "temporary_branch",
    "突击队": "squad", "尖刀班": "squad", "战斗队": "squad", "志愿服务队": "team",
    "志愿者队伍": "team", "服务队": "team", "企业": "enterprise", "国企": "enterprise",
    "物业": "property", "物业公司": "property", "业委会": "owners", "派出所": "police",
    "警务室": "police", "卫生服务中心": "clinic", "医院": "clinic", "诊所": "clinic",
    "商店": "shop", "超市": "shop", "药店": "shop",
}  # fmt: skip
_KINDS_OF_PEOPLE = {
    "社区干部": "cadre", "村干部": "cadre", "村社区干部": "cadre", "网格员": "grid_worker",
    "网格长": "grid_worker", "机关干部": "official", "区级干部": "official",
    "下沉干部": "secondee", "抽调干部": "secondee", "志愿者": "volunteer",
    "党员志愿者": "volunteer", "医务人员": "medic", "医护": "medic", "医生": "medic",
    "护士": "medic", "民兵": "militia", "新录用公务员": "recruit", "选调生": "recruit",
    "民警": "police", "警察": "police", "辅警": "police", "司机": "driver", "驾驶员": "driver",
}  # fmt: skip
_SKILLS = {
    "采样": "sampling", "核酸采样": "sampling", "登记": "registration", "扫码": "registration",
    "秩序": "order", "秩序维护": "order", "医疗": "medicine", "护理": "medicine",
    "医护": "medicine", "急救": "first_aid", "驾驶": "driving", "开车": "driving",
    "消杀": "disinfection", "消毒": "disinfection", "热线": "hotline", "接线": "hotline",
    "心理": "counselling", "心理疏导": "counselling", "流调": "tracing", "录入": "data",
    "数据录入": "data", "翻译": "languages", "手语": "languages", "搬运": "carrying",
    "配送": "carrying",
}  # fmt: skip
_YES = frozenset({"是", "党员", "中共党员", "中共预备党员", "预备党员", "yes", "y", "1", "true"})
_APART = re.compile(r"[,，、;；/ ]+")


def bare(text: str) -> str:
    """ "联系电话（必填）*" is "联系电话"."""
    plain = re.sub(r"\(.*?\)|\[.*?\]", "", half_width(text).lower())
    return re.sub(r"[\s_*/、:.\-]", "", plain)


def meanings(header: Iterable[Cell], *, of_people: bool) -> dict[str, int]:
    """Which column holds what; the first of two that say the same."""
    known = _PEOPLE if of_people else _ORGANISATIONS
    words = {bare(word): meaning for meaning, said in known.items() for word in said}
    found: dict[str, int] = {}
    for position, cell in enumerate(header):
        meaning = words.get(bare(str(cell or "")))
        if meaning and meaning not in found:
            found[meaning] = position
    return found


def label(meaning: str) -> str:
    return {
        "name": _("name"),
        "kind": _("kind"),
        "place": _("community"),
        "parent": _("belongs to"),
        "phone": _("phone"),
        "contact": _("contact person"),
        "unit": _("unit"),
        "home": _("lives in"),
        "skills": _("skills"),
        "party": _("Party member"),
        "duty_phone": _("duty phone"),
        "team": _("team"),
    }[meaning]


@cache
def _said_in_both(choices: type[TextChoices]) -> Mapping[str, str]:
    """Every label of some choices, as either language says it."""
    found: dict[str, str] = {}
    for language in ("en", "zh-hans"):
        with override(language):
            found.update((bare(str(said)), str(word)) for word, said in choices.choices)
    return found


def _word(text: str, choices: type[TextChoices], more: Mapping[str, str]) -> str | None:
    key = bare(text)
    if key in choices.values:
        return key
    return _said_in_both(choices).get(key) or more.get(key)


def kind_of_organisation(text: str) -> str | None:
    return _word(text, Organisation.Kind, _KINDS_OF_ORGANISATION)


def kind_of_person(text: str) -> str | None:
    return _word(text, Member.Kind, _KINDS_OF_PEOPLE)


def skills_in(text: str) -> tuple[list[str], list[str]]:
    """The skills that are known, and the words that are none."""
    known: list[str] = []
    unknown: list[str] = []
    for part in filter(None, _APART.split(text.strip())):
        skill = _word(part, Skill.Kind, _SKILLS)
        (known if skill else unknown).append(skill or part)
    return known, unknown


def is_yes(text: str) -> bool:
    return bare(text) in _YES
