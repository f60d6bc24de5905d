"""What the report path takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from comments.models import NAME_LENGTH
from comments.reports.models import DETAIL_LENGTH, Report
from comments.reports.services import Notice
from comments.serializers import AddressField, TextField
from comments.text import clean_body, clean_name
from newsroom.api import StrictSerializer

NEEDED_WHEN_ILLEGAL = {
    "name": "Say who you are; nobody but the editors learns it.",
    "email": "Give an address to which the decision can be sent.",
    "detail": "Explain why you think that this is illegal, and under which law, if you know.",
}


class StrictBoolean(serializers.BooleanField):
    """JSON's true and false: neither "yes" nor 1 is quietly taken for true."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class ReasonField(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class ReportWriteSerializer(StrictSerializer):
    reason = ReasonField(choices=Report.Reason.choices)
    detail = TextField(
        required=False,
        allow_blank=True,
        help_text="At most 2,000 characters; needed for `illegal` and `other`.",
    )
    email = AddressField(
        required=False,
        allow_blank=True,
        max_length=254,
        help_text="To hear what was decided; needed for `illegal`. Never shown to the author.",
    )
    name = TextField(required=False, allow_blank=True, help_text="Needed for `illegal`.")
    good_faith = StrictBoolean(
        required=False,
        help_text="`illegal`: what is said here is, in good faith, accurate and complete. Must be true.",
    )
    child_abuse = StrictBoolean(
        required=False,
        help_text="`illegal`: it shows the sexual abuse of a child. Then name and address may be left out.",
    )

    def validate_detail(self, value: str) -> str:
        cleaned = clean_body(value)
        if len(cleaned) > DETAIL_LENGTH:
            raise serializers.ValidationError(f"Use at most {DETAIL_LENGTH:,} characters.", code="max_length")
        return cleaned

    def validate_name(self, value: str) -> str:
        cleaned = clean_name(value)
        if len(cleaned) > NAME_LENGTH:
            raise serializers.ValidationError(f"Use at most {NAME_LENGTH} characters.", code="max_length")
        return cleaned

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing: dict[str, Any] = {}
        if attrs["reason"] == Report.Reason.ILLEGAL:
            needed = {"detail"} if attrs.get("child_abuse") else set(NEEDED_WHEN_ILLEGAL)
            missing = {
                name: serializers.ErrorDetail(words, code="required")
                for name, words in NEEDED_WHEN_ILLEGAL.items()
                if name in needed and not attrs.get(name)
            }
            if not attrs.get("good_faith"):
                missing["good_faith"] = serializers.ErrorDetail(
                    "State that what you say is accurate and complete to your knowledge.", code="required"
                )
        elif attrs["reason"] == Report.Reason.OTHER and not attrs.get("detail"):
            missing["detail"] = serializers.ErrorDetail("Say in a few words what is wrong.", code="required")
        if missing:
            raise serializers.ValidationError(missing)
        return attrs

    def notice(self) -> Notice:
        """What was sent, checked."""
        sent = self.validated_data
        return Notice(
            reason=sent["reason"],
            detail=sent.get("detail", ""),
            name=sent.get("name", ""),
            email=sent.get("email", ""),
            in_good_faith=sent.get("good_faith", False),
        )


class ReportedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
