"""What happened to one comment, step by step, with times: shown to whoever holds its status token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from comments.models import Comment
from moderation.desk.words import LABELS, OUTCOMES, finding_sentence
from moderation.models import Decision, ReasonCode

MOST_EVIDENCE = 6
STRONG = 0.3  # of the strongest word of its finding; weaker ones say little to somebody who looks once
# Always there for a new commenter, and nothing that the policy looks at.
UNREMARKABLE = {"unverified_address"}


def journey(comment: Comment, *, at: datetime) -> dict[str, Any]:
    """State, findings, scores, reason and times in milliseconds since the comment was accepted."""
    decision = Decision.objects.filter(pk=comment.decision_id).first() if comment.decision_id else None
    document: dict[str, Any] = {
        "status": comment.status,
        "held_by": comment.held_by or None,
        "waiting_ms": None if decision else _ms(comment.created_at, at),
        "decided_by": None,
        "outcome": None,
        "reason": None,
        "findings": [],
        "scores": [],
        "timings_ms": None,
    }
    if decision is None:
        return document
    return document | {
        "decided_by": decision.actor_kind,
        "outcome": OUTCOMES.get(decision.outcome, decision.outcome),
        "reason": str(ReasonCode(decision.reason_code).label) if decision.reason_code else None,
        "findings": [
            {"words": finding_sentence(finding), "evidence": _evidence(comment, finding)}
            for finding in decision.findings
            if finding["code"] not in UNREMARKABLE
        ],
        "scores": _scores(decision),
        "timings_ms": _timings(comment, decision),
    }


def _scores(decision: Decision) -> list[dict[str, Any]]:
    """The labels by how far they reach; each with the threshold at which a comment is held."""
    thresholds = decision.policy.get("thresholds", {})
    scores = [
        {"label": LABELS.get(label, label), "score": score, "hold_at": thresholds.get(label, {}).get("hold")}
        for label, score in decision.scores.items()
    ]
    return sorted(scores, key=lambda entry: -float(entry["score"]))


def _evidence(comment: Comment, finding: dict[str, Any]) -> list[str]:
    """The words that drove a finding most, cut from the comment itself."""
    text = comment.name if finding.get("where") == "name" else comment.body
    spans = finding.get("spans", [])[:MOST_EVIDENCE]
    weights = finding.get("data", {}).get("weights") or [1.0] * len(spans)
    strong = [span for span, weight in zip(spans, weights, strict=False) if weight >= STRONG * max(weights)]
    return list(dict.fromkeys(filter(None, (text[start:end].strip() for start, end in strong))))


def _timings(comment: Comment, decision: Decision) -> dict[str, int]:
    """``queued``: until a worker had it; ``judged``: rules and classifier; ``total``: both."""
    total = _ms(comment.edited_at or comment.created_at, decision.at)
    judged = min(total, round(decision.took_ms or 0))
    return {"queued": total - judged, "judged": judged, "total": total}


def _ms(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))
