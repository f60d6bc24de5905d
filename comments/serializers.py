"""What the comment paths take and give."""

from __future__ import annotations

from typing import Any

from django.core.validators import EmailValidator
from rest_framework import serializers

from comments.models import BODY_LENGTH, NAME_LENGTH, Comment
from comments.text import clean_body, clean_name
from newsroom.api import StrictSerializer, StringsOnly


class TextField(StringsOnly):
    """A text as it was sent; ``comments.text`` cleans it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)


class AddressField(StringsOnly, serializers.EmailField):
    """An address that mail can reach: ``a@localhost`` is none, though Django's own check takes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        others = [check for check in self.validators if not isinstance(check, EmailValidator)]
        self.validators = [*others, EmailValidator(message=self.error_messages["invalid"], allowlist=[])]


def check_body(value: str) -> str:
    cleaned = clean_body(value)
    if not cleaned:
        raise serializers.ValidationError("Write something that can be seen.", code="blank")
    if len(cleaned) > BODY_LENGTH:
        raise serializers.ValidationError(
            f"Use at most {BODY_LENGTH:,} characters; this has {len(cleaned):,}.", code="max_length"
        )
    return cleaned


class CommentWriteSerializer(StrictSerializer):
    name = TextField(help_text="1 to 80 characters; shown with the comment.")
    email = AddressField(max_length=254, help_text="Never shown or given away.")
    body = TextField(help_text="1 to 5,000 characters of plain text.")
    parent = serializers.UUIDField(  # type: ignore[assignment]  # A field of this name hides DRF's attribute.
        required=False, allow_null=True, help_text="The published comment that this one answers."
    )
    form_token = TextField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Of `GET /embeds/`, at most a day old; needed only where a site asks for it.",
    )

    def validate_name(self, value: str) -> str:
        cleaned = clean_name(value)
        if not cleaned:
            raise serializers.ValidationError("Give a name that can be seen.", code="blank")
        if len(cleaned) > NAME_LENGTH:
            raise serializers.ValidationError(f"Use at most {NAME_LENGTH} characters.", code="max_length")
        return cleaned

    def validate_body(self, value: str) -> str:
        return check_body(value)


class CommentEditSerializer(StrictSerializer):
    body = TextField(help_text="1 to 5,000 characters of plain text.")

    def validate_body(self, value: str) -> str:
        return check_body(value)


class AcceptedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["pending"])
    status_url = serializers.CharField()
    author_token = serializers.CharField()


class EditedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Comment.Status.choices)
    revision = serializers.IntegerField()
    status_url = serializers.CharField()


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Comment.Status.choices)
    revision = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True)
    appeal_url = serializers.CharField(allow_null=True)
    nudge = serializers.BooleanField(
        required=False,
        help_text="True, or absent: the author may reword it before a person reads it (a site's setting).",
    )


class CommentSerializer(serializers.Serializer[Any]):
    """One comment of a thread. Documents the shape; the view renders dataclasses itself."""

    id = serializers.UUIDField()
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]  # As above.
    depth = serializers.IntegerField(min_value=0, max_value=5)
    name = serializers.CharField(allow_null=True, help_text="null for a removed comment that has replies")
    body = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    reply_count = serializers.IntegerField()
    votes = serializers.IntegerField()
    badges = serializers.ListField(child=serializers.CharField())
    replies = serializers.ListField(
        child=serializers.DictField(), help_text="Comments of the same shape, nested."
    )


class ThreadSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = CommentSerializer(many=True)


class RepliesSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    results = CommentSerializer(many=True)


class VoteValue(serializers.ChoiceField):
    """A JSON number: neither "1" nor true is quietly taken for 1."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class VoteWriteSerializer(StrictSerializer):
    value = VoteValue(
        choices=[1, 0, -1],
        help_text="1 recommends, 0 takes the vote back; -1 only where the site lets readers vote against.",
    )


class VotesSerializer(serializers.Serializer[Any]):
    votes = serializers.IntegerField(help_text="The sum of all votes now.")


class CountsSerializer(serializers.Serializer[Any]):
    counts = serializers.DictField(child=serializers.IntegerField())
