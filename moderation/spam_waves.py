"""Under a wave of spam a site reads everything first, by itself, says so to the desk, and stops by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from articles.models import Site
from comments.models import CommentSettings
from comments.site_settings import comment_settings
from moderation.emergencies import begin_emergency, standing
from moderation.models import Emergency
from newsroom.audit.services import record

WINDOW = timedelta(minutes=10)
LEAST_SHARE = 0.25  # Of what was judged: on a busy site a little spam is every day's.
# What machines send. Not a flood: a town behind one address is none, however much it writes.
LOOKS_LIKE_SPAM = (
    "near_duplicates", "honeypot", "form_too_fast", "blocked_domain", "too_many_links", "shortened_link",
    "marked_spam", "score:spam",
)  # fmt: skip

# Each comment once. Nothing counts twice: what came before the last measure ended has had its effect.
_JUDGED = """
SELECT article.site_id, count(DISTINCT decision.comment_id), count(DISTINCT decision.comment_id) FILTER (
    WHERE decision.outcome <> 'published' AND EXISTS (
        SELECT FROM jsonb_array_elements(decision.findings) AS found WHERE found ->> 'code' = ANY(%(codes)s))
)
FROM moderation_decision AS decision
JOIN comments_comment AS comment ON comment.id = decision.comment_id
JOIN articles_article AS article ON article.id = comment.article_id
WHERE decision.actor_kind = 'machine' AND decision.at > %(since)s AND decision.at <= %(now)s
    AND decision.at > coalesce((
        SELECT max(until) FROM moderation_emergency AS over
        WHERE over.site_id = article.site_id AND over.kind = 'premoderate' AND over.until <= %(now)s
    ), '-infinity')
GROUP BY article.site_id
"""


def watch_for_waves(*, now: datetime) -> int:
    """Begin or prolong the measure wherever a wave is seen; on how many sites. Safe to run twice."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, {"codes": list(LOOKS_LIKE_SPAM), "since": now - WINDOW, "now": now})
        judged = cursor.fetchall()
    return sum(_obey(site_id, of_all, spam, now=now) for site_id, of_all, spam in judged)


def _obey(site_id: UUID, judged: int, spam: int, *, now: datetime) -> bool:
    own = comment_settings(site_id)
    if not own.spam_wave_after or spam < own.spam_wave_after or spam < LEAST_SHARE * judged:
        return False
    return _read_first(site_id, spam, own, now=now)


@transaction.atomic
def _read_first(site_id: UUID, spam: int, own: CommentSettings, *, now: datetime) -> bool:
    site = Site.objects.select_for_update().get(pk=site_id)
    until = now + timedelta(minutes=own.spam_wave_minutes)
    on_now = standing(now=now).filter(site=site, kind=Emergency.Kind.PREMODERATE).first()
    minutes = WINDOW // timedelta(minutes=1)
    if on_now is None:
        begin_emergency(
            site=site,
            kind=Emergency.Kind.PREMODERATE,
            reason=f"A wave of spam: {spam} comments in {minutes} minutes look like it.",
            until=until,
            actor=None,
            now=now,
        )
        return True
    # A person's own measure ends when that person said; and one row a minute in the audit is enough.
    if on_now.by_id is not None or until - on_now.until < timedelta(minutes=1):
        return False
    on_now.until = until
    on_now.save(update_fields=["until"])
    record(
        action="emergency.prolong",
        object_type="emergency",
        object_id=on_now.pk,
        actor_kind="system",
        data={"kind": on_now.kind, "site": site.code, "until": until.isoformat(timespec="seconds")},
    )
    return True
