"""Judging what an Akismet client sent, with the pipeline that judges our own comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from articles.models import Article
from articles.origins import canonical
from comments.models import Comment, CommentPrivate, Mailbox
from comments.networks import network_key
from moderation import services
from moderation.classifier.language import detect_language
from moderation.engine import ModelUnavailable, engine
from moderation.policy import Finding, ResolvedPolicy
from moderation.ports import seen
from moderation.ports.akismet import Call
from moderation.ports.models import SeenText
from moderation.ports.selectors import KnownKey
from moderation.rules import rule_findings
from newsroom.crypto import address_hashes, network_pseudonym
from newsroom.errors import FieldError
from newsroom.ids import uuid7


@dataclass(frozen=True, slots=True)
class Verdict:
    """``outcome`` as of our own comments (published, held, rejected), and why.

    ``toxicity`` is None where nothing was scored, and ``is_unscorable`` says that it could not be.
    """

    outcome: str
    reason: str = ""
    toxicity: float | None = None
    is_unscorable: bool = False

    @property
    def is_spam(self) -> bool:
        """What Akismet's clients are told: *true* for whatever we would not publish."""
        return self.outcome != "published"

    @property
    def is_discardable(self) -> bool:
        return self.outcome == "rejected"


def check(call: Call, *, key: KnownKey, now: datetime) -> Verdict:
    """Judge a text and remember its digests, unless it is a test.

    A moderator's mark of exactly this text stands before what the machine finds.
    """
    if call.is_guaranteed_spam:
        return Verdict("held", "spam")
    if call.is_by_administrator:
        return Verdict("published", "administrator")
    network = _network(call, now)
    identity = seen.identify(call, site=key.site_id, network=network)
    mark = seen.mark_of(identity)
    if mark:
        return (
            Verdict("published", "marked_ham") if mark == SeenText.Mark.HAM else Verdict("rejected", "spam")
        )
    verdict = _judged(call, key=key, identity=identity, network=network)
    if not call.is_test and not verdict.is_unscorable:
        seen.note(identity, call, key_id=key.id, outcome=verdict.outcome)
    return verdict


def mark(call: Call, *, key: KnownKey, mark: str, now: datetime) -> None:
    """Remember what a client's moderators said about a text; of a test, nothing."""
    if call.is_test or call.is_guaranteed_spam:
        return
    identity = seen.identify(call, site=key.site_id, network=_network(call, now))
    seen.note(identity, call, key_id=key.id, mark=mark)


def _judged(call: Call, *, key: KnownKey, identity: seen.Identity, network: bytes | None) -> Verdict:
    if call.is_too_long:
        return Verdict("held", "too_long")
    comment = Comment(
        article=_article(call, key), name=call.name, body=call.body, created_at=call.at, pk=uuid7()
    )
    CommentPrivate(comment=comment, mailbox=_mailbox(call), network=network, honeypot=call.is_honeypot_filled)
    judgement = services.judge(comment, find=partial(_find, call, identity))
    outcome = judgement.outcome
    return Verdict(
        outcome.status,
        outcome.reason_code,
        toxicity=judgement.scores.get("toxicity"),
        is_unscorable=outcome.held_by == "failure",
    )


def _find(
    call: Call, identity: seen.Identity, comment: Comment, private: CommentPrivate, policy: ResolvedPolicy
) -> list[Finding]:
    found = [
        *rule_findings(comment, private, policy),
        *seen.findings(identity, comment, private, policy),
        *_language_findings(call),
    ]
    # Texts that are sent again, by the hundred, are no flood.
    return [finding for finding in found if finding.code != "flood"] if call.is_recheck else found


def _language_findings(call: Call) -> list[Finding]:
    """A text too short to tell is in the blog's language, not in the classifier's."""
    try:
        read = str(engine.active().classifier.manifest["language"])
    except ModelUnavailable:
        return []  # Held for that.
    if not call.languages or read in call.languages:
        return []
    language = detect_language(call.body, call.languages[0])
    return (
        [] if language.code == read else [Finding("language", where="body", data={"language": language.code})]
    )


def _article(call: Call, key: KnownKey) -> Article:
    """The article that the permalink names, for the policy of its section; else any of the site."""
    known = None
    if call.permalink:
        try:
            known = Article.objects.filter(site=key.site_id, canonical_url=canonical(call.permalink))
        except FieldError:
            pass  # No address of a page.
    article = known.only("id", "site_id", "section_id").first() if known is not None else None
    return article or Article(site_id=key.site_id)


def _mailbox(call: Call) -> Mailbox:
    """The commenter's, if we know the address: blocked, trusted and the history count. Else a stranger's."""
    known = None
    if call.email:
        known = Mailbox.objects.filter(address_hash__in=address_hashes(call.email)).first()
    return known or Mailbox(pk=uuid7())


def _network(call: Call, now: datetime) -> bytes | None:
    if call.network is None:
        return None
    return network_pseudonym(call.network, key=network_key(now.date().replace(day=1)))
