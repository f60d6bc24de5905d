"""What the pipeline makes of a text, as far as reading it goes: a live site's rules, scores and policy."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from moderation.classifier import Classifier, Scores
from moderation.detector import language_findings, probabilities
from moderation.near_copies import sketch
from moderation.policy import Finding, Outcome, ResolvedPolicy, Thresholds, decide, shipped_thresholds
from moderation.text_rules import BANNED, SUSPECT, Listed, text_findings

POLICIES = {"careful": 0.5, "as shipped": 1.0, "relaxed": 2.0}
"""Name and what the shipped *hold* thresholds are multiplied by."""
SHIPPED = list(POLICIES).index("as shipped")
_NEAR = (Finding("near_duplicates"),)


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of one comment.

    Attributes:
        outcomes: one for each of `POLICIES`.
        if_wave: the same if near-copies by others stood beside it; None if it is too short to have any.
        signature: by which near-copies are found; None likewise.
        is_rejectable: a score reached *reject*, which rejects only where a site switches that on.
        margin: log odds of the worst score over *hold* as shipped; negative below it.
        label: which score that is.
        digest: the same for the same text.
    """

    outcomes: tuple[Outcome, ...]
    if_wave: tuple[Outcome, ...] | None
    signature: bytes | None
    is_rejectable: bool
    margin: float
    label: str
    language: str
    is_sure_of_language: bool
    digest: str


def policies(manifest: Mapping[str, object]) -> tuple[ResolvedPolicy, ...]:
    """The policy of a site that has set nothing, with *hold* at each of `POLICIES`."""
    shipped = shipped_thresholds(manifest)
    return tuple(
        ResolvedPolicy(
            {
                label: Thresholds(min(cut.hold * factor, cut.reject), cut.reject)
                for label, cut in shipped.items()
            }
        )
        for factor in POLICIES.values()
    )


class Judge:
    """Judges texts by one classifier and the given lists of words."""

    def __init__(
        self, classifier: Classifier, *, banned: Sequence[str] = (), suspect: Sequence[str] = ()
    ) -> None:
        self.classifier = classifier
        self.policies = policies(classifier.manifest)
        listed = (Listed(BANNED, tuple(banned)), Listed(SUSPECT, tuple(suspect)))
        self._lists = [each for each in listed if each.words]

    def judge(self, comments: Sequence[tuple[str, str]]) -> list[Judged]:
        """
        Args:
            comments: text and name of each.
        """
        try:
            scored: list[Scores | None] = [*self.classifier.score([text for text, _ in comments])]
        except Exception:  # noqa: BLE001  (as in services.judge: whatever a model raises, one text pays)
            scored = [self._score_alone(text) for text, _ in comments]
        both = zip(comments, scored, strict=True)
        return [self._judged(text, name, result) for (text, name), result in both]

    def _score_alone(self, text: str) -> Scores | None:
        try:
            return self.classifier.score([text])[0]
        except Exception:  # noqa: BLE001  (a text without scores is held by failure, as on a live site)
            return None

    def _judged(self, text: str, name: str, result: Scores | None) -> Judged:
        policy = self.policies[SHIPPED]
        findings = text_findings(name=name, body=text, lists=self._lists, policy=policy)
        scores: dict[str, float] = {}
        if result is not None:
            try:
                scores = probabilities(result.values)
            except ValueError:
                result = None
            else:
                findings += language_findings(result.language)
        supported = result.supported if result else {}
        made = sketch(text)
        label, margin = _worst(scores, supported, policy)
        return Judged(
            outcomes=self._outcomes(findings, scores, supported),
            if_wave=self._outcomes([*findings, *_NEAR], scores, supported) if made else None,
            signature=made[1] if made else None,
            is_rejectable=self._is_rejectable(findings, scores, supported),
            margin=margin,
            label=label,
            language=result.language.code if result else "",
            is_sure_of_language=bool(result and result.language.confident),
            digest=hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest(),
        )

    def _outcomes(
        self, findings: Sequence[Finding], scores: Mapping[str, float], supported: Mapping[str, bool]
    ) -> tuple[Outcome, ...]:
        return tuple(
            decide(findings=findings, scores=scores or None, supported=supported, policy=policy)
            for policy in self.policies
        )

    def _is_rejectable(
        self, findings: Sequence[Finding], scores: Mapping[str, float], supported: Mapping[str, bool]
    ) -> bool:
        policy = replace(self.policies[SHIPPED], auto_reject=True)
        found = decide(findings=findings, scores=scores or None, supported=supported, policy=policy)
        return found.status == "rejected"


def _worst(
    scores: Mapping[str, float], supported: Mapping[str, bool], policy: ResolvedPolicy
) -> tuple[str, float]:
    """The label furthest over its *hold*, or nearest to it from below, in log odds."""
    over = {
        label: _log_odds(score) - _log_odds(policy.thresholds[label].hold)
        for label, score in scores.items()
        if supported.get(label, True) and label in policy.thresholds
    }
    worst = max(over, key=lambda label: over[label], default="")
    return worst, over.get(worst, 0.0)


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))
