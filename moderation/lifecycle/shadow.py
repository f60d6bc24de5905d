"""The candidate in shadow: scores, without effect, what the active version has just decided about."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from django.db import transaction

from comments.models import Comment
from moderation.engine import Engine, ModelUnavailable
from moderation.lifecycle.models import Shadow, ShadowScore
from moderation.models import Decision
from moderation.policy import Finding, decide
from moderation.selectors import resolved_policy
from moderation.services import Judgement
from newsroom import metrics

logger = logging.getLogger("moderation")

SLOW_S = 0.25  # A candidate that takes longer than this for one text is left alone for a while,
REST_S = 60.0  # so that it costs a worker at most SLOW_S a minute, and never a decision.


def shadow_row() -> tuple[UUID, str] | None:
    return Shadow.objects.values_list("version_id", "version__digest").first()


shadow_engine = Engine(shadow_row, is_optional=True)
_rests_until = 0.0


def score_in_shadow(decision: Decision, comment: Comment, judgement: Judgement) -> ShadowScore | None:
    """Store what the candidate would have done with the judged text; None if there is nothing to compare.

    The rules' findings and the policy are those of the decision; only the scores differ. Safe to run twice:
    the first score of a text by a version stays.
    """
    global _rests_until  # noqa: PLW0603  (of this process, like the engines)
    if judgement.model is None or not judgement.scores or time.monotonic() < _rests_until:
        return None
    try:
        candidate = shadow_engine.active()
    except ModelUnavailable:
        return None  # Usually: no candidate. A refused one is shown on the classifier page.
    if candidate.version_id == judgement.model.version_id:
        return None
    started = time.monotonic()
    result = candidate.classifier.score([comment.body])[0]
    took_s = time.monotonic() - started
    if took_s > SLOW_S:
        _rests_until = time.monotonic() + REST_S
        logger.warning("the shadow candidate took %.2f s for one text and rests for a minute", took_s)
    rules = [f for f in judgement.findings if not f.code.startswith("score:") and f.code != "language"]
    if result.language.confident and not result.language.supported:
        rules.append(Finding("language"))
    outcome = decide(
        findings=rules,
        scores=result.values,
        supported=result.supported,
        policy=resolved_policy(comment.article, manifest=candidate.classifier.manifest),
    )
    stored, is_new = ShadowScore.objects.get_or_create(
        comment_id=decision.comment_id,
        revision=decision.revision,
        version_id=candidate.version_id,
        defaults={
            "scores": {label: round(score, 6) for label, score in result.values.items()},
            "outcome": outcome.status,
            "active_outcome": decision.outcome,
            "active_version_id": judgement.model.version_id,
            "demo": decision.demo or comment.demo,
        },
    )
    if is_new:
        metrics.SHADOW_SCORES.labels("same" if outcome.status == decision.outcome else "other").inc()
    return stored


def shadow_safely(decision: Decision, comment: Comment, judgement: Judgement) -> None:
    """Score in shadow; whatever goes wrong is counted and logged, and nobody else notices."""
    try:
        shadow_engine.active()
    except ModelUnavailable:
        return  # Usually; then a decision costs nothing more.
    except Exception:  # As below.
        logger.exception("the shadow candidate cannot be looked up")
        return
    try:
        with transaction.atomic():  # A failed statement must not spoil a transaction around it.
            score_in_shadow(decision, comment, judgement)
    except Exception:  # The decision stands already; a candidate may raise whatever it likes.
        metrics.SHADOW_SCORES.labels("failed").inc()
        logger.exception("the shadow candidate failed on comment %s", decision.comment_id)
