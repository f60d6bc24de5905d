"""Counters that say what was skipped, refused or repaired. Gauges are read from PostgreSQL at scrape time."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

BROKER_FAILURES = Counter(
    "newsroom_broker_failures_total", "Uses of Redis that failed or were skipped.", ["use", "result"]
)
LIMITED = Counter("newsroom_limited_total", "Requests refused by a limit.", ["limit"])
COMMENTS_ACCEPTED = Counter("newsroom_comments_accepted_total", "Comments answered 202.")
DECISIONS = Counter("newsroom_decisions_total", "Decisions written.", ["actor", "outcome", "held_by"])
MODERATION_SECONDS = Histogram(
    "newsroom_moderation_seconds",
    "From lease to decision.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 20),
)
RECONCILER_ACTIONS = Counter("newsroom_reconciler_actions_total", "What the reconciler repaired.", ["action"])
AD_DECISIONS = Counter(
    "newsroom_ad_decisions_total",
    "Ad decisions by how they were written: behind the answer, at once, put off (and tried again), no room.",
    ["how"],
)
SHADOW_SCORES = Counter(
    "newsroom_shadow_scores_total",
    "Texts scored by the candidate in shadow, beside the decision.",
    ["result"],
)
MAIL = Counter("newsroom_mail_total", "Letters by what became of an attempt.", ["kind", "result"])
