"""What the appeal path takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from comments.serializers import TextField
from moderation.appeals.models import Appeal
from newsroom.api import StrictSerializer


class AppealWriteSerializer(StrictSerializer):
    text = TextField(help_text="Why the decision is wrong: 1 to 2,000 characters.")


class AppealSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Appeal.State.choices)
    at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(allow_blank=True, help_text="Why it was decided so, for the commenter.")
    by_same_person = serializers.BooleanField(help_text="Nobody else was there to decide.")
    by_outsider = serializers.BooleanField(help_text="A named reviewer from outside decided.")
