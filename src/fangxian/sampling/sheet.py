"""What is printed: labels for tubes and boxes, and the certificate of a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.engines.codes import Claims, Kind, issue
from fangxian.kernel import clock, paper, signing
from fangxian.sampling.models import LabelBatch

PER_SHEET = 44
SAMPLED_AT, RESULT, PURPOSE = -4, -5, -6
"""Claims of a test certificate: seconds since 1970, the finding, what the tube was taken for."""


def labels(codes: Sequence[str]) -> bytes:
    """A sheet of A4 for each 44 codes: bars, a QR code, and the code as people read it."""
    data = {
        "labels": [
            {
                "code": f"{one[0]} {one[1:4]} {one[4:]}",
                "bars": paper.code128(one, height=8, module=0.25),
                "qr": paper.qr(one, border=1),
                "kind": str(LabelBatch.Kind(one[0]).label),
            }
            for one in codes
        ],
        "words": {"exercise": _("Exercise")},
        "exercise": clock.moved(),
    }
    return paper.page("sampling/labels.typ", data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A result of one person. `until`   when whoever asks for a test no longer takes it."""

    barcode: str
    initials: str
    district: str
    issuer: str
    purpose: str
    purpose_label: str
    sampled_at: datetime
    result_at: datetime
    issued_at: datetime
    until: datetime


def signed(said: Certificate) -> str:
    """The certificate as a text that anybody with the trust list can check."""
    claims = Claims(
        kind=Kind.TEST,
        district=said.district,
        subject=said.barcode,
        initials=said.initials,
        issued_at=said.issued_at,
        not_before=said.issued_at,
        expires_at=said.until,
        more={
            SAMPLED_AT: int(said.sampled_at.timestamp()),
            RESULT: "negative",
            PURPOSE: said.purpose,
        },
    )
    return issue(claims, signing.signer("code"))


def certificate(said: Certificate) -> bytes:
    def at(moment: datetime) -> str:
        return f"{localtime(moment):%Y-%m-%d %H:%M}"

    lines = [
        (pgettext("certificate", "Result"), _("negative"), True),
        (pgettext("certificate", "Person"), said.initials, True),
        (_("Sampled at"), at(said.sampled_at), True),
        (_("Result at"), at(said.result_at), False),
        (_("Taken for"), said.purpose_label, False),
        (_("Tube"), said.barcode, False),
        (_("Code readable until"), at(said.until), False),
        (_("Issued by"), said.issuer, False),
    ]
    data = {
        "words": {
            "title": _("Result of a nucleic acid test"),
            "scan": _("Scan to check"),
            "exercise": _("Exercise"),
        },
        "lines": [
            {"label": label, "text": text, "strong": strong} for label, text, strong in lines
        ],
        "about": _(
            "Issued %(at)s. It says what was found in one sample, and nothing of what came after. "
            "How long a result counts is for the place that asks for it."
        )
        % {"at": at(said.issued_at)},
        "qr": paper.qr(signed(said)),
        "exercise": clock.moved(),
    }
    return paper.page("sampling/certificate.typ", data)
