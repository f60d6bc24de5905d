"""What the machine makes of the seeded texts: the same as of any other, but quicker for the plain ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from moderation.classifier import Scores
from moderation.classifier.text import match_form
from moderation.engine import ActiveModel, engine
from moderation.models import WordList
from moderation.near_copies import WAVE_WINDOW, sketch
from moderation.policy import Finding, ResolvedPolicy, decide
from moderation.rules import store_sketch
from moderation.selectors import resolved_policy
from moderation.services import Judgement, judge
from moderation.text_rules import OF_DOMAINS, find_words, links
from seeds.stories import Story


def judged(stories: Sequence[Story], *, now: datetime) -> Iterator[tuple[Story, Judgement]]:
    """Each story with its judgement, in order. All texts are scored in one batch.

    Texts in which there may be something to find go through ``judge`` one by one; the sketches of the
    last day are stored on the way, so that a near-copy finds those before it.
    """
    model = engine.active()
    results = model.classifier.score([story.comment.body for story in stories])
    articles = {story.comment.article_id: story.comment.article for story in stories}
    manifest = model.classifier.manifest
    policies = {key: resolved_policy(article, manifest=manifest) for key, article in articles.items()}
    words = _listed_words(stories)
    recent = {id(story) for story in stories if now - story.comment.created_at < WAVE_WINDOW}
    alike = _alike([story for story in stories if id(story) in recent])
    for story, result in zip(stories, results, strict=True):
        policy = policies[story.comment.article_id]
        is_foreign = result.language.confident and not result.language.supported
        if is_foreign or id(story) in alike or _may_find(story, words) or _is_high(result, policy):
            yield story, judge(story.comment)
        else:
            yield story, _plain(story, result, policy, model)
        if id(story) in recent:
            store_sketch(story.comment)


def _alike(stories: Sequence[Story]) -> set[int]:
    """Those that share a band with another one: only they can be near-copies."""
    by_band: dict[int, list[int]] = {}
    for story in stories:
        bands, _ = sketch(story.comment.body) or ((), b"")
        for band in bands:
            by_band.setdefault(band, []).append(id(story))
    return {one for sharing in by_band.values() if len(sharing) > 1 for one in sharing}


def _listed_words(stories: Sequence[Story]) -> list[str]:
    sites = {story.comment.article.site_id for story in stories}
    lists = WordList.objects.filter(site_id__in=sites).exclude(kind__in=OF_DOMAINS)
    # A literal list's word is found undisguised too: this only asks which texts are worth a closer look.
    return [word for found in lists for word in found.words]


def _may_find(story: Story, words: list[str]) -> bool:
    """Whether a rule could say anything about the text, its name or its form."""
    texts = (story.comment.body, story.comment.name)
    return story.private.honeypot or any(links(text) or find_words(match_form(text), words) for text in texts)


def _is_high(result: Scores, policy: ResolvedPolicy) -> bool:
    return any(
        score >= policy.thresholds[label].hold
        for label, score in result.values.items()
        if label in policy.thresholds
    )


def _plain(story: Story, result: Scores, policy: ResolvedPolicy, model: ActiveModel) -> Judgement:
    scores = {label: float(score) for label, score in result.values.items()}
    findings = () if story.private.mailbox.verified_at else (Finding("unverified_address"),)
    outcome = decide(findings=findings, scores=scores, supported=result.supported, policy=policy)
    return Judgement(findings, scores, result.language.code, outcome, policy, model)
