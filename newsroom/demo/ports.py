"""The demo's key for the ports, in a file of the state, with four weeks of use; and a call made with it."""

from __future__ import annotations

import http.client
import json
import os
import random
import shlex
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from articles.models import Site
from moderation.ports.models import PortKey, PortUsage
from moderation.ports.selectors import key_digest
from moderation.ports.services import issue_key
from moderation.ports.usage import bin_of

NAME = "Our old forum (Coral)"
DAYS = 28
SAMPLE = "You idiot. Thank you for the report, though."
LONGEST = 500
PATIENCE_S = 4.0
PATH = "/v1alpha1/comments:analyze"
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the ports answered to a call from the tour; ``status`` 0: nothing."""

    text: str
    status: int
    took_ms: int
    answer: str


def analysis_of(text: str) -> str:
    """The body of an ``analyze`` request, as any client would write it."""
    return json.dumps(
        {
            "comment": {"text": text},
            "requestedAttributes": {"TOXICITY": {}, "INSULT": {}},
            "spanAnnotations": True,
        },
        ensure_ascii=False,
    )


def ask(text: str) -> Asked:
    """Ask the ports' process over HTTP, as a client elsewhere would."""
    address = urlsplit(settings.NEWSROOM_PORTS_URL)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=PATIENCE_S)
    started = time.monotonic()
    try:
        connection.request("POST", f"{PATH}?key={read_key()}", analysis_of(text).encode(), HEADERS)
        response = connection.getresponse()
        status, answer = response.status, json.dumps(json.load(response), indent=2, ensure_ascii=False)
    except (OSError, http.client.HTTPException, ValueError):
        status, answer = 0, ""
    finally:
        connection.close()
    return Asked(text, status, round((time.monotonic() - started) * 1000), answer)


def curl_call(text: str) -> str:
    """The same call for a shell; empty where the demo has no key."""
    if not read_key():
        return ""
    url = shlex.quote(f"{settings.NEWSROOM_PORTS_URL}{PATH}?key={read_key()}")
    return f"curl -s {url} -H 'Content-Type: application/json' -d {shlex.quote(analysis_of(text))}"


def key_file() -> Path:
    return Path(settings.NEWSROOM_STATE) / "demo-port-key"


def read_key() -> str:
    """The demo's key; empty where there is none."""
    try:
        return key_file().read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


@transaction.atomic
def ensure_key(*, site: Site, now: datetime) -> str:
    """The key in the file if it works, else a new one in its place. Safe to run twice."""
    known = read_key()
    if known and PortKey.objects.filter(digest=key_digest(known), revoked_at=None).exists():
        return known
    PortKey.objects.filter(site=site, name=NAME, revoked_at=None).update(revoked_at=now)
    key, secret = issue_key(site=site, name=NAME, on_unscorable=PortKey.OnUnscorable.HOLD_SCORE)
    PortUsage.objects.bulk_create(_four_weeks(key, now=now))
    _write(secret)
    return secret


def _four_weeks(key: PortKey, *, now: datetime) -> list[PortUsage]:
    """A forum's use: most texts harmless, fewer on weekends, one quarrel."""
    dice = random.Random(28)  # noqa: S311  (made-up numbers, the same in every demo)
    today = now.astimezone(UTC).date()
    rows = []
    for ago in range(DAYS, 0, -1):
        day = today - timedelta(days=ago)
        texts = dice.randint(180, 260) - 70 * (day.weekday() >= 5) + 240 * (ago == 9)
        scores = [0] * PortUsage.BINS
        for _ in range(texts):
            is_rude = dice.random() < (0.22 if ago == 9 else 0.06)
            scores[bin_of(dice.betavariate(6, 1.6) if is_rude else dice.betavariate(0.5, 9))] += 1
        held = dice.randint(0, 4)
        rows.append(
            PortUsage(
                key=key,
                on=day,
                requests=texts + held + 1,
                texts=texts + held,
                errors=dice.randint(0, 1),
                held=held,
                scores=scores,
            )
        )
    return rows


def _write(secret: str) -> None:
    """Replace the file in one step, readable by its owner only from the start."""
    path = key_file()
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secret}\n")
    temporary.replace(path)
