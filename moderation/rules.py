"""Rules: what is found about a text besides its scores. Judges name and body; quotes neither."""

from __future__ import annotations

from comments.models import Comment, CommentPrivate, CommentSettings, Mailbox
from comments.site_settings import comment_settings
from moderation.circumstances import Circumstances, circumstances
from moderation.near_copies import WAVE_WINDOW, sketch, wave_findings
from moderation.policy import Finding, ResolvedPolicy
from moderation.text_rules import Listed, text_findings
from newsroom.prepared import rows_of, run

HISTORY_MIN, HISTORY_SHARE = (
    3,
    0.3,
)  # Coral's rule: 30 % refused in seven days; at least three, so that one is no history


def rule_findings(comment: Comment, private: CommentPrivate, policy: ResolvedPolicy) -> list[Finding]:
    """Everything that the rules find, in no order. Two queries; three when a word list has changed, and one
    a second for the site's settings.
    """
    known, own = circumstances(comment, private), comment_settings(comment.article.site_id)
    found = [
        *text_findings(name=comment.name, body=comment.body, lists=_listed(known), policy=policy),
        *_form_findings(private, own),
        *_author_findings(private, policy, known),
        *_wave_findings(comment, private, own),
    ]
    lifted = {code for code, holds in _holds(own).items() if not holds}
    return [each for each in found if each.code not in lifted]


def _holds(own: CommentSettings) -> dict[str, bool]:
    """Rules that a site can do without."""
    return {"shortened_link": own.hold_shorteners, "threat_words": own.hold_threats}


def _listed(known: Circumstances) -> list[Listed]:
    return [
        Listed(each.kind, each.words, f"{each.pk}:{each.version}", is_literal=each.is_literal)
        for each in known.word_lists
    ]


# --- the form, the author, the network ---------------------------------------------------------------
def _form_findings(private: CommentPrivate, own: CommentSettings) -> list[Finding]:
    if private.honeypot:
        return [Finding("honeypot")]
    found = []
    if private.form_age_s is not None and private.form_age_s < own.form_min_age_s:
        found.append(Finding("form_too_fast", value=round(private.form_age_s, 2)))
    if private.disposable and own.hold_disposable and not private.mailbox.trusted:
        found.append(Finding("disposable_address"))
    return found


def _author_findings(private: CommentPrivate, policy: ResolvedPolicy, known: Circumstances) -> list[Finding]:
    found = []
    mailbox = private.mailbox
    if policy.tightened:
        found.append(Finding("outside_desk_hours"))
    if policy.premoderate or mailbox.premoderated:
        found.append(Finding("premoderated", data={"by": "author" if mailbox.premoderated else "policy"}))
    if mailbox.blocked:
        found.append(Finding("blocked_author"))
    if not mailbox.verified_at:
        found.append(Finding("unverified_address"))
    if policy.new_authors and not mailbox.trusted:
        published = _published(mailbox, most=policy.new_authors) if mailbox.verified_at else 0
        if published < policy.new_authors:
            found.append(Finding("new_author", value=published, data={"of": policy.new_authors}))
    refused, decided = known.refused, known.decided
    if decided >= HISTORY_MIN and refused / decided >= HISTORY_SHARE and not mailbox.trusted:
        found.append(
            Finding(
                "rejection_rate",
                value=round(refused / decided, 3),
                data={"refused": refused, "decided": decided},
            )
        )
    if known.of_network > policy.flood_limit:
        found.append(Finding("flood", value=known.of_network, data={"allowed": policy.flood_limit}))
    return found


def _published(mailbox: Mailbox, *, most: int) -> int:
    """How many comments of an address readers see, counted up to ``most``."""
    return Comment.objects.published().filter(private__mailbox=mailbox)[:most].count()


# --- waves -------------------------------------------------------------------------------------------
def store_sketch(comment: Comment) -> None:
    """Keep the text's sketch, for the next near-copy to find. Inside the deciding transaction."""
    made = sketch(comment.body)
    if made is None:
        return
    bands, signature = made
    run(
        "INSERT INTO moderation_sketch (comment_id, bands, signature, at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (comment_id) DO UPDATE SET bands = EXCLUDED.bands, signature = EXCLUDED.signature",
        [comment.pk, list(bands), signature, comment.created_at],
    )


def _wave_findings(comment: Comment, private: CommentPrivate, own: CommentSettings) -> list[Finding]:
    """Copies by others; and one's own under other articles, but for what was refused: trying again in other
    words is no wave.
    """
    made = sketch(comment.body)
    if made is None:
        return []
    bands, signature = made
    rows = rows_of(
        # The bands first: of a kept plan, PostgreSQL takes two days of sketches for as few as share a band.
        "SELECT p.mailbox_id, sent.article_id, s.signature"
        " FROM (SELECT * FROM moderation_sketch WHERE bands && %s::bigint[] OFFSET 0) s"
        " JOIN comments_commentprivate p ON p.comment_id = s.comment_id"
        " JOIN comments_comment sent ON sent.id = s.comment_id"
        " WHERE s.at > %s AND s.at <= %s AND s.comment_id <> %s"
        " AND (p.mailbox_id <> %s OR sent.article_id <> %s"
        " AND sent.status NOT IN ('rejected', 'removed', 'withdrawn')) LIMIT 200",
        [
            list(bands),
            comment.created_at - WAVE_WINDOW,
            comment.created_at + WAVE_WINDOW,
            comment.pk,
            private.mailbox_id,
            comment.article_id,
        ],
    )
    author = private.mailbox_id
    return wave_findings(
        signature,
        [(mailbox, bytes(stored)) for mailbox, _, stored in rows if mailbox != author],
        own=[(article, bytes(stored)) for mailbox, article, stored in rows if mailbox == author],
        commenters=own.wave_commenters,
    )
