"""What the field's journeys find: a phone's owner, a gate, a door, labels and codes to scan."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from fangxian.areas.models import Site
from fangxian.areas.queries import sites_of_kind
from fangxian.dispatch.actions import open_task
from fangxian.engines.codes import Claims, Kind, issue
from fangxian.exercise.cast import BUILDER, PASSWORD
from fangxian.exercise.scene import Scene
from fangxian.gates.actions import issue_pass, set_checkpoint, sign_up_venue
from fangxian.gates.signed import list_code, pass_code
from fangxian.kernel import clock, signing
from fangxian.kernel.access import Duty
from fangxian.kernel.ids import code
from fangxian.kernel.models import Account
from fangxian.kernel.signing import SigningKey
from fangxian.measures.queries import orders_in_force
from fangxian.people.actions import issue_code, revoke_code
from fangxian.people.codes import texts
from fangxian.people.queries import residents_in
from fangxian.sampling.actions import print_labels
from fangxian.sampling.models import Swab
from fangxian.sampling.queries import people_to_test_singly
from fangxian.sync.actions import invite_device

PEOPLE = 26
Found = dict[str, object]


def stand_in_the_field(scene: Scene, *, shunned: Sequence[str], touched: set[UUID]) -> Found:
    """Nobody is scanned whom another journey has tested, restricted or sent away meanwhile.

    shunned   areas in which another journey does something about everybody
    touched   residents about whom another journey does something
    """
    han = _account(scene, "han", "韩雪", Duty.COLLECT_SAMPLES, Duty.GUARD, Duty.CARRY_OUT)
    _account(scene, "qiu", "邱敏", Duty.GUARD)  # whose phones are lost
    point, venue = (
        next(iter(sites_of_kind(BUILDER, kind, below=scene.district)))
        for kind in ("sampling_point", "venue")
    )
    gate, elsewhere = list(sites_of_kind(BUILDER, "checkpoint", below=scene.district))[:2]
    set_checkpoint(BUILDER, gate.id, demands=["pass", "temperature", "mask"])
    sign_up_venue(BUILDER, venue.id, kind="supermarket")
    task = open_task(
        BUILDER,
        "swab_at_the_door",
        duty=Duty.COLLECT_SAMPLES,
        area_path=scene.district,
        about_id=scene.in_need,
        due_at=clock.now() + timedelta(hours=3),
    )
    owed = set(people_to_test_singly(han.actor))
    orders = orders_in_force(BUILDER)
    kept = set(orders.values_list("resident_id", flat=True))
    swabbed = set(
        Swab.objects.filter(tube__round=scene.round).values_list("resident_id", flat=True)
    )
    apart = Apart(scene, shunned, touched)
    people = apart(without=swabbed | owed | kept, at_most=PEOPLE)
    [singly] = apart(among=owed, without=swabbed, at_most=1)
    alerts = apart(among=kept, without={singly}, at_most=2)
    tubes = print_labels(BUILDER, kind="T", count=6)
    outing = people[-1]
    held = issue_pass(
        BUILDER,
        kind="work",
        area_path=scene.district,
        valid_from=clock.now(),
        valid_to=clock.now() + timedelta(days=7),
        resident_id=outing,
    )
    return {
        "point": point.name,
        "gate": gate.name,
        "venue": venue.name,
        "task": task.id,
        "labels": [code("T", number) for number in range(tubes.first, tubes.last + 1)],
        "box": code("B", print_labels(BUILDER, kind="B", count=1).first),
        "people": [_code(one) for one in people[:-1]],
        "singly": _code(singly),
        "alerts": [_code(one) for one in alerts],
        "with_pass": _code(outing),
        "pass": pass_code(held),
        "revoked": _revoked(people[-2]),
        "list": _list(gate),
        "list_elsewhere": _list(elsewhere),
        "list_over": _list(gate, printed=clock.now() - timedelta(days=2)),
        "expired": _of_nobody(ended=True),
        "forged": _of_nobody(forged=True),
    }


def _account(scene: Scene, username: str, name: str, *duties: Duty) -> Account:
    account = Account(
        username=username,
        display_name=name,
        post="采样登记员、卡点值守",
        area_path=scene.district,
        duties=[str(duty) for duty in duties],
        demo=True,
    )
    account.set_password(PASSWORD)
    account.save()
    return account


def invite(username: str) -> str:
    """The token with which a phone becomes theirs."""
    account = Account.objects.get(username=username)
    modes = ["desk", "checkpoint", "venue", "tasks"]
    return invite_device(BUILDER, account.id, modes=modes, days=3)[1]


@dataclass(frozen=True, slots=True)
class Apart:
    """Finds people of the district who have nothing to do with any other journey."""

    scene: Scene
    shunned: Sequence[str]
    touched: set[UUID]

    def __call__(
        self, *, without: set[UUID], at_most: int, among: set[UUID] | None = None
    ) -> list[UUID]:
        home = residents_in(BUILDER, self.scene.district)
        if among is not None:
            home = home.filter(id__in=among)
        for path in self.shunned:
            home = home.exclude(area_path__startswith=path)
        home = home.exclude(id__in=self.touched | without).order_by("-id")
        found = list(home.values_list("id", flat=True)[:at_most])
        assert len(found) == at_most
        return found


def _code(resident_id: UUID) -> str:
    personal = issue_code(BUILDER, resident_id)
    return texts([personal])[personal.id]


def _revoked(resident_id: UUID) -> str:
    lost = issue_code(BUILDER, resident_id)
    shown = texts([lost])[lost.id]
    revoke_code(BUILDER, lost.id, reason="lost")
    return shown


def _list(gate: Site, *, printed: datetime | None = None) -> str:
    at = printed or clock.now()
    until = at + timedelta(hours=24)
    return list_code(gate, digest=bytes(32), lines=31, at=at, until=until)


def _of_nobody(*, ended: bool = False, forged: bool = False) -> str:
    begins = clock.now() - timedelta(days=30 if ended else 0)
    claims = Claims(
        kind=Kind.PERSON,
        district="630105",
        subject=os.urandom(8),
        initials="陈**",
        issued_at=begins,
        not_before=begins,
        expires_at=begins + timedelta(days=7),
    )
    key = signing.signer("code")
    if forged:  # with the right key's name, and another key
        key = SigningKey(key.kid, ec.generate_private_key(ec.SECP256R1()))
    return issue(claims, key)
