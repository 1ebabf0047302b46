from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Malformed, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake in a pack.

    key   dotted, as in `contact.window_before_onset.unit`
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class PackIsFaulty(Refusal):
    """A pack that cannot be read, is incomplete, or contradicts itself is never used."""

    code = "pack_is_faulty"
    status: ClassVar[int] = 422

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        listed = "\n".join(str(fault) for fault in self.faults)
        super().__init__(
            _("The pack “%(name)s” cannot be used. Mend these lines and check it again:")
            % {"name": name}
            + "\n"
            + listed,
            pack=name,
            faults=len(self.faults),
        )


class NoSuchPack(Refusal):
    code = "no_such_pack"
    status: ClassVar[int] = 404

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            _("There is no policy pack “%(name)s”. Known are: %(known)s.")
            % {"name": name, "known": ", ".join(known)},
            pack=name,
        )


class NotAWholePack(Refusal):
    """A guide is a part that packs build on; nobody can be governed by it alone."""

    code = "not_a_whole_pack"

    def __init__(self, stamp: str) -> None:
        super().__init__(
            _(
                "“%(stamp)s” is a guide for other packs to build on, not a whole pack. "
                "Choose a pack that extends it."
            )
            % {"stamp": stamp},
            pack=stamp,
        )


class NoSamplingGuide(Refusal):
    code = "no_sampling_guide"

    def __init__(self, stamp: str) -> None:
        super().__init__(
            _(
                "The pack “%(stamp)s” carries no guide for mass testing. "
                "Adopt a pack that extends one, such as cn-nat-g3."
            )
            % {"stamp": stamp},
            pack=stamp,
        )


class NoPackInForce(Refusal):
    code = "no_pack_in_force"

    def __init__(self, area_path: str) -> None:
        super().__init__(
            _(
                "No policy pack is in force here at that time, so nothing can be decided by rule. "
                "Somebody with the duty “Put a policy pack in force” must adopt one for this area "
                "or for one that contains it."
            ),
            area_path=area_path,
        )


class PackWasAltered(Refusal):
    """The file no longer says what was adopted: the rules would change without anybody deciding."""

    code = "pack_was_altered"

    def __init__(self, stamp: str) -> None:
        super().__init__(
            _(
                "The text of “%(stamp)s” is not the one that was adopted. Put the adopted text "
                "back, or give the new text a new version and adopt that."
            )
            % {"stamp": stamp},
            pack=stamp,
        )


class AdoptionWouldRewriteThePast(Refusal):
    code = "adoption_would_rewrite_the_past"

    def __init__(self, stamp: str) -> None:
        super().__init__(
            _(
                "“%(stamp)s” was adopted here for a later time already. "
                "An earlier start would change rules that people have acted on; choose a later one."
            )
            % {"stamp": stamp},
            pack=stamp,
        )


class AdoptionNeedsAReason(Malformed):
    code = "adoption_needs_a_reason"

    def __init__(self) -> None:
        super().__init__(
            _("Say why these rules are adopted: the number or the title of the notice is enough.")
        )


class NotAnAreaPath(Malformed):
    code = "not_an_area_path"

    def __init__(self, area_path: str) -> None:
        super().__init__(
            _("“%(path)s” is not the path of an area. Choose the area from the list.")
            % {"path": area_path},
            area_path=area_path,
        )
