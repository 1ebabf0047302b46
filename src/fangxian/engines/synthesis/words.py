"""Names for places that do not exist, in the manner of real ones."""

from collections.abc import Iterator, Sequence

from numpy.random import Generator

Names = Iterator[str]

_FIRST = (
    *(
        "祥和",
        "金座",
        "锦绣",
        "盛世",
        "福门",
        "安泰",
        "康乐",
        "阳光",
        "新天",
        "紫恒",
        "海湖",
        "香格",
    ),
    *(
        "碧水",
        "幸福",
        "和谐",
        "民惠",
        "百合",
        "雅居",
        "瑞景",
        "翡翠",
        "永安",
        "春晖",
        "润泽",
        "景岳",
    ),
    *(
        "南凉",
        "青塔",
        "三榆",
        "天年",
        "华府",
        "银龙",
        "万达",
        "佳和",
        "文景",
        "东方",
        "西宁",
        "昆仑",
    ),
    *(
        "湟水",
        "北川",
        "丁香",
        "云杉",
        "雪莲",
        "格桑",
        "高原",
        "金麦",
        "兴业",
        "通海",
        "同仁",
        "明珠",
    ),
)
_SECOND = (
    "家园",
    "花园",
    "小区",
    "苑",
    "雅苑",
    "新村",
    "名邸",
    "华庭",
    "佳苑",
    "嘉园",
    "公寓",
    "府",
)


def estates(random: Generator) -> Names:
    """Names of housing estates, each once: 祥和家园, … and 祥和家园二期 when they run out."""
    phase = 1
    while True:
        suffix = "" if phase == 1 else f"{_chinese(phase)}期"
        names = [first + second + suffix for first in _FIRST for second in _SECOND]
        for at in random.permutation(len(names)):
            yield names[at]
        phase += 1


_DIGITS = "零一二三四五六七八九"


def _chinese(number: int) -> str:
    if number < len(_DIGITS):
        return _DIGITS[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


# Kinds of shop with their share of all venues and the manner of their names.
VENUES: Sequence[tuple[str, float]] = (
    ("餐厅", 0.14),
    ("牛肉面馆", 0.09),
    ("火锅店", 0.05),
    ("便利店", 0.16),
    ("超市", 0.10),
    ("果蔬店", 0.08),
    ("大药房", 0.08),
    ("理发店", 0.07),
    ("诊所", 0.04),
    ("茶饮店", 0.04),
    ("五金店", 0.04),
    ("农贸市场", 0.02),
    ("宾馆", 0.03),
    ("健身房", 0.02),
    ("棋牌室", 0.02),
    ("影院", 0.01),
    ("网吧", 0.01),
)
_SHOP_FIRST = "福顺鑫宏金旺老新美佳恒天瑞盛兴和德永万吉"
_SHOP_SECOND = "源达隆泰丰盛昌利祥诚康宝缘佳荣茂兴顺和聚"
WORKPLACES = (
    "商贸有限公司",
    "建材厂",
    "物流园",
    "食品厂",
    "机械厂",
    "汽修厂",
    "写字楼",
    "办事大厅",
)
SCHOOLS = ("幼儿园", "小学", "中学", "职业学校")


def shop(random: Generator, kind: str) -> str:
    first = _SHOP_FIRST[int(random.integers(len(_SHOP_FIRST)))]
    return first + _SHOP_SECOND[int(random.integers(len(_SHOP_SECOND)))] + kind
