"""What the desk's buttons send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from moderation.desk.authors import FLAGS, author_by_key
from moderation.desk.queues import AGES, SORTS, Wanted
from moderation.models import REJECT_REASONS, ReasonCode

APPROVE, REJECT, REMOVE, CHECK_AGAIN, UNDO = "approve", "reject", "remove", "check_again", "undo"
HOLD, APPROVE_AND_TRUST, REJECT_AND_BLOCK = "hold", "approve_and_trust", "reject_and_block"
ACTIONS = (APPROVE, APPROVE_AND_TRUST, REJECT, REJECT_AND_BLOCK, REMOVE, HOLD, CHECK_AGAIN, UNDO)
REFUSALS = {REJECT, REJECT_AND_BLOCK, REMOVE, HOLD}
MOST_IN_BULK = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """A comment as it stood on the editor's screen."""

    comment_id: UUID
    revision: int
    decision_id: UUID | None

    @classmethod
    def parse(cls, text: str) -> Seen:
        """Of ``id:revision:decision``.

        Raises:
            ValueError: it is not what the desk's pages send.
        """
        comment_id, revision, decision = text.split(":")
        return cls(UUID(comment_id), int(revision), UUID(decision) if decision else None)


class SeenField(forms.CharField):
    def clean(self, value: Any) -> Seen:
        try:
            return Seen.parse(super().clean(value))
        except ValueError as error:
            raise forms.ValidationError("This is not an item of the desk.") from error


class SeenManyField(forms.Field):
    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[Seen]:
        if not value and not self.required:
            return []
        if not value:
            raise forms.ValidationError("Choose at least one comment.")
        if len(value) > MOST_IN_BULK:
            raise forms.ValidationError(f"Choose at most {MOST_IN_BULK} comments at once.")
        try:
            return [Seen.parse(text) for text in dict.fromkeys(value)]
        except ValueError as error:
            raise forms.ValidationError("This is not an item of the desk.") from error


class ButtonForm(forms.Form):
    """What every button needs."""

    action = forms.ChoiceField(choices=[(name, name) for name in ACTIONS])
    reason = forms.ChoiceField(
        choices=[(reason.value, reason.label) for reason in REJECT_REASONS], required=False
    )
    note = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("action") in REFUSALS and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Give a reason for refusing or holding a comment.")
        return data


class DecideForm(ButtonForm):
    """One button for one comment."""

    seen = SeenField(max_length=120)


class BulkForm(ButtonForm):
    """One button for several comments; ``read``: those whose whole text was on the screen."""

    seen = SeenManyField()
    read = SeenManyField(required=False)


class EscalateForm(forms.Form):
    """A question to a colleague."""

    seen = SeenField(max_length=120)
    note = forms.CharField(max_length=500)


class AuthorForm(forms.Form):
    """A switch about everything that comes from one address, such as ``blocked:on``, and why."""

    switch = forms.ChoiceField(
        choices=[(f"{flag}:{value}", flag) for flag in FLAGS for value in ("on", "off")]
    )
    reason = forms.CharField(max_length=300)

    def wanted(self) -> tuple[str, bool]:
        flag, _, value = self.cleaned_data["switch"].partition(":")
        return flag, value == "on"


class FindAuthorForm(forms.Form):
    """Somebody by the key on the desk or by an address that one knows; perhaps switched at once."""

    key = forms.CharField(max_length=64, required=False)
    address = forms.EmailField(max_length=254, required=False)
    switch = forms.ChoiceField(choices=[("", "")] + [(flag, flag) for flag in FLAGS], required=False)
    reason = forms.CharField(max_length=300, required=False)


class RevealForm(forms.Form):
    """Why somebody has to see an address, and who they are, once more."""

    reason = forms.CharField(max_length=200)
    password = forms.CharField(widget=forms.PasswordInput, required=False)


class AuthorField(forms.CharField):
    """An author as the desk shows one (the first letters of a keyed hash), or a mailbox's id."""

    def clean(self, value: Any) -> UUID | None:
        text = super().clean(value).strip()
        try:
            return UUID(text) if len(text) > 16 else author_by_key(text)
        except ValueError as error:
            raise forms.ValidationError("This is no author of the desk.") from error


class FilterForm(forms.Form):
    """The filters of a queue. What cannot be read filters nothing."""

    section = forms.UUIDField(required=False)
    article = forms.UUIDField(required=False)
    author = AuthorField(max_length=40, required=False)
    reason = forms.ChoiceField(
        choices=[("", "")] + [(reason.value, reason.label) for reason in ReasonCode if reason], required=False
    )
    language = forms.CharField(max_length=12, required=False)
    score_from = forms.IntegerField(min_value=0, max_value=100, required=False)
    score_to = forms.IntegerField(min_value=0, max_value=100, required=False)
    age = forms.ChoiceField(choices=[("", ""), *AGES.items()], required=False)
    sort = forms.ChoiceField(choices=list(SORTS.items()), required=False)

    @classmethod
    def wanted(cls, query: QueryDict, *, scope: tuple[UUID, ...] = ()) -> Wanted:
        form = cls(query)
        form.is_valid()
        data = form.cleaned_data
        low, high = data.get("score_from"), data.get("score_to")
        return Wanted(
            section=data.get("section"),
            article=data.get("article"),
            author=data.get("author"),
            reason=data.get("reason") or "",
            language=data.get("language") or "",
            score_from=None if low is None else low / 100,
            score_to=None if high is None else high / 100,
            older_than=timedelta(hours=int(data["age"])) if data.get("age") else None,
            sort=data.get("sort") or "risk",
            scope=scope,
        )


class MailHourForm(forms.Form):
    """When the summary comes by mail; empty: never."""

    mail_hour = forms.IntegerField(required=False, min_value=0, max_value=23)
