"""Our own batch of scores, as JSON."""

from __future__ import annotations

from rest_framework import serializers

from moderation.classifier.artifact import LABELS
from moderation.ports.scores import MOST_TEXTS
from newsroom.api import StrictSerializer, StringsOnly


class ScoresRequestSerializer(StrictSerializer):
    texts = serializers.ListField(
        child=StringsOnly(allow_blank=True, trim_whitespace=False), min_length=1, max_length=MOST_TEXTS
    )
    reasons = serializers.BooleanField(
        default=False, help_text="Also name the words that moved each text's highest score most."
    )


class LabelScoresSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A calibrated probability for each label; higher = worse."""

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        return {label: serializers.FloatField(min_value=0, max_value=1) for label in LABELS}


class ReasonSerializer(serializers.Serializer):  # type: ignore[type-arg]
    start = serializers.IntegerField(help_text="In code points.")
    end = serializers.IntegerField(help_text="Exclusive.")
    weight = serializers.FloatField(help_text="What it added to the logit; negative: it spoke against.")


class ScoredSerializer(serializers.Serializer):  # type: ignore[type-arg]
    language = serializers.CharField(help_text="As detected; und where nothing can be said.")
    scores = LabelScoresSerializer(
        allow_null=True, help_text="null: not scored, which does not mean harmless; see unscorable."
    )
    unscorable = serializers.ChoiceField(["empty", "too_long", "language"], allow_null=True)
    reasons_of = serializers.ChoiceField(
        LABELS, allow_null=True, help_text="The label with the highest score."
    )
    reasons = ReasonSerializer(many=True, allow_null=True)


class ScoresSerializer(serializers.Serializer):  # type: ignore[type-arg]
    model = serializers.CharField(help_text="The classifier's version.")
    results = ScoredSerializer(many=True, help_text="In the order of the texts.")
