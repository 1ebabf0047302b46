from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fangxian.kernel import clock
from fangxian.kernel.ids import ALPHABET, code, new_id, read_code

numbers = st.integers(min_value=0, max_value=32**6 - 1)


def test_ids_made_later_sort_later() -> None:
    with clock.playing(datetime(2022, 9, 2, 1, tzinfo=UTC)) as hands:
        earlier = new_id()
        hands.forward(milliseconds=1)
        later = new_id()

    assert earlier < later
    assert (earlier.version, later.variant) == (7, "specified in RFC 4122")


@given(number=numbers)
def test_a_short_code_is_read_back_however_it_is_said(number: int) -> None:
    text = code("T", number)

    spoken = f"{text[0].lower()} {text[1:4]}-{text[4:]}".replace("0", "O").replace("1", "l")

    assert read_code("T", spoken) == number


@given(number=numbers, place=st.integers(1, 7), sign=st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_always_noticed(number: int, place: int, sign: str) -> None:
    text = code("T", number)
    wrong = text[:place] + sign + text[place + 1 :]

    assert read_code("T", wrong) == (number if wrong == text else None)


@given(number=numbers, place=st.integers(1, 6))
def test_two_neighbours_swapped_are_always_noticed(number: int, place: int) -> None:
    text = code("T", number)
    wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    assert read_code("T", wrong) == (number if wrong == text else None)


def test_a_code_of_another_kind_or_length_is_no_code() -> None:
    assert read_code("C", code("T", 7)) is None
    assert read_code("T", "T123") is None
    assert read_code("T", "T00000!0") is None
