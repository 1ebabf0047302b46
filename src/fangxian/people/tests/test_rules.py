"""What must hold for every identity number, phone, name and age."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.people import rules
from fangxian.people.rules import IdentityFault, NotAPersonRef, PersonRef

TODAY = date(2022, 9, 2)
births = st.dates(date(1900, 1, 1), TODAY)
divisions = st.sampled_from(["110105", "340524", "630105", "659001", "830000"])
sequences = st.integers(1, 999)


def number(division: str, born: date, sequence: int) -> str:
    digits = f"{division}{born:%Y%m%d}{sequence:03d}"
    return digits + rules.check_character(digits)


def fault(text: str, **how: object) -> IdentityFault | None:
    return rules.identity_fault(text, on=TODAY, **how)  # type: ignore[arg-type]


def test_the_examples_of_the_standard_are_right() -> None:
    assert fault("34052419800101001X") is None
    assert fault("11010519491231002X") is None


@given(divisions, births, sequences)
def test_a_number_tells_birth_date_and_sex(division: str, born: date, sequence: int) -> None:
    text = number(division, born, sequence)

    assert fault(text) is None
    assert rules.birth_date_of(text) == born
    assert rules.sex_of(text) == ("male" if sequence % 2 else "female")


@given(divisions, births, sequences, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_sign_is_always_noticed(
    division: str, born: date, sequence: int, position: int, sign: str
) -> None:
    right = number(division, born, sequence)
    wrong = right[:position] + sign + right[position + 1 :]

    assert wrong == right or fault(wrong) is not None


@given(divisions, births, sequences, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_noticed(
    division: str, born: date, sequence: int, position: int
) -> None:
    right = number(division, born, sequence)
    pair = right[position : position + 2]
    wrong = right[:position] + pair[::-1] + right[position + 2 :]

    assert wrong == right or fault(wrong) is not None


@given(divisions, births, sequences)
def test_the_way_it_was_typed_does_not_matter(division: str, born: date, sequence: int) -> None:
    text = number(division, born, sequence)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in text)

    for typed in (f" {text[:6]} {text[6:14]} {text[14:]} ", wide, text.lower(), text + "\u200b"):
        assert rules.normal_identity(typed) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("34052419800101001", IdentityFault.LENGTH),
        ("630105830101123", IdentityFault.FIFTEEN_DIGITS),
        ("34052419800101A01X", IdentityFault.SIGNS),
        ("00052419800101001X", IdentityFault.DIVISION),
        ("34052419800230001X", IdentityFault.BIRTH_DATE),
        ("34052418991231001X", IdentityFault.BIRTH_DATE),
        ("34052420220903001X", IdentityFault.FUTURE),
        ("340524198001010010", IdentityFault.CHECK_DIGIT),
    ],
)
def test_what_is_wrong_is_said(text: str, expected: IdentityFault) -> None:
    assert fault(text) == expected


@given(births, sequences)
def test_made_up_numbers_are_right_for_made_up_people_only(born: date, sequence: int) -> None:
    text = number("990105", born, sequence)

    assert fault(text, synthetic=True) is None
    assert fault(text) == IdentityFault.RESERVED


@pytest.mark.parametrize(
    ("kind", "text"),
    [("14", "H12345678"), ("15", "12345678"), ("20", "E12345678"), ("34", "USA110198001011")],
)
def test_other_documents_have_a_shape_of_their_own(kind: str, text: str) -> None:
    assert fault(text, kind=kind) is None
    assert fault("!", kind=kind) == IdentityFault.SHAPE


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("139 9712 3456", "13997123456"),
        ("+86-139-9712-3456", "13997123456"),
        ("008613997123456", "13997123456"),
        ("１３９９７１２３４５６", "13997123456"),
        ("0971-8234567", "09718234567"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_phones_are_found_however_they_were_typed(typed: str, normal: str) -> None:
    assert rules.normal_phone(typed) == normal
    assert rules.is_phone(normal)


@pytest.mark.parametrize("text", ["12345", "11997123456", "139971234567", "phone", "1 10"])
def test_what_is_no_phone_is_noticed(text: str) -> None:
    assert not rules.is_phone(rules.normal_phone(text))


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" 王 建国 ", "王建国"),
        ("买买提•阿不都拉", "买买提·阿不都拉"),
        ("John  Smith", "John Smith"),
        ("O'Brien", "O'Brien"),
    ],
)
def test_names_are_brought_to_one_form(typed: str, normal: str) -> None:
    assert rules.normal_name(typed) == normal
    assert rules.is_name(normal)


@pytest.mark.parametrize("text", ["", "王", "王5", "=cmd", "王\n明", "·" * 3, "王" * 51])
def test_what_is_no_name_is_noticed(text: str) -> None:
    assert not rules.is_name(text)


@given(births, st.integers(0, 40_000))
def test_an_age_band_holds_exactly_the_people_of_that_age(born: date, later: int) -> None:
    on = born + timedelta(days=later)
    age = rules.age_at(born, on)

    first, last = rules.born_between((age, age), on)
    assert first is not None
    assert first <= born <= last
    assert rules.age_at(first, on) == rules.age_at(last, on) == age


@given(st.lists(st.sampled_from(["1/", "1/2/", "1/2/3/", "1/2/4/", "1/5/", "2/"]), min_size=1))
def test_the_common_area_holds_everybody(paths: list[str]) -> None:
    common = rules.common_area(paths)

    assert all(path.startswith(common) for path in paths)


@given(st.text())
def test_nothing_that_is_typed_breaks_the_checks(text: str) -> None:
    rules.identity_fault(rules.normal_identity(text), on=TODAY)
    rules.is_phone(rules.normal_phone(text))
    rules.is_name(rules.normal_name(text))
    assert rules.normal_name(rules.normal_name(text)) == rules.normal_name(text)


# A person as a phone names them


@pytest.mark.parametrize(
    "said",
    [
        {"code": "FX1:ABC"},
        {"resident": "01900000-0000-7000-8000-00000000aaaa"},
        {"identity": "63010519830101123x", "type": "10"},
        {
            "provisional": "01900000-0000-7000-8000-00000000aaaa",
            "name": "李小小",
            "kind": "visitor",
        },
    ],
)
def test_a_phone_names_a_person_in_one_of_four_ways(said: dict[str, str]) -> None:
    ref = PersonRef.from_json(said)

    assert [bool(v) for v in (ref.code, ref.resident, ref.identity, ref.provisional)].count(
        True
    ) == 1


def test_what_else_a_phone_was_told_comes_with_the_provisional_id() -> None:
    ref = PersonRef.from_json(
        {
            "provisional": "01900000-0000-7000-8000-00000000aaaa",
            "name": " John Smith ",
            "born": "1980-01-02",
            "phone": "+44 20 7946 0000",
            "kind": "foreigner",
            "identity": "e 1234-5678",
            "type": "20",
        }
    )

    assert (ref.name, ref.born, ref.identity) == ("John Smith", date(1980, 1, 2), "E12345678")


@pytest.mark.parametrize(
    "said",
    [
        None, [], "FX1:ABC", {}, {"code": ""}, {"code": 7}, {"code": "A" * 4097}, {"resident": "x"},
        {"resident": 7}, {"identity": ["6"]}, {"identity": "6" * 41}, {"identity": "6\0"},
        {"provisional": "01900000-0000-7000-8000-00000000aaaa", "born": "1980-13-01"},
        {"provisional": "01900000-0000-7000-8000-00000000aaaa", "born": 1980},
        {"name": "李小小"},
    ],
)  # fmt: skip
def test_what_names_nobody_is_refused_and_breaks_nothing(said: object) -> None:
    with pytest.raises(NotAPersonRef):
        PersonRef.from_json(said)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王伟", "王*"),
        ("王建国", "王**"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("阿卜杜拉·买买提", "阿****"),
        ("John  Smith", "J. S."),
        ("", ""),
    ],
)
def test_initials_tell_people_at_a_table_apart_and_no_more(name: str, shown: str) -> None:
    assert rules.initials(name) == shown
