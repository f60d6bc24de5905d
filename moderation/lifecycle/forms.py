"""What is typed and pressed on the classifier pages."""

from __future__ import annotations

from typing import Any

from django import forms

from articles.models import Site
from moderation.desk import words
from moderation.lifecycle.models import AuditSample
from moderation.policy import LABELS, Thresholds

STEPS = ("promote", "roll_back", "start_shadow", "stop_shadow")


class StepForm(forms.Form):
    """A change of versions. The reason is kept with it."""

    step = forms.ChoiceField(choices=[(step, step) for step in STEPS])
    version = forms.UUIDField(required=False)
    reason = forms.CharField(max_length=300, required=False)


class ReviewForm(forms.Form):
    sample = forms.UUIDField()
    verdict = forms.ChoiceField(choices=AuditSample.Verdict.choices)
    reason = forms.CharField(required=False)


class ProposalForm(forms.Form):
    """One label's thresholds for one site."""

    site = forms.ModelChoiceField(Site.objects.order_by("name"), empty_label=None)
    label = forms.ChoiceField(choices=[(label, words.LABELS[label].capitalize()) for label in LABELS])
    hold = forms.FloatField(
        min_value=0, max_value=1, label="Hold from", widget=forms.NumberInput(attrs={"step": "any"})
    )
    reject = forms.FloatField(
        min_value=0, max_value=1, label="Reject from", widget=forms.NumberInput(attrs={"step": "any"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        hold, reject = data.get("hold"), data.get("reject")
        if hold is not None and reject is not None and hold > reject:
            self.add_error("hold", "Hold has to come before reject.")
        return data

    @property
    def cut(self) -> Thresholds:
        return Thresholds(self.cleaned_data["hold"], self.cleaned_data["reject"])


class ApplyForm(ProposalForm):
    reason = forms.CharField(max_length=300)
    seen_version = forms.IntegerField(min_value=0)
