"""The words of the embedded comments, in the site's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# ``{n}``, ``{name}``, ``{to}`` and ``{ago}`` are filled by embed.js.
EMBED_WORDS: dict[str, Promise] = {
    "comments": gettext_lazy("Comments"),
    "count": gettext_lazy("{n} comments"),
    "one": gettext_lazy("1 comment"),
    "none": gettext_lazy("No comments yet. Yours could be the first."),
    "closed": gettext_lazy("Comments on this article are closed."),
    "order": gettext_lazy("Order of the comments"),
    "newest": gettext_lazy("Newest"),
    "oldest": gettext_lazy("Oldest"),
    "top": gettext_lazy("Top"),
    "more": gettext_lazy("More comments"),
    "more_replies": gettext_lazy("More replies"),
    "reply": gettext_lazy("Reply"),
    "recommend": gettext_lazy("Recommend"),
    "report": gettext_lazy("Report"),
    "about": gettext_lazy("the comment by {name}"),
    "to": gettext_lazy("to {name}"),
    "removed": gettext_lazy("A comment that is no longer here"),
    "label": gettext_lazy("{name}, {ago}"),
    "label_reply": gettext_lazy("{name}, reply to {to}, {ago}"),
    "edited": gettext_lazy("edited"),
    "staff": gettext_lazy("Staff"),
    "pinned": gettext_lazy("Pinned"),
    "pick": gettext_lazy("Editors’ pick"),
    "leave": gettext_lazy("Leave a reply"),
    "replying": gettext_lazy("Replying to {name}"),
    "cancel": gettext_lazy("Write a new comment instead"),
    "note": gettext_lazy("Your email address will not be published. Required fields are marked *"),
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("Email"),
    "body": gettext_lazy("Comment"),
    "chars": gettext_lazy("{n} of {most} characters"),
    "over": gettext_lazy("{n} characters too many"),
    "preview": gettext_lazy("Preview"),
    "post": gettext_lazy("Post comment"),
    "how": gettext_lazy("How comments are judged"),
    "accept": gettext_lazy("By sending it you accept the"),
    "rules": gettext_lazy("rules"),
    "privacy": gettext_lazy("Privacy"),
    "own": gettext_lazy("Only you can see this"),
    "change": gettext_lazy("Change or withdraw"),
    "private": gettext_lazy("Your private status page"),
    "pending": gettext_lazy("Being checked…"),
    "published": gettext_lazy("Your comment is published."),
    "held": gettext_lazy("A person will read it before it appears."),
    "rejected": gettext_lazy("It was not published."),
    "invalid": gettext_lazy("Your comment was not sent. Please correct what is marked below."),
    "failed": gettext_lazy(
        "Your comment could not be sent: the site has a problem. What you wrote is still here; "
        "please try again in a moment."
    ),
    "form_expired": gettext_lazy(
        "This form had been open for too long. Please send it once more; what you wrote is still here."
    ),
    "duplicate": gettext_lazy("You have already sent this comment. There is no need to send it again."),
    "rate_limited": gettext_lazy(
        "That was a lot at once. Please wait {wait} seconds and send it again; what you wrote is still here."
    ),
    "unvoted": gettext_lazy("Your vote was not counted. Please try again in a moment."),
    "unread": gettext_lazy("This could not be loaded. Please try again in a moment."),
    # By field and code of the contract's ``errors``.
    "name.blank": gettext_lazy("Give a name. It will stand beside your comment."),
    "name.max_length": gettext_lazy("Give a name of at most 80 characters."),
    "email.blank": gettext_lazy("Give your email address. It will not be published."),
    "email.invalid": gettext_lazy("Give an email address such as ana@example.org."),
    "email.max_length": gettext_lazy("Give an email address of at most 254 characters."),
    "body.blank": gettext_lazy("Write a comment."),
    "parent.does_not_exist": gettext_lazy(
        "The comment that you answer is no longer here. You can send yours as a comment of its own."
    ),
}
