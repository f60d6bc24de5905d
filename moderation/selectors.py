"""Reading policies, queues and the health of the parts that decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from articles.models import Article
from moderation.models import Policy
from moderation.policy import ResolvedPolicy, Thresholds, validate_thresholds

_INHERITED = ("premoderate", "auto_reject", "max_links", "flood_limit")


def resolved_policy(article: Article, *, manifest: Mapping[str, Any] | None) -> ResolvedPolicy:
    """An article's policy: its own values, else its section's, its site's, the classifier's thresholds."""
    scopes = Policy.objects.filter(site_id=article.site_id).filter(
        Q(section=None, article=None) | Q(section_id=article.section_id) | Q(article=article)
    )
    ordered = sorted(
        scopes, key=lambda policy: (policy.article_id is not None, policy.section_id is not None)
    )
    shipped = (manifest or {}).get("thresholds", {})
    thresholds = {label: Thresholds(cut["hold"], cut["reject"]) for label, cut in shipped.items()}
    values: dict[str, Any] = {}
    for policy in ordered:  # From the widest scope to the narrowest, so that the narrowest wins.
        thresholds |= validate_thresholds(policy.thresholds)
        values |= {name: getattr(policy, name) for name in _INHERITED if getattr(policy, name) is not None}
    return ResolvedPolicy(
        thresholds=thresholds, versions={str(policy.pk): policy.version for policy in ordered}, **values
    )
