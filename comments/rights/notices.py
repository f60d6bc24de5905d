"""Letters that publication brings: *is this address yours?*, once, and replies, gathered."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from articles.models import Site
from comments.models import Comment, Mailbox
from comments.rights.models import Preference, ReplyNotice
from comments.rights.services import VERIFY_WITHIN, unsubscribe_link, verification_link
from newsroom.crypto import decrypt_address
from newsroom.outbox.selectors import is_mail_on
from newsroom.outbox.services import send

AT_MOST_EVERY = timedelta(hours=1)  # What comes in between is one letter.
MOST_LISTED = 10
MOST_AT_ONCE = 500

# One statement for what a published comment may bring: its own author's mailbox, if nobody asked yet, and
# the mailbox of the comment above, if it wants to hear of replies by others.
_NEWS = """
SELECT
    CASE WHEN m.verified_at IS NULL AND m.address_ciphertext IS NOT NULL AND NOT EXISTS (
        SELECT FROM rights_preference p WHERE p.mailbox_id = m.id) THEN m.id END,
    CASE WHEN above.status = 'published' AND upper.id <> m.id AND upper.verified_at IS NOT NULL
        AND upper.address_ciphertext IS NOT NULL AND wishes.notify_replies THEN upper.id END
FROM comments_comment c
JOIN comments_commentprivate own ON own.comment_id = c.id
JOIN comments_mailbox m ON m.id = own.mailbox_id
LEFT JOIN comments_comment above ON above.id = c.parent_id
LEFT JOIN comments_commentprivate theirs ON theirs.comment_id = above.id
LEFT JOIN comments_mailbox upper ON upper.id = theirs.mailbox_id
LEFT JOIN rights_preference wishes ON wishes.mailbox_id = upper.id
WHERE c.id = %s AND NOT c.demo
"""


def note_publication(comment_id: UUID, *, at: datetime) -> None:
    """Ask a new author whether the address is theirs, and note a reply for who wants to hear of it.

    Inside the transaction that publishes; nothing is sent of what does not become public.
    """
    if not is_mail_on():
        return
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [comment_id])
        unasked, to_tell = cursor.fetchone() or (None, None)
    if unasked is not None:
        _ask(unasked, comment_id, at=at)
    if to_tell is not None:
        ReplyNotice.objects.get_or_create(mailbox_id=to_tell, reply_id=comment_id, defaults={"at": at})


def _ask(mailbox_id: UUID, comment_id: UUID, *, at: datetime) -> None:
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    site = Site.objects.get(articles__comments=comment_id)
    Preference.objects.get_or_create(mailbox=mailbox)
    send(
        kind="verify",
        to=decrypt_address(bytes(mailbox.address_ciphertext or b"")),
        key=str(mailbox_id),
        context={"site": site.name, "link": verification_link(mailbox_id, at=at)},
        language=site.language,
        sender=site.name,
        expires_at=at + VERIFY_WITHIN,
    )


def send_reply_notices(*, at: datetime) -> int:
    """One letter to each mailbox that has replies to hear of and had none for an hour; returns how many."""
    due = Preference.objects.filter(
        Q(last_notice_at=None) | Q(last_notice_at__lte=at - AT_MOST_EVERY),
        pk__in=ReplyNotice.objects.values("mailbox"),
    )
    return sum(_gather(pk, at=at) for pk in list(due.values_list("pk", flat=True)[:MOST_AT_ONCE]))


@transaction.atomic
def _gather(mailbox_id: UUID, *, at: datetime) -> bool:
    """All that waits for one mailbox as one letter; what is no longer published is left out."""
    wishes = Preference.objects.select_for_update().select_related("mailbox").get(pk=mailbox_id)
    rows = list(ReplyNotice.objects.filter(mailbox_id=mailbox_id).order_by("at", "pk"))
    ReplyNotice.objects.filter(pk__in=[row.pk for row in rows]).delete()
    ciphertext = wishes.mailbox.address_ciphertext
    if not rows or not wishes.notify_replies or ciphertext is None:
        return False
    replies = list(
        Comment.objects.published()
        .under_readable_articles(at=at)
        .filter(pk__in=[row.reply_id for row in rows])
        .select_related("article__site")
        .order_by("created_at")
    )
    if not replies:
        return False
    site, stop = replies[0].article.site, unsubscribe_link(mailbox_id)
    Preference.objects.filter(pk=mailbox_id).update(last_notice_at=at)
    return send(
        kind="replies",
        to=decrypt_address(bytes(ciphertext)),
        key=f"{mailbox_id}:{rows[0].pk}",
        context={
            "site": site.name,
            "count": len(replies),
            "replies": [_listed(reply) for reply in replies[:MOST_LISTED]],
            "more": max(0, len(replies) - MOST_LISTED),
            "unsubscribe": stop,
        },
        language=site.language,
        sender=site.name,
        # RFC 8058: the mail program's own button unsubscribes with one POST.
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def _listed(reply: Comment) -> dict[str, str]:
    page = settings.NEWSROOM_BASE_URL + reply.article.get_absolute_url()
    return {
        "name": reply.name,
        "headline": reply.article.headline,
        "url": f"{page}#comment-{reply.pk}",
    }
