"""What the rules must know besides the text, in one statement; word lists are kept while they stand.

In SQL, since it runs for every comment: the ORM's four queries cost three times the processor time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from comments.models import Comment, CommentPrivate
from moderation.models import WordList
from newsroom.ids import uuid7
from newsroom.prepared import one_row_of

FLOOD_WINDOW = timedelta(minutes=10)
HISTORY_WINDOW = timedelta(days=7)
CLOCKS_DIFFER = timedelta(minutes=5)  # between the process that made an id and this one, at most

# The plan is kept, so that it must be good for a quiet network and a town behind one address. Ids carry the
# time when they were made: an index leads to a network's latest ones.
_SQL = """
SELECT history.refused, history.decided,
    (SELECT count(*) FROM (
        SELECT comment_id FROM comments_commentprivate
        WHERE network = %(network)s AND comment_id > %(since)s OFFSET 0
     ) AS other JOIN comments_comment AS sent ON sent.id = other.comment_id
     WHERE sent.created_at
        BETWEEN statement_timestamp() - %(flood_window)s AND statement_timestamp()),
    (SELECT coalesce(jsonb_agg(jsonb_build_array(id, xmin::text || ctid::text) ORDER BY id), '[]')
     FROM moderation_wordlist WHERE site_id = %(site)s AND (section_id IS NULL OR section_id = %(section)s))
FROM (
    SELECT count(DISTINCT decision.comment_id) AS decided, count(DISTINCT decision.comment_id) FILTER (
        WHERE decision.outcome <> 'published' AND decision.actor_kind IN ('person', 'machine')) AS refused
    FROM moderation_decision AS decision
    JOIN comments_commentprivate AS mine ON mine.comment_id = decision.comment_id
    WHERE mine.mailbox_id = %(mailbox)s AND decision.at > statement_timestamp() - %(history_window)s
        AND decision.comment_id <> %(comment)s AND decision.outcome IN ('published', 'rejected', 'removed')
) AS history
"""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of one comment, now.

    Attributes:
        refused, decided: this mailbox's other comments of the last seven days.
        of_network: comments of this network in the last ten minutes, this one too.
        word_lists: of the site and the article's section.
    """

    refused: int
    decided: int
    of_network: int
    word_lists: tuple[WordList, ...]


def circumstances(comment: Comment, private: CommentPrivate) -> Circumstances:
    """One statement; two when a word list has changed since this process last read it."""
    values: dict[str, Any] = {
        "network": private.network,
        "since": uuid7(at=timezone.now() - FLOOD_WINDOW - CLOCKS_DIFFER),
        "mailbox": private.mailbox_id,
        "comment": comment.pk,
        "site": comment.article.site_id,
        "section": comment.article.section_id,
        "flood_window": FLOOD_WINDOW,
        "history_window": HISTORY_WINDOW,
    }
    refused, decided, of_network, lists = one_row_of(_SQL, values)
    versions = json.loads(lists) if isinstance(lists, str) else lists
    return Circumstances(refused, decided, of_network, _word_lists([(UUID(pk), row) for pk, row in versions]))


# A list by its id and the version of its row (writer and place): no change is missed, whoever made it.
_kept: dict[UUID, tuple[str, WordList]] = {}
MOST_KEPT = 64  # lists


def _word_lists(versions: list[tuple[UUID, str]]) -> tuple[WordList, ...]:
    changed = [pk for pk, row in versions if _kept.get(pk, ("", None))[0] != row]
    if changed:
        if len(_kept) > MOST_KEPT:
            _kept.clear()
            changed = [pk for pk, _ in versions]
        written = dict(versions)
        for word_list in WordList.objects.filter(pk__in=changed):
            _kept[word_list.pk] = (written[word_list.pk], word_list)
    return tuple(_kept[pk][1] for pk, _ in versions if pk in _kept)
