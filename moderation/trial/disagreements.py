"""The sharpest disagreements as a report shows them: why, and the text, blurred until it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from moderation.classifier import Classifier
from moderation.classifier.text import display_form
from moderation.desk.marking import marks_of, segments
from moderation.detector import score_finding
from moderation.trial import words
from moderation.trial.records import Theirs
from moderation.trial.tally import Disagreement


def cases(found: Sequence[Disagreement], classifier: Classifier) -> str:
    """The section; it says so where there are none."""
    if not found:
        none = "There are none: where you decided, we would have done the same."
        return f"<h2>Sharpest disagreements</h2>\n<p>{none}</p>"
    sides = (
        (Theirs.REFUSED, "You refused, we would publish", "Lowest score first."),
        (
            Theirs.PUBLISHED,
            "You published, we would not",
            "Highest score first; then what a rule would stop.",
        ),
    )
    parts = []
    for side, title, order in sides:
        of_side = [each for each in found if each.theirs == side]
        if of_side:
            shown = "".join(_case(each, classifier) for each in of_side)
            parts.append(f'<h3>{title}</h3><p class="soft">{order}</p>{shown}')
    return (
        f"<h2>The {len(found)} sharpest disagreements</h2>\n"
        "<p>Copies of one text are shown once. The texts may be hard to read, so that they are blurred"
        " until you"
        ' ask for them.</p>\n<button type="button" id="unveil-all">Show all texts</button>\n' + "".join(parts)
    )


def _case(each: Disagreement, classifier: Classifier) -> str:
    score = classifier.score([each.text])[0].values.get(each.label) if each.label else None
    scored = f"{words.LABELS.get(each.label, each.label)} {score:.3f}" if score is not None else "no score"
    if each.outcome.status == "published":
        ours, kind = "we would publish", "publish"
    else:
        verb, kind = ("hold", "hold") if each.outcome.status == "held" else ("reject", "reject")
        ours = f"we would {verb}: {words.reason(each.outcome)}"
    at = (
        f"<span>{words.day(datetime.fromtimestamp(each.at, UTC).date())}</span>"
        if each.at is not None
        else ""
    )
    theirs = "you refused" if each.theirs == Theirs.REFUSED else "you published"
    return (
        f'<article class="case {kind}"><header><b>{theirs}; {escape(ours)}</b><span>worst score:'
        f" {scored}</span>"
        f"<span>{escape(each.place)}</span>{at}</header>"
        '<div class="veil is-veiled"><button type="button">Show this text</button>'
        '<p class="words" dir="auto"'
        f' aria-hidden="true">{_marked(each, classifier, score)}</p></div></article>'
    )


def _marked(each: Disagreement, classifier: Classifier, score: float | None) -> str:
    """The text with the words that drove the score, where the score is why."""
    marks = []
    is_by_score = each.outcome.held_by == "detector" and each.outcome.reason_code != "language"
    if is_by_score and score is not None:
        finding = score_finding(classifier, each.text, each.label, score, version="")
        marks = marks_of([finding.as_json()], where="body", names={})
    return "".join(
        f'<mark class="s{piece.strength}">{_shown(piece.text)}</mark>'
        if piece.is_marked
        else _shown(piece.text)
        for piece in segments(each.text, marks)
    )


def _shown(text: str) -> str:
    return escape(display_form(text))
