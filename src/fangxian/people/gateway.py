"""Where text messages go: a file, or a provider's address. Chosen by `settings.SMS_GATEWAY`.

Numbers and words leave through here and nowhere else, and nothing of them is kept or logged.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings

_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One message. `id` is the same when it is sent again, so a provider can tell."""

    id: UUID
    to: str
    words: str


class Gateway(Protocol):
    def send(self, texts: Sequence[Text]) -> Mapping[UUID, str]:
        """What went wrong with each that was not accepted; those left out were accepted.

        Raises `Unreachable` if none was.
        """


class Unreachable(Exception):  # noqa: N818 - it says what is the matter
    """The gateway took nothing; everything may be sent again."""


@dataclass(frozen=True, slots=True)
class FileGateway:
    """One JSON line a message, for a provider's own program to fetch, and for trying out."""

    path: Path

    def send(self, texts: Sequence[Text]) -> Mapping[UUID, str]:
        lines = "".join(
            json.dumps({**asdict(one), "id": str(one.id)}, ensure_ascii=False) + "\n"
            for one in texts
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            raise Unreachable(type(error).__name__) from error
        return {}


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """POST {"messages": [{id, to, words}]}; answered {"refused": {id: why}}."""

    address: str
    token: str

    def send(self, texts: Sequence[Text]) -> Mapping[UUID, str]:
        body = {"messages": [{**asdict(one), "id": str(one.id)} for one in texts]}
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's
            self.address,
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                said = json.loads(answer.read() or b"{}")
            refused = said.get("refused", {}) if isinstance(said, dict) else {}
            return {UUID(one): str(why)[:120] or "refused" for one, why in refused.items()}
        except (urllib.error.URLError, OSError, ValueError, AttributeError) as error:
            raise Unreachable(type(error).__name__) from error


def chosen() -> Gateway | None:
    """The gateway of this installation; None if it sends no messages."""
    address: str = settings.SMS_GATEWAY
    if not address:
        return None
    if address.startswith("file:"):
        return FileGateway(Path(address.removeprefix("file:")))
    if address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        return HttpGateway(address, settings.SMS_TOKEN)
    raise ValueError("FANGXIAN_SMS must be file:PATH or an https:// address")
