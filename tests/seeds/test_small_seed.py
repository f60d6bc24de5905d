"""The small seed: queues as the demo wants them, made by the real classifier, rules and policy."""

from datetime import UTC, datetime

import pytest
from django.db.models import Count

from articles.models import Article
from comments.models import Comment
from moderation.models import Decision
from seeds.small import Seeded, seed_small

pytestmark = pytest.mark.django_db


def test_smoke() -> None:
    import time
    t = time.time(); c = time.process_time()
    now = datetime.now(UTC)


    made = seed_small(now=now)

    print("took", time.time() - t, time.process_time() - c, made)
    for row in Comment.objects.values("status", "held_by", "reason_code").annotate(n=Count("id")).order_by("-n"):
        print(row)
    for row in Decision.objects.values("actor_kind", "outcome", "held_by", "reason_code").annotate(n=Count("id")).order_by("-n"):
        print(row)
    t = time.time()
    seed_small(now=now)
    print("took", time.time() - t, made)
