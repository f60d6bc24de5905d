"""What readers are told, by the codes of the contract."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy
from django.utils.functional import Promise

# ``{wait}`` is replaced by whole seconds, here and in comments.js.
PROBLEMS: dict[str, Promise] = {
    "comments_closed": gettext_lazy("Comments on this article are closed. Your comment was not stored."),
    "duplicate": gettext_lazy("You have already sent this comment. There is no need to send it again."),
    "rate_limited": gettext_lazy(
        "That was a lot at once. Please wait {wait} seconds and send it again; what you wrote is still here."
    ),
    "idempotency_conflict": gettext_lazy("This form was already used for another comment. Please send it once more."),
    "form_expired": gettext_lazy("This form had been open for very long. Please send it once more; what you wrote is still here."),
    "unavailable": gettext_lazy(
        "Your comment could not be stored: a part of this site does not answer. What you wrote is still here; "
        "please send it again in a moment."
    ),
}


def problem_words(code: str, *, detail: str, retry_after_s: int | None = None) -> str:
    """Plain words for a refusal; ``detail`` where the code has none of its own."""
    words = PROBLEMS.get(code)
    return str(words).replace("{wait}", str(retry_after_s or 60)) if words else detail or gettext("Your comment was not sent.")
