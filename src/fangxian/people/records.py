"""What a person says of themselves, checked and brought into the form the register keeps."""

from datetime import date
from typing import Any, TypedDict

from django.db import connection

from fangxian.areas.models import Area
from fangxian.kernel.clock import today
from fangxian.kernel.vault import Secret, blind_index, seal
from fangxian.people import errors, rules
from fangxian.people.models import Resident


class Particulars(TypedDict, total=False):
    """What is known of a person. Text may come in any form; it is brought to the normal one."""

    name: str
    identity_type: str
    identity: str
    phone: str
    sex: str
    birth_date: date | None


def checked(said: Particulars, *, synthetic: bool = False) -> dict[str, Any]:
    """The columns of a resident for these particulars, or the refusal of what is wrong."""
    values = normal(said, synthetic=synthetic)
    for kind in ("name", "identity", "phone"):
        plain = values[kind]
        # Sealed at once, so that nobody who is handed the record sees more than the masked form.
        values[kind] = Secret(kind, seal(plain, kind)) if plain else None
        values[f"{kind}_index"] = blind_index(kind, plain) if plain else None
    return values


def normal(said: Particulars, *, synthetic: bool = False, on: date | None = None) -> dict[str, Any]:
    """Particulars in their normal form, or the refusal of the first that is wrong.

    An identity card gives birth date and sex; where both are said they must agree.
    on   the present day, for whoever asks often
    """
    on = on or today()
    name = rules.normal_name(said.get("name", ""))
    if not rules.is_name(name):
        raise errors.NameWrong
    identity = rules.normal_identity(said.get("identity") or "")
    kind = said.get("identity_type") or rules.RESIDENT_CARD
    phone = rules.normal_phone(said.get("phone") or "")
    if phone and not rules.is_phone(phone):
        raise errors.PhoneWrong
    sex, born = said.get("sex") or Resident.Sex.UNKNOWN, said.get("birth_date")
    if identity:
        fault = rules.identity_fault(identity, on=on, kind=kind, synthetic=synthetic)
        if fault:
            raise errors.IdentityWrong(fault)
    if identity and kind == rules.RESIDENT_CARD:
        sex, born = _as_on_card(identity, sex, born)
    if born and not rules.is_birth_date(born, on=on):
        raise errors.BirthDateWrong
    return {
        "name": name,
        "identity_type": kind,
        "identity": identity or None,
        "phone": phone or None,
        "sex": sex,
        "birth_date": born,
    }


def _as_on_card(identity: str, sex: str, born: date | None) -> tuple[str, date | None]:
    if born and born != rules.birth_date_of(identity):
        raise errors.BirthDateWrong(disagrees=True)
    if sex not in {Resident.Sex.UNKNOWN, rules.sex_of(identity)}:
        raise errors.SexDisagrees
    return rules.sex_of(identity), rules.birth_date_of(identity)


def restated(resident: Resident, said: Particulars) -> Particulars:
    """What is said now, with the rest as the register has it.

    A new identity number brings its own birth date and sex unless these are said as well.
    """
    known = Particulars(
        name=resident.name.reveal(),
        identity_type=resident.identity_type,
        identity=resident.identity.reveal() if resident.identity else "",
        phone=resident.phone.reveal() if resident.phone else "",
        sex=resident.sex,
        birth_date=resident.birth_date,
    )
    if said.get("identity"):
        known["birth_date"], known["sex"] = None, Resident.Sex.UNKNOWN
    return {**known, **said}


def differences(resident: Resident, values: dict[str, Any]) -> list[str]:
    """Names of the particulars that would change."""
    compared = {
        "name": "name_index",
        "identity_type": "identity_type",
        "identity": "identity_index",
        "phone": "phone_index",
        "sex": "sex",
        "birth_date": "birth_date",
    }
    return [
        name
        for name, column in compared.items()
        if _comparable(getattr(resident, column)) != _comparable(values[column])
    ]


def _comparable(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def with_identity(index: bytes | None) -> Resident | None:
    """Whoever has this identity number, anywhere in the register; locked."""
    if index is None:
        return None
    return Resident.objects.select_for_update().filter(identity_index=index).first()


def next_numbers(count: int) -> list[int]:
    """Short numbers that nobody has had before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('people_resident_number') FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def day_of(said: date | None, *, not_before: date | None = None) -> date:
    """The day said, or today; never in the future."""
    day = said or today()
    if day > today() or (not_before and day < not_before):
        raise errors.DayWrong
    return day


def district_of(path: str) -> str:
    """The district that a place lies in; the topmost area where there is none."""
    steps = path.split("/")[:-1]
    above = ["/".join(steps[:n]) + "/" for n in range(1, len(steps) + 1)]
    district = Area.objects.filter(path__in=above, level=Area.Level.DISTRICT).first()
    return district.path if district else above[0]
