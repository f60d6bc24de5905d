"""What readers are told, by the codes of the contract. The script finds the same words in the page."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

Words = dict[str, Promise]

# ``{wait}`` is replaced by whole seconds, here and in comments.js.
PROBLEMS: Words = {
    "comments_closed": gettext_lazy("Comments on this article are closed. Your comment was not stored."),
    "duplicate": gettext_lazy("You have already sent this comment. There is no need to send it again."),
    "rate_limited": gettext_lazy(
        "That was a lot at once. Please wait {wait} seconds and send it again; what you wrote is still here."
    ),
    "form_expired": gettext_lazy(
        "This form had been open for too long. Please send it once more; what you wrote is still here."
    ),
    "does_not_exist": gettext_lazy(
        "The comment that you answer is no longer here. You can send yours as a comment of its own."
    ),
    "not_editable": gettext_lazy(
        "This comment can no longer be changed: it was answered or decided meanwhile. You can withdraw it."
    ),
    "edit_window_closed": gettext_lazy(
        "A comment can be changed for 15 minutes, and they have passed. You can withdraw it."
    ),
    "unavailable": gettext_lazy(
        "Your comment could not be stored: a part of this site does not answer. "
        "What you wrote is still here; please send it again in a moment."
    ),
}

# By field and code of the contract's ``errors``.
FIELD_PROBLEMS: Words = {
    "name.blank": gettext_lazy("Give a name. It will stand beside your comment."),
    "name.required": gettext_lazy("Give a name. It will stand beside your comment."),
    "name.max_length": gettext_lazy("Give a name of at most 80 characters."),
    "email.blank": gettext_lazy("Give your email address. It will not be published."),
    "email.required": gettext_lazy("Give your email address. It will not be published."),
    "email.invalid": gettext_lazy("Give an email address such as ana@example.org."),
    "email.max_length": gettext_lazy("Give an email address of at most 254 characters."),
    "body.blank": gettext_lazy("Write a comment."),
    "body.required": gettext_lazy("Write a comment."),
}

BADGES: Words = {
    "staff": gettext_lazy("Staff"),
    "pinned": gettext_lazy("Pinned"),
    "pick": gettext_lazy("Editors’ pick"),
}


# By the reason code of a decision; the script and the private page say the same.
# (Why one is *held* is not told: it would teach how to slip through.)
REASONS: Words = {
    "spam": gettext_lazy("It reads like advertising or spam."),
    "insult": gettext_lazy("It insults somebody."),
    "hate": gettext_lazy("It attacks people for who they are."),
    "threat": gettext_lazy("It threatens somebody."),
    "obscene": gettext_lazy("It uses obscene language."),
    "toxic": gettext_lazy("It is abusive or disrespectful."),
    "banned_word": gettext_lazy("It has a word that this site does not publish."),
    "personal_data": gettext_lazy("It gives away personal data."),
    "illegal": gettext_lazy("It has content that the law forbids."),
    "off_topic": gettext_lazy("It is not about the article."),
    "not_reviewed": gettext_lazy(
        "Nobody could read it before the conversation closed. This is no judgement about it."
    ),
}


def reason_words(code: str) -> str:
    """Why a comment was not published, in plain words; a general sentence where a code has none."""
    words = REASONS.get(code)
    return (
        str(words)
        if words is not None
        else gettext("It was found to break the rules for comments on this site.")
    )


def problem_words(code: str, *, detail: str, retry_after_s: int | None = None) -> str:
    """Plain words for a refusal; ``detail`` where its code has none of its own."""
    words = PROBLEMS.get(code)
    if words is None:
        return detail or gettext("Your comment was not sent.")
    return str(words).replace("{wait}", str(retry_after_s or 60))


def field_words(field: str, code: str, *, detail: str) -> str:
    words = FIELD_PROBLEMS.get(f"{field}.{code}")
    return str(words) if words is not None else detail


def vote_problem(code: str, *, retry_after_s: int | None) -> tuple[str, str]:
    """Heading and explanation for a vote that was not counted."""
    if code == "rate_limited":
        wait = gettext("Please wait {wait} seconds and try again.").replace(
            "{wait}", str(retry_after_s or 60)
        )
        return gettext("That was a lot at once"), wait
    return gettext("Your vote was not counted"), gettext("Perhaps the comment is no longer published.")
