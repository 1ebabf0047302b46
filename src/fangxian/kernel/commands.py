"""The kernel's commands: accounts, the ledger, the vault."""

import argparse
import getpass
import secrets
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from fangxian.kernel import ledger as book
from fangxian.kernel import signing
from fangxian.kernel import vault as keys
from fangxian.kernel.access import Duty
from fangxian.kernel.models import Account


def ledger(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian ledger", description="The sealed ledger.")
    parser.add_argument("what", choices=["verify", "seal", "key"])
    parser.add_argument(
        "--anchor",
        default="",
        help="NUMBER:DIGEST noted at an earlier verify; finds a ledger whose end was cut off",
    )
    options = parser.parse_args(argv)
    if options.what == "seal":
        print(f"{book.seal_all()} events sealed.")
        return 0
    if options.what == "key":
        for number, public in book.public_keys().items():
            print(f"{number}  {public.hex()}")
        return 0
    verdict = book.verify(anchor=options.anchor)
    size = f"{verdict.events:,} events in {verdict.seals:,} seals"
    print(f"{size}; {verdict.unsealed:,} not yet sealed.")
    for found in verdict.breaks:
        where = f"BROKEN in seal {found.seal}"
        print(f"{where}: {_BREAKS[found.what]} ({found.event})", file=sys.stderr)
    if verdict.breaks:
        return 1
    print("Every sealed event is as it was recorded.")
    if verdict.head:
        print(f"Note this down elsewhere; pass it as --anchor next time: {verdict.head}")
    return 0


_BREAKS = {
    "changed": "an event was changed",
    "missing": "an event was taken out",
    "inserted": "an event was put in",
    "seal": "the seal itself does not hold",
}


def vault(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian vault", description="Encryption at rest.")
    actions = parser.add_subparsers(dest="what", required=True)
    actions.add_parser("rotate", help="make a new data key and encrypt every value with it")
    rewrap = actions.add_parser("rewrap", help="wrap the keys with a new master key")
    rewrap.add_argument("--new-key", required=True, help="32 bytes in base64")
    options = parser.parse_args(argv)
    if options.what == "rewrap":
        try:
            number = keys.rewrap(options.new_key)
        except keys.VaultLocked as locked:
            print(f"Nothing was changed: {locked}.", file=sys.stderr)
            return 1
        print(f"{number} keys wrapped. Set FANGXIAN_VAULT_KEY to the new key now.")
        return 0

    def say(table: str, done: int) -> None:
        print(f"\r{table}: {done:,}", end="", flush=True)

    number, values = keys.rotate(progress=say)
    print(f"\nData key {number} is in use; {values:,} rows were encrypted again.")
    print("Start “fangxian serve” and “fangxian worker” again, so that they write with it, too.")
    return 0


def codes(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        "fangxian codes", description="The keys that sign codes and what phones are sent."
    )
    actions = parser.add_subparsers(dest="what", required=True)
    rotate = actions.add_parser("rotate", help="announce new keys; the old ones run out")
    rotate.add_argument(
        "--purpose", choices=["code", "trust"], help="only the key of codes, or of documents"
    )
    rotate.add_argument(
        "--at-once",
        action="store_true",
        help="a key has leaked: everything signed so far ends now, and people need new codes",
    )
    actions.add_parser("trust", help="list the keys that are believed")
    options = parser.parse_args(argv)
    if options.what == "trust":
        for key in signing.trust_list().keys:
            end = f"until {key.not_after:%Y-%m-%d}" if key.not_after else "in use"
            print(f"{key.kid.hex()}  {key.use:<5} since {key.not_before:%Y-%m-%d}  {end}")
        return 0
    for purpose in signing.PURPOSES:
        if options.purpose not in {None, purpose}:
            continue
        kid = signing.rotate(purpose, at_once=options.at_once)
        starts = "now" if options.at_once else f"in {signing.LEAD.days} days"
        print(f"Key {kid.hex()} ({purpose}) is announced to phones; it signs {starts}.")
    if options.at_once:
        print("Codes and cards signed before are refused from now on: issue them again.")
    return 0


def account(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fangxian account", description="Accounts.")
    actions = parser.add_subparsers(dest="what", required=True)
    add = actions.add_parser("add", help="make an account")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="name shown")
    add.add_argument("--post", default="")
    add.add_argument("--area", default="", help="area path; default everywhere")
    add.add_argument("--duty", action="append", choices=[str(d) for d in Duty], default=[])
    add.add_argument("--password", help="asked for if not given; “-” makes one up")
    actions.add_parser("close-demo", help="close every demo account")
    actions.add_parser("list")
    options = parser.parse_args(argv)
    if options.what == "close-demo":
        closed = Account.objects.filter(demo=True, is_active=True).update(is_active=False)
        print(f"{closed} demo accounts closed.")
    elif options.what == "list":
        for one in Account.objects.order_by("area_path", "username"):
            state = "" if one.is_active else " (closed)"
            print(f"{one.username:<16}{one.display_name}  {one.area_path or '/'}{state}")
    else:
        return _add_account(options)
    return 0


def _add_account(options: argparse.Namespace) -> int:
    if Account.objects.filter(username=options.username).exists():
        print(f"There is already an account “{options.username}”.", file=sys.stderr)
        return 1
    password = options.password or getpass.getpass("Password: ")
    if password == "-":  # noqa: S105
        password = secrets.token_urlsafe(12)
        print(f"Password: {password}")
    try:
        validate_password(password)
    except ValidationError as error:
        print(" ".join(error.messages), file=sys.stderr)
        return 1
    one = Account(
        username=options.username,
        display_name=options.name,
        post=options.post,
        area_path=options.area,
        duties=options.duty,
    )
    one.set_password(password)
    one.save()
    print(f"Account “{one.username}” can sign in.")
    return 0
