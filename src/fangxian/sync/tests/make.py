"""Ordinary phones and what they send. Say only what is unusual."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.sync import doors, rules
from fangxian.sync.actions import enrol_device, invite_device
from fangxian.sync.inbox import Delivery
from fangxian.sync.models import Device
from fangxian.sync.senders import sender_of

COMMUNITY = "1/2/3/4/5/"
NEXT_COMMUNITY = "1/2/3/4/6/"
DISTRICT = "1/2/3/"


def _actor(name: str, *duties: Duty, within: str = DISTRICT) -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(duties), name=name)


SUPERVISOR_HE = _actor("何", Duty.DISPATCH)
SUPERVISOR_NEXT_DOOR = _actor("吕", Duty.DISPATCH, within=NEXT_COMMUNITY)
OPERATOR_QIN = _actor("秦", Duty.OPERATE, within="")


def account(
    *duties: Duty, name: str = "wang", within: str = COMMUNITY, active: bool = True
) -> Account:
    return Account.objects.create(
        username=f"{name}-{new_id().hex[-8:]}",
        display_name="王",
        area_path=within,
        duties=[str(duty) for duty in duties or (Duty.COLLECT_SAMPLES, Duty.CARRY_OUT, Duty.GUARD)],
        is_active=active,
    )


@dataclass(frozen=True)
class Phone:
    """A phone that was enrolled, with what only it knows."""

    device: Device
    secret: bytes

    @property
    def authorization(self) -> str:
        return f"Device {self.device.id}.{rules.in_base64(self.secret)}"

    @property
    def actor(self) -> Actor:
        return sender_of(Device.objects.select_related("account").get(id=self.device.id)).actor

    def send(
        self,
        *commands: Mapping[str, Any],
        sent_at: datetime | None = None,
        language: str = "en",
        packed: bool = False,
        **more: Any,
    ) -> "Reply":
        body = {
            "sent_at": (sent_at or now()).isoformat(),
            "protocol": 1,
            "commands": list(commands),
        } | more
        return post("commands", body, phone=self, language=language, packed=packed)


def phone(
    owner: Account | None = None,
    *,
    modes: Sequence[str] = ("desk", "checkpoint", "tasks"),
    days: int = 14,
) -> Phone:
    owner = owner or account()
    _invitation, token = invite_device(SUPERVISOR_HE, owner.id, modes=modes, days=days)
    device, secret = enrol_device(token, name="红米", platform="Android 9", pin_set=True)
    return Phone(device, secret)


def command(
    kind: str = "dispatch.take_task",
    body: Mapping[str, Any] | None = None,
    *,
    seq: int = 1,
    at: datetime | None = None,
    id_: UUID | None = None,
) -> dict[str, Any]:
    return {
        "id": str(id_ or new_id()),
        "seq": seq,
        "at": (at or now()).isoformat(),
        "kind": kind,
        "body": dict(body or {}),
    }


def delivery(one: Phone, *commands: Mapping[str, Any], skew: timedelta = timedelta()) -> Delivery:
    orders = [order for c in commands if isinstance(order := rules.read_order(c), rules.Order)]
    device = Device.objects.select_related("account").get(id=one.device.id)
    return Delivery(sender_of(device), orders, skew, now(), "en")


# A phone's way to the server: the WSGI application itself.


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    json: dict[str, Any]

    @property
    def outcomes(self) -> list[str]:
        return [answer["outcome"] for answer in self.json["answers"]]


def ask(
    method: str,
    name: str,
    content: bytes = b"",
    *,
    phone: Phone | None = None,
    language: str = "en",
    query: str = "",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    said: dict[str, Any] = {}

    def start(status: str, given: list[tuple[str, str]]) -> None:
        said["status"], said["headers"] = int(status.split(maxsplit=1)[0]), dict(given)

    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": doors.PREFIX + name,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_ACCEPT_LANGUAGE": language,
        "wsgi.input": io.BytesIO(content),
        **({"HTTP_AUTHORIZATION": phone.authorization} if phone else {}),
        **(headers or {}),
    }
    body = b"".join(doors.answer(environ, start))
    if said["headers"].get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return Reply(said["status"], said["headers"], json.loads(body))


def post(
    name: str, body: Any, *, phone: Phone | None = None, language: str = "en", packed: bool = False
) -> Reply:
    content = json.dumps(body).encode()
    if not packed:
        return ask("POST", name, content, phone=phone, language=language)
    headers = {"HTTP_CONTENT_ENCODING": "gzip"}
    return ask(
        "POST", name, gzip.compress(content), phone=phone, language=language, headers=headers
    )
