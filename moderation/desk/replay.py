"""Judging a stored text again with the stored versions: the same scores, the same verdict, or a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from comments.models import CommentRevision
from moderation.classifier import load
from moderation.engine import artifact_bytes
from moderation.models import Decision, ModelVersion
from moderation.policy import Finding, Outcome, ResolvedPolicy, decide

if TYPE_CHECKING:
    from moderation.classifier import Classifier

CLOSE_ENOUGH = 1e-6


@dataclass(frozen=True, slots=True)
class Replay:
    """What a machine's decision comes to when it is made again."""

    outcome: Outcome
    scores: Mapping[str, float]
    largest_difference: float
    has_same_outcome: bool

    @property
    def is_same(self) -> bool:
        return self.has_same_outcome and self.largest_difference <= CLOSE_ENOUGH


def replay(decision: Decision) -> Replay | None:
    """Score the text with the classifier that the decision names, and apply the policy that it keeps.

    What depends on other comments (waves, floods, history) and on the word lists of that day is taken as
    it was recorded. None for a decision that no machine made, and where the text was erased.
    """
    if decision.actor_kind != Decision.ActorKind.MACHINE:
        return None
    text = CommentRevision.objects.filter(comment=decision.comment_id, revision=decision.revision).first()
    if text is None:
        return None
    scores: dict[str, float] = {}
    supported: dict[str, bool] = {}
    if decision.model_version_id and decision.scores:
        result = _classifier(decision.model_version_id).score([text.body])[0]
        scores = {label: float(score) for label, score in result.values.items()}
        supported = result.supported
    outcome = decide(
        findings=[Finding.from_json(finding) for finding in decision.findings],
        scores=scores or None,
        supported=supported,
        policy=ResolvedPolicy.from_json(decision.policy),
    )
    was = (decision.outcome, decision.held_by, decision.reason_code)
    labels = set(scores) | set(decision.scores)
    return Replay(
        outcome=outcome,
        scores=scores,
        largest_difference=max(
            (abs(scores.get(label, -1.0) - decision.scores.get(label, -1.0)) for label in labels), default=0.0
        ),
        has_same_outcome=(outcome.status, outcome.held_by, outcome.reason_code) == was,
    )


@lru_cache(maxsize=2)
def _classifier(version_id: UUID) -> Classifier:
    version = ModelVersion.objects.defer("artifact", "manifest").get(pk=version_id)
    return load(artifact_bytes(version.pk, version.digest))
