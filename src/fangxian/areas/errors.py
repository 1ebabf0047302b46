from typing import ClassVar

from django.utils.translation import gettext as _

from fangxian.kernel.errors import Refusal


class AreaNotFit(Refusal):
    """The tree has an order of levels: a community stands in a subdistrict, never the reverse."""

    code = "area_not_fit"
    status: ClassVar[int] = 422

    def __init__(self, level: str, parent_level: str) -> None:
        super().__init__(
            _("A %(level)s cannot stand in a %(parent)s. Choose a higher area.")
            % {"level": level, "parent": parent_level},
        )


class AreaInsideItself(Refusal):
    code = "area_inside_itself"

    def __init__(self) -> None:
        super().__init__(
            _("An area cannot be moved into itself or into a part of it. Choose another place.")
        )


class AreaHasEnded(Refusal):
    code = "area_has_ended"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "“%(name)s” was ended and takes nothing in any more. "
                "Choose the area that followed it."
            )
            % {"name": name}
        )


class CodeInUse(Refusal):
    code = "code_in_use"

    def __init__(self, division_code: str, name: str) -> None:
        super().__init__(
            _(
                "The division code %(code)s is still that of “%(name)s”. Change that one first, "
                "or decide both changes together."
            )
            % {"code": division_code, "name": name},
            division_code=division_code,
        )


class NotADivisionCode(Refusal):
    code = "not_a_division_code"
    status: ClassVar[int] = 422

    def __init__(self, text: str, digits: str) -> None:
        super().__init__(
            _("“%(text)s” is not a division code here: %(digits)s digits are expected.")
            % {"text": text[:20], "digits": digits}
        )


class NameMissing(Refusal):
    code = "name_missing"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("An area needs a name of 1 to 60 characters. Enter one."))


class DistrictNotListed(Refusal):
    code = "district_not_listed"
    status: ClassVar[int] = 422

    def __init__(self, district: str) -> None:
        super().__init__(
            _(
                "The files have no row for the district %(district)s. Check the six digits, and "
                "that the file of districts is among them; a development zone has a code of its "
                "own."
            )
            % {"district": district},
            district=district,
        )


class NotADivisionTable(Refusal):
    code = "not_a_division_table"
    status: ClassVar[int] = 422

    def __init__(self, file: str) -> None:
        super().__init__(
            _(
                "%(file)s is not a division table: its first line must name the columns code and "
                "name, and the column of the parent's code. Files must be UTF-8."
            )
            % {"file": file}
        )


class OlderEdition(Refusal):
    code = "older_edition"

    def __init__(self, edition: int, known: int) -> None:
        super().__init__(
            _(
                "The tree already follows the edition of %(known)s; the edition of %(edition)s is "
                "older and would undo decisions. Import a later one."
            )
            % {"edition": edition, "known": known},
            edition=edition,
            known=known,
        )


class ChangeIsDecided(Refusal):
    code = "change_is_decided"

    def __init__(self) -> None:
        super().__init__(_("This change has already been decided. Open the list again."))


class ChangeIsAmbiguous(Refusal):
    code = "change_is_ambiguous"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(name)s” may mean more than one place. Say which one it is, or that it is new.")
            % {"name": name}
        )


class ParentNotThere(Refusal):
    code = "parent_not_there"

    def __init__(self, name: str, parent_code: str) -> None:
        super().__init__(
            _(
                "“%(name)s” belongs to the area %(code)s, which does not exist yet. "
                "Decide the change of that area first, or both together."
            )
            % {"name": name, "code": parent_code}
        )


class NoOutline(Refusal):
    code = "no_outline"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "“%(name)s” has no outline. Import one: "
                "fangxian areas outlines FILE --district CODE."
            )
            % {"name": name}
        )


class NotGeoJson(Refusal):
    code = "not_geojson"
    status: ClassVar[int] = 422

    def __init__(self) -> None:
        super().__init__(_("This is no GeoJSON FeatureCollection. Export it as one and try again."))


class AlreadyBuilt(Refusal):
    code = "already_built"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "“%(name)s” already has buildings. A made-up structure is built into an "
                "empty one only."
            )
            % {"name": name}
        )
