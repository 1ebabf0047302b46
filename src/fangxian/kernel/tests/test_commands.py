"""What operators type."""

import base64

import pytest
from django.conf import settings as configured
from django.db import transaction
from pytest_django import Settings

from fangxian import cli
from fangxian.kernel import commands, ledger, vault
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Account
from fangxian.kernel.readiness import unfit_for_production
from fangxian.kernel.tests import make
from fangxian.kernel.vault import DEMO_MASTER_KEY

pytestmark = pytest.mark.django_db


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0

    text = capsys.readouterr().out
    for word in ("demo", "serve", "worker", "migrate", "ledger", "vault", "packs", "areas", "why"):
        assert f"  {word} " in text


@pytest.mark.parametrize(
    "words",
    [
        ["areas", "import", "/nowhere.csv", "--district", "630105", "--edition", "2023"],
        ["areas", "outlines", "/nowhere.json", "--district", "630105"],
    ],
)
def test_a_file_that_is_not_there_is_named(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 1

    assert capsys.readouterr().err == f"{words[2]}: No such file or directory\n"


def test_an_unknown_command_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dance"]) == 2
    assert "serve" in capsys.readouterr().err


def test_an_account_is_made_with_its_duties(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["add", "li", "--name", "李", "--area", "1/2/", "--duty", "audit", "--password", "-"]

    assert commands.account(words) == 0
    assert commands.account(words) == 1  # the name is taken

    li = Account.objects.get(username="li").actor
    assert (li.within, set(li.duties)) == ("1/2/", {Duty.AUDIT})
    assert "Password: " in capsys.readouterr().out


def test_a_weak_password_is_refused() -> None:
    assert commands.account(["add", "li", "--name", "李", "--password", "12345678"]) == 1
    assert not Account.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_verify_says_what_to_note_down(capsys: pytest.CaptureFixture[str]) -> None:
    with transaction.atomic():
        record(make.knock(), actor=PLAYBOOK)

    assert commands.ledger(["seal"]) == 0
    assert commands.ledger(["verify"]) == 0
    assert commands.ledger(["verify", "--anchor", "9:abc"]) == 1

    out, err = capsys.readouterr()
    assert ledger.verify().head in out
    assert "BROKEN" in err


def test_production_does_not_start_with_defaults_and_says_the_mend(settings: Settings) -> None:
    make.account()
    Account.objects.update(demo=True)
    settings.MODE, settings.DEBUG = "production", True
    settings.SECRET_KEY = configured.DEFAULT_SECRET_KEY
    settings.VAULT_MASTER_KEY = DEMO_MASTER_KEY

    faults = " ".join(unfit_for_production())

    for mend in ("FANGXIAN_DEBUG", "FANGXIAN_SECRET_KEY", "FANGXIAN_VAULT_KEY", "close-demo"):
        assert mend in faults

    settings.DEBUG, settings.SECRET_KEY = False, "x" * 50
    own = base64.b64encode(b"own" * 10 + b"!!").decode()
    vault.rewrap(own)
    settings.VAULT_MASTER_KEY = own
    commands.account(["close-demo"])
    assert unfit_for_production() == []


@pytest.mark.parametrize("key", [base64.b64encode(bytes(32)).decode(), "eA==", "not base64"])
def test_production_does_not_start_with_a_key_that_opens_nothing(
    settings: Settings, key: str
) -> None:
    settings.MODE, settings.SECRET_KEY, settings.VAULT_MASTER_KEY = "production", "x" * 50, key
    vault.forget_keys()

    (fault,) = unfit_for_production()

    assert "FANGXIAN_VAULT_KEY" in fault


def test_a_new_master_key_that_is_none_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.vault(["rewrap", "--new-key", "short"]) == 1

    assert "32 bytes" in capsys.readouterr().err
    assert vault.seal("王小明", "name")
