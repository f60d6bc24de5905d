"""What is remembered of texts that Akismet clients sent: digests, sketches, outcomes, moderators' marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Count, Q
from django.db.models.functions import Now

from comments.models import Comment, CommentPrivate
from moderation import rules
from moderation.circumstances import FLOOD_WINDOW, HISTORY_WINDOW
from moderation.near_copies import WAVE_SIMILARITY, WAVE_WINDOW, sketch, wave_findings
from moderation.policy import Finding, ResolvedPolicy
from moderation.ports.akismet import Call
from moderation.ports.models import SeenText
from newsroom.crypto import keyed_digest, normalise_address

KEPT_UNMARKED, KEPT_MARKED = timedelta(days=7), timedelta(days=30)
MOST_NEAR = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """Who wrote what, as keyed digests of one site."""

    site: UUID
    author: bytes
    text: bytes
    network: bytes | None


def identify(call: Call, *, site: UUID, network: bytes | None) -> Identity:
    """Without an address the author is a name in a network."""
    who = normalise_address(call.email) or f"{call.name}\0{network.hex() if network else ''}"
    author = keyed_digest("port-author", f"{site}\0{who}".encode())[:16]
    text = keyed_digest("port-text", author + call.body.encode())[:16]
    return Identity(site, author, text, network)


def mark_of(identity: Identity) -> str:
    """What moderators said about exactly this text of this author; empty if nothing."""
    found = SeenText.objects.filter(site=identity.site, text=identity.text).values_list("mark", flat=True)
    return found.first() or ""


def findings(
    identity: Identity, comment: Comment, private: CommentPrivate, policy: ResolvedPolicy
) -> list[Finding]:
    """Flood, history and near copies among texts of clients, as the rules find them among comments."""
    return [
        *_author_findings(identity, comment, private, policy),
        *_near_findings(identity, comment),
    ]


def _author_findings(
    identity: Identity, comment: Comment, private: CommentPrivate, policy: ResolvedPolicy
) -> list[Finding]:
    by_author = Q(site=identity.site, author=identity.author, noted_at__gt=Now() - HISTORY_WINDOW)
    in_network = Q(
        network=identity.network, at__gt=comment.created_at - FLOOD_WINDOW, at__lte=comment.created_at
    )
    if identity.network is None:
        in_network = Q(pk__in=[])
    refused = Q(mark="spam") | Q(mark="", outcome="rejected")
    decided = ~Q(mark="") | Q(outcome__in=["published", "rejected"])
    counts = (
        SeenText.objects.filter(by_author | in_network)
        .exclude(site=identity.site, text=identity.text)
        .aggregate(
            refused=Count("pk", filter=by_author & refused),
            decided=Count("pk", filter=by_author & decided),
            of_network=Count("pk", filter=in_network),
        )
    )
    found = []
    if (
        counts["decided"] >= rules.HISTORY_MIN
        and counts["refused"] / counts["decided"] >= rules.HISTORY_SHARE
        and not private.mailbox.trusted
    ):
        found.append(
            Finding(
                "rejection_rate",
                value=round(counts["refused"] / counts["decided"], 3),
                data={"refused": counts["refused"], "decided": counts["decided"]},
            )
        )
    if counts["of_network"] + 1 > policy.flood_limit:
        found.append(Finding("flood", value=counts["of_network"] + 1, data={"allowed": policy.flood_limit}))
    return found


def _near_findings(identity: Identity, comment: Comment) -> list[Finding]:
    made = sketch(comment.body)
    if made is None:
        return []
    bands, signature = made
    mine = np.frombuffer(signature, dtype=np.uint32)
    start, end = comment.created_at - WAVE_WINDOW, comment.created_at + WAVE_WINDOW
    near = list(
        SeenText.objects.filter(
            Q(at__gt=start, at__lte=end) | ~Q(mark=""),
            site=identity.site,
            signature__isnull=False,
            bands__overlap=list(bands),
        )
        .exclude(text=identity.text)
        .order_by("-mark", "-at")
        .values_list("author", "signature", "mark", "at")[:MOST_NEAR]
    )
    copies = [
        mark for _, stored, mark, _ in near
        if mark and (np.frombuffer(stored or b"", dtype=np.uint32) == mine).mean() >= WAVE_SIMILARITY
    ]  # fmt: skip
    others = [
        (bytes(author), bytes(stored or b""))
        for author, stored, mark, at in near
        if mark != "ham" and start < at <= end and bytes(author) != identity.author
    ]
    found = wave_findings(signature, others)
    if copies.count("spam") > copies.count("ham"):
        found.append(Finding("marked_spam", where="body", value=copies.count("spam")))
    return found


def note(identity: Identity, call: Call, *, key_id: UUID, outcome: str = "", mark: str = "") -> None:
    """Remember a text by its digests. Safe to run twice and side by side: one row for each text."""
    bands, signature = sketch(call.body) or (None, None)
    row = SeenText(
        site_id=identity.site,
        key_id=key_id,
        text=identity.text,
        author=identity.author,
        network=identity.network,
        bands=list(bands) if bands else None,
        signature=signature,
        outcome=outcome,
        mark=mark,
        at=call.at,
    )
    SeenText.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["site", "text"],
        update_fields=["mark" if mark else "outcome", "noted_at"],
    )


def forget(*, now: datetime) -> int:
    """Delete what nobody marked after a week, and the rest after 30 days; how many rows went."""
    old = Q(mark="", noted_at__lt=now - KEPT_UNMARKED) | Q(noted_at__lt=now - KEPT_MARKED)
    return SeenText.objects.filter(old).delete()[0]
