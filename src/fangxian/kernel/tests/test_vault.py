"""Nothing readable lies in the database, and keys can change under people's work."""

import base64
import os

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from fangxian.kernel import vault
from fangxian.kernel.models import VaultKey
from fangxian.kernel.vault import Secret

pytestmark = pytest.mark.django_db


def test_a_value_is_read_back_and_two_writings_differ() -> None:
    once, again = vault.seal("王小明", "name"), vault.seal("王小明", "name")

    assert once != again
    assert "王小明".encode() not in once
    assert Secret("name", once).reveal() == Secret("name", again).reveal() == "王小明"


def test_printing_a_secret_shows_the_mask() -> None:
    number = Secret("identity", vault.seal("63010519830101123X", "identity"))

    assert str(number) == f"{number}" == "630105********123X"
    assert "1983" not in repr(number)


@pytest.mark.parametrize(
    ("kind", "plain", "masked"),
    [
        ("name", "王小明", "王**"),
        ("name", "王明", "王**"),
        ("phone", "13997101234", "139****1234"),
        ("phone", "110", "****"),
        ("identity", "E1234567", "****"),
        ("address", "小桥大街60号", "小桥大街**号"),
        ("other", "anything", "***"),
    ],
)
def test_masks(kind: str, plain: str, masked: str) -> None:
    assert vault.mask(kind, plain) == masked


@given(plain=st.text(min_size=11, max_size=40))
def test_a_mask_never_shows_more_than_ten_signs_of_a_number(plain: str) -> None:
    assert len(vault.mask("identity", plain).replace("*", "")) <= 10


def test_a_value_of_one_kind_is_no_value_of_another() -> None:
    with pytest.raises(vault.VaultLocked):
        Secret("phone", vault.seal("王小明", "name")).reveal()


def test_a_value_changed_in_the_database_is_refused() -> None:
    sealed = bytearray(vault.seal("王小明", "name"))
    sealed[-1] ^= 1

    with pytest.raises(vault.VaultLocked, match="changed from outside"):
        Secret("name", bytes(sealed)).reveal()


def test_equal_values_have_equal_indexes_of_their_kind_only() -> None:
    assert vault.blind_index("identity", "63010519830101123x") == vault.blind_index(
        "identity", " 63010519830101123X "
    )
    assert vault.blind_index("name", "1") != vault.blind_index("phone", "1")


def test_a_column_is_sealed_and_indexed_as_its_values_are_one_by_one() -> None:
    plains = ["王小明", "63010519830101 123x", ""]

    sealed = vault.seal_many(plains, "name")

    assert [vault.unseal(one, "name") for one in sealed] == plains
    assert vault.blind_indexes("name", plains) == [vault.blind_index("name", p) for p in plains]
    assert len({one[2:14] for one in sealed}) == len(plains)


def test_the_wrong_master_key_opens_nothing(settings: Settings) -> None:
    sealed = vault.seal("王小明", "name")
    settings.VAULT_MASTER_KEY = base64.b64encode(os.urandom(32)).decode()
    vault.forget_keys()

    with pytest.raises(vault.VaultLocked, match="FANGXIAN_VAULT_KEY"):
        Secret("name", sealed).reveal()


def test_a_new_master_key_opens_what_the_old_one_sealed(settings: Settings) -> None:
    sealed, index = vault.seal("王小明", "name"), vault.blind_index("name", "王小明")
    fresh = base64.b64encode(os.urandom(32)).decode()

    assert vault.rewrap(fresh) == 2
    settings.VAULT_MASTER_KEY = fresh
    vault.forget_keys()

    assert Secret("name", sealed).reveal() == "王小明"
    assert vault.blind_index("name", "王小明") == index


def test_rotation_encrypts_every_value_again_and_retires_the_old_key() -> None:
    sealed = vault.seal("王小明", "name")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_resident (id, number, name, name_index, identity_type, sex,"
            " area_path, synthetic, created_at)"
            " VALUES (gen_random_uuid(), 1, %s, %s, '10', 'female', '1/', true, now())",
            [sealed, vault.blind_index("name", "王小明")],
        )

    number, rows = vault.rotate()

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM people_resident")
        stored = bytes(cursor.fetchone()[0])
    assert rows == 1
    assert int.from_bytes(stored[:2]) == number
    assert Secret("name", stored).reveal() == "王小明"
    assert VaultKey.objects.filter(purpose="data", retired_at=None).get().number == number


def test_a_database_without_keys_says_what_to_run() -> None:
    VaultKey.objects.all().delete()
    vault.forget_keys()

    with pytest.raises(vault.VaultLocked, match="fangxian migrate"):
        vault.seal("王小明", "name")


def test_a_key_is_not_retired_before_it_was_made() -> None:
    with (
        pytest.raises(IntegrityError, match="vault_key_retires_after_it_was_made"),
        transaction.atomic(),
    ):
        VaultKey.objects.update(retired_at="2000-01-01T00:00:00Z")
