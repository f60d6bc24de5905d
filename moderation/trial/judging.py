"""What the pipeline makes of a text, as far as reading it goes: a live site's rules, scores and policy."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from moderation.classifier import Classifier, Scores
from moderation.detector import language_findings, probabilities
from moderation.near_copies import signature_of
from moderation.policy import Finding, Outcome, ResolvedPolicy, Thresholds, decide, shipped_thresholds
from moderation.text_rules import BANNED, SUSPECT, Listed, text_findings

POLICIES = {"careful": 0.5, "as shipped": 1.0, "relaxed": 2.0}
"""Name and what the shipped *hold* thresholds are multiplied by."""
SHIPPED = list(POLICIES).index("as shipped")


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of one comment.

    Attributes:
        outcomes: one for each of `POLICIES`.
        if_wave: the one at all of them, if near-copies by others stand beside it.
        signature: by which near-copies are found; None if it is too short to have any.
        is_rejectable: it would be rejected, for its score, where a site switches that on.
        margin: log odds of the worst score over *hold* as shipped; negative below it.
        label: which score that is.
        digest: the same for the same text.
    """

    outcomes: tuple[Outcome, ...]
    if_wave: Outcome
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
        self._strict = replace(self.policies[SHIPPED], auto_reject=True)
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
        outcomes = self._outcomes(findings, scores, supported)
        label, margin = _worst(scores, supported, policy)
        return Judged(
            outcomes=outcomes,
            if_wave=_in_wave(frozenset(finding.code for finding in findings), bool(scores)),
            signature=signature_of(text),
            is_rejectable=(
                outcomes[SHIPPED].held_by == "detector" and self._is_rejectable(findings, scores, supported)
            ),
            margin=margin,
            label=label,
            language=result.language.code if result else "",
            is_sure_of_language=bool(result and result.language.confident),
            digest=hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest(),
        )

    def _outcomes(
        self, findings: Sequence[Finding], scores: Mapping[str, float], supported: Mapping[str, bool]
    ) -> tuple[Outcome, ...]:
        outcomes: list[Outcome] = []
        for policy in self.policies:
            outcomes.append(
                decide(findings=findings, scores=scores or None, supported=supported, policy=policy)
            )
            if outcomes[-1].status == "published":  # What a more careful one publishes, all do.
                break
        return tuple(outcomes + outcomes[-1:] * (len(self.policies) - len(outcomes)))

    def _is_rejectable(
        self, findings: Sequence[Finding], scores: Mapping[str, float], supported: Mapping[str, bool]
    ) -> bool:
        found = decide(findings=findings, scores=scores or None, supported=supported, policy=self._strict)
        return found.status == "rejected"


@cache
def _in_wave(codes: frozenset[str], has_scores: bool) -> Outcome:
    """What becomes of a text with these findings in a wave, whatever it scores: rules come before scores."""
    findings = [*map(Finding, sorted(codes)), Finding("near_duplicates")]
    scores = {"toxicity": 0.0} if has_scores else None
    return decide(findings=findings, scores=scores, supported={}, policy=ResolvedPolicy({}))


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
