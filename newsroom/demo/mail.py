"""The demo's mail: written to a folder instead of being sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from django.conf import settings

SEPARATOR = b"\n" + b"-" * 79 + b"\n"  # Django's file backend ends each message with it.
MOST_MESSAGES = 100
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Letter:
    sent: datetime
    to: str
    subject: str
    body: str


def letters() -> list[Letter]:
    """The newest hundred, newest first; a file that is no mail is left out."""
    found: list[Letter] = []
    for path in sorted(_folder().glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True):
        found += reversed(list(_read(path)))
        if len(found) >= MOST_MESSAGES:
            break
    return found[:MOST_MESSAGES]


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _read(path: Path) -> Iterator[Letter]:
    sent = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    with path.open("rb") as file:
        content = file.read(MOST_BYTES)
    for raw in content.split(SEPARATOR):
        if raw.strip():
            yield _letter(raw, sent=sent)


def _letter(raw: bytes, *, sent: datetime) -> Letter:
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw.lstrip(b"\n"))
    part = message.get_body(preferencelist=("plain",))
    return Letter(
        sent=sent,
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        body=str(part.get_content()) if part is not None else "",
    )
