"""Who may see and press what; that the review is blind; that rates, comparison and effect add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from articles.models import Site
from comments.models import Comment
from comments.services import Verdict, apply_decision
from moderation.lifecycle import selectors, workbench
from moderation.lifecycle.models import AuditSample, ModelEvent, ShadowScore
from moderation.lifecycle.sampling import draw_sample, review_sample
from moderation.lifecycle.services import start_shadow
from moderation.models import Decision, ModelVersion, Policy
from moderation.policy import Thresholds
from moderation.services import decide_by_person
from newsroom.audit.models import AuditEntry
from tests.factories import ANYWHERE, CommentFactory, SiteFactory, UserFactory, erase

pytestmark = pytest.mark.django_db
PAGES = ("", "shadow/", "errors/", "review/", "thresholds/")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@transaction.atomic
def machine_decides(
    version: ModelVersion, *, outcome: str = "published", insult: float = 0.1, **given: Any
) -> Comment:
    """A comment decided by the machine with stored scores, as a worker leaves it."""
    comment: Comment = CommentFactory(**given)
    thresholds = {
        label: {"hold": cut["hold"], "reject": cut["reject"]}
        for label, cut in version.manifest["thresholds"].items()
    }
    decision = Decision.objects.create(
        comment=comment,
        revision=1,
        round=1,
        actor_kind="machine",
        outcome=outcome,
        held_by="detector" if outcome == "held" else "",
        reason_code="" if outcome == "published" else "insult",
        scores={"insult": insult, "toxicity": 0.0},
        model_version=version,
        policy={"thresholds": thresholds, "versions": {}},
    )
    verdict = Verdict(decision.pk, outcome, 1, held_by=decision.held_by, reason_code=decision.reason_code)
    apply_decision(comment_id=comment.pk, verdict=verdict, allowed_from=ANYWHERE, at=timezone.now())
    comment.refresh_from_db()
    return comment


def sample_of(comment: Comment) -> AuditSample:
    sample = draw_sample(Decision.objects.get(comment=comment, actor_kind="machine"), draw=0.0)
    assert sample is not None
    return sample


# --- who may ---------------------------------------------------------------------------------------------
def test_outsiders_get_nothing(shipped: ModelVersion) -> None:
    other = signed_in(UserFactory(username="ads", permissions=["ads.view_slot"]))
    for page in (*PAGES, f"{shipped.pk}/"):
        assert Client().get(f"/admin/classifier/{page}").status_code == 302
        assert other.get(f"/admin/classifier/{page}").status_code == 403
    for page in ("step/", "judge/", "apply/"):
        assert other.post(f"/admin/classifier/{page}").status_code == 403
    assert "/admin/classifier/" not in other.get("/admin/").content.decode()


def test_editors_see_every_page_empty_or_not(shipped: ModelVersion, editor: Any) -> None:
    client = signed_in(editor)
    for page in (*PAGES, f"{shipped.pk}/"):
        assert client.get(f"/admin/classifier/{page}").status_code == 200
    machine_decides(shipped)
    for page in PAGES:
        assert client.get(f"/admin/classifier/{page}").status_code == 200


def test_no_page_has_inline_script_or_style(
    shipped: ModelVersion, candidate: ModelVersion, editor: Any
) -> None:
    sample_of(machine_decides(shipped, insult=0.6))
    start_shadow(candidate)
    client = signed_in(editor)
    for page in (*PAGES, "thresholds/?label=insult&hold=0.5&reject=0.9&site=" + str(Site.objects.get().pk)):
        html = client.get(f"/admin/classifier/{page}").content.decode()
        assert " style=" not in html
        assert "<style" not in html
        assert "<script>" not in html
        assert " onclick=" not in html


# --- versions --------------------------------------------------------------------------------------------
def test_promoting_and_rolling_back_by_button(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    client = signed_in(editor)

    def press(step: str, **data: str) -> str:
        answer = client.post("/admin/classifier/step/", {"step": step, **data}, follow=True)
        return str(answer.content.decode())

    refused = press("promote", version=str(candidate.pk), reason="Now.")
    assert "Nothing was changed: Run the gates first" in refused
    passed(candidate, shipped)
    assert "is active" in press("promote", version=str(candidate.pk), reason="Better.")
    assert ModelVersion.objects.get(is_active=True) == candidate
    assert "is active again" in press("roll_back", reason="Worse.")
    assert ModelVersion.objects.get(is_active=True) == shipped
    actions = ModelEvent.objects.filter(actor=editor).order_by("at", "pk").values_list("action", flat=True)
    assert list(actions) == ["promoted", "rolled_back"]


# --- shadow ----------------------------------------------------------------------------------------------
def test_the_comparison_counts_what_each_keeps_from_readers(
    shipped: ModelVersion, candidate: ModelVersion, editor: Any
) -> None:
    start_shadow(candidate)
    for active, theirs, number in (
        ("published", "published", 6),
        ("published", "held", 3),
        ("held", "published", 1),
    ):
        for _ in range(number):
            comment = machine_decides(shipped)
            ShadowScore.objects.create(
                comment=comment,
                revision=1,
                version=candidate,
                scores={},
                outcome=theirs,
                active_outcome=active,
                active_version=shipped,
            )
    found = selectors.shadow_comparison()
    assert found is not None
    assert (found.agreement.hits, found.agreement.of) == (6, 10)
    assert (found.only_candidate, found.only_active, found.more_held) == (3, 1, 2)
    assert found.p_value == pytest.approx(0.625)
    assert found.more_held_per_hundred == pytest.approx(20.0)
    html = signed_in(editor).get("/admin/classifier/shadow/").content.decode()
    assert html.count("/admin/desk/comments/") == 4


# --- the audit sample --------------------------------------------------------------------------------------
def test_the_reviewer_is_not_told_what_the_machine_did(shipped: ModelVersion, editor: Any) -> None:
    """The page of a rejected text differs from that of a published one in nothing but ids."""
    client = signed_in(editor)
    pages = []
    for outcome in ("published", "rejected"):
        sample = sample_of(
            machine_decides(shipped, outcome=outcome, body="The same words.", email=f"{outcome}@example.org")
        )
        html = client.get("/admin/classifier/review/").content.decode()
        headline = sample.comment.article.headline
        token = html.split('csrfmiddlewaretoken" value="')
        for piece in token[1:]:
            html = html.replace(piece.split('"')[0], "")
        pages.append(html.replace(str(sample.pk), "").replace(headline, ""))
        assert str(sample.comment_id) not in html
        review_sample(sample_id=sample.pk, verdict="ok", reviewer=editor)
    assert pages[0] == pages[1]


def test_a_judgement_by_button_brings_the_next(shipped: ModelVersion, editor: Any) -> None:
    first, second = sample_of(machine_decides(shipped)), sample_of(machine_decides(shipped))
    client = signed_in(editor)
    data = {"sample": str(first.pk), "verdict": "violation", "reason": "insult"}
    html = client.post("/admin/classifier/judge/", data, follow=True).content.decode()
    assert str(second.pk) in html
    first.refresh_from_db()
    assert (first.verdict, first.reason_code) == ("violation", "insult")
    html = client.post("/admin/classifier/judge/", data, follow=True).content.decode()
    assert "Nothing was kept" in html


def test_nobody_judges_again_what_they_decided_or_what_is_erased(shipped: ModelVersion, editor: Any) -> None:
    mine, erased = machine_decides(shipped), machine_decides(shipped)
    sample_of(mine), sample_of(erased)
    decide_by_person(
        comment_id=mine.pk, actor=editor, outcome="removed", seen_revision=1, reason_code="insult"
    )
    erase(erased)
    assert list(selectors.waiting_samples(user_id=editor.pk)) == []
    other = UserFactory(username="jory")
    assert [one.comment_id for one in selectors.waiting_samples(user_id=other.pk)] == [mine.pk]


def test_error_rates_come_from_judged_samples_by_month_and_section(
    shipped: ModelVersion, editor: Any
) -> None:
    for outcome, verdict, number in (
        ("published", "ok", 7),
        ("published", "violation", 1),
        ("rejected", "violation", 3),
        ("rejected", "ok", 1),
    ):
        for _ in range(number):
            sample = sample_of(machine_decides(shipped, outcome=outcome))
            reason = "insult" if verdict == "violation" else ""
            review_sample(sample_id=sample.pk, verdict=verdict, reviewer=editor, reason_code=reason)
    of_demo = sample_of(machine_decides(shipped))
    AuditSample.objects.filter(pk=of_demo.pk).update(demo=True)
    review_sample(sample_id=of_demo.pk, verdict="violation", reviewer=editor, reason_code="insult")

    (section,) = selectors.errors_by_section()
    (month,) = selectors.errors_by_month()
    assert section.name == "Local"
    assert month.name == f"{timezone.now():%B %Y}"
    for found in (section, month, selectors.errors_overall()):
        assert found.judged == 12
        assert found.precision.rate == pytest.approx(3 / 4)
        assert found.miss_rate.rate == pytest.approx(1 / 4)
        assert found.false_positive_share.rate == pytest.approx(1 / 8)
        assert found.bad_among_published.rate == pytest.approx(1 / 8)
    assert "25.0 %" in signed_in(editor).get("/admin/classifier/errors/").content.decode()


# --- thresholds --------------------------------------------------------------------------------------------
def test_the_effect_of_a_lower_threshold_is_counted(shipped: ModelVersion, editor: Any) -> None:
    hold = shipped.manifest["thresholds"]["insult"]["hold"]
    between, above = hold * 0.9, min(1.0, hold * 1.1)
    for _ in range(3):
        machine_decides(shipped, insult=between)
    missed = machine_decides(shipped, insult=between)
    machine_decides(shipped, insult=0.0)
    fine = machine_decides(shipped, outcome="held", insult=above)
    decide_by_person(
        comment_id=missed.pk, actor=editor, outcome="removed", seen_revision=1, reason_code="insult"
    )
    decide_by_person(comment_id=fine.pk, actor=editor, outcome="published", seen_revision=1)

    site, now = Site.objects.get(), timezone.now()
    rows = workbench.recent_rows(site, shipped, now=now)
    scopes = workbench.Scopes(site, shipped)
    lower = workbench.effect_of(rows, scopes, label="insult", cut=Thresholds(hold * 0.8, 1.0))
    assert (lower.rows, lower.judged) == (6, 2)
    assert (lower.before.held, lower.after.held) == (1, 5)
    assert lower.sentence == "4 more held, 1 fewer missed"
    higher = workbench.effect_of(rows, scopes, label="insult", cut=Thresholds(1.0, 1.0))
    assert higher.sentence == "1 fewer held, 1 fewer kept back needlessly"
    same = workbench.effect_of(rows, scopes, label="insult", cut=scopes.of_site["insult"])
    assert same.sentence == "no difference"
    assert workbench.recent_rows(site, shipped, now=now + timedelta(days=31)) == []


def test_the_workbench_shows_the_active_version_on_the_gate_sets(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    report = passed(candidate, shipped)
    falling = [1 - step / 50 for step in range(51)]
    one = {"recall": falling, "load": [share / 2 for share in falling]}
    other = {"recall": [1.0] * 51, "load": [1.0] * 51}
    report.curves = [{"on": "talk pages", "label": "insult", "rows": 900, "active": one, "candidate": other}]
    report.save()
    SiteFactory()
    assert workbench.gate_curves(shipped, "insult")[0]["load"] == one["load"]
    assert workbench.gate_curves(candidate, "insult")[0]["load"] == other["load"]
    client = signed_in(editor)
    html = client.get("/admin/classifier/thresholds/?label=insult").content.decode()
    assert "talk pages, 900 rows" in html
    assert "talk pages" not in client.get("/admin/classifier/thresholds/?label=threat").content.decode()


def test_a_section_with_thresholds_of_its_own_is_not_touched(shipped: ModelVersion) -> None:
    comment = machine_decides(shipped, insult=0.5)
    site = comment.article.site
    own = {"insult": {"hold": 0.99, "reject": 1.0}}
    Policy.objects.create(site=site, section=comment.article.section, thresholds=own)
    rows = workbench.recent_rows(site, shipped, now=timezone.now())
    effect = workbench.effect_of(
        rows, workbench.Scopes(site, shipped), label="insult", cut=Thresholds(0.1, 1.0)
    )
    assert effect.after.held == 0


def test_propose_preview_apply_with_a_reason(shipped: ModelVersion, editor: Any) -> None:
    now = shipped.manifest["thresholds"]["insult"]["hold"]
    machine_decides(shipped, insult=now * 0.9)
    site, client = Site.objects.get(), signed_in(editor)
    hold = round(now * 0.8, 3)
    proposal = {"site": str(site.pk), "label": "insult", "hold": str(hold), "reject": "0.95"}
    html = client.get("/admin/classifier/thresholds/", proposal).content.decode()
    assert "1 more held" in html
    assert not Policy.objects.exists()

    sent = proposal | {"seen_version": "0"}
    assert (
        "Nothing was changed" in client.post("/admin/classifier/apply/", sent, follow=True).content.decode()
    )
    client.post("/admin/classifier/apply/", sent | {"reason": "Too many insults got through."})
    policy = Policy.objects.get()
    assert policy.thresholds == {"insult": {"hold": hold, "reject": 0.95}}
    assert policy.version == 1
    entry = AuditEntry.objects.get(object_type="policy")
    assert (entry.actor, entry.reason) == (editor, "Too many insults got through.")

    stale = client.post("/admin/classifier/apply/", sent | {"reason": "Again."}, follow=True)
    assert "Somebody else changed the policy" in stale.content.decode()
    other_label = sent | {"label": "threat", "seen_version": "1", "reason": "Threats as well."}
    client.post("/admin/classifier/apply/", other_label)
    policy.refresh_from_db()
    assert set(policy.thresholds) == {"insult", "threat"}
    assert policy.version == 2


def test_nonsense_in_the_address_is_answered_in_words(shipped: ModelVersion, editor: Any) -> None:
    SiteFactory()
    client = signed_in(editor)
    html = client.get("/admin/classifier/thresholds/?label=insult&hold=0.9&reject=0.2").content.decode()
    assert "Hold has to come before reject." in html
    assert client.get("/admin/classifier/thresholds/?site=x").status_code == 404
    assert client.get("/admin/classifier/thresholds/?label=nonsense").status_code == 200


def test_what_is_to_judge_is_not_counted_as_the_desk_s_queue(shipped: ModelVersion, editor: Any) -> None:
    sample_of(machine_decides(shipped))
    html = signed_in(editor).get("/admin/classifier/review/").content.decode()
    assert "1 to judge" in html
    assert 'data-count="all"' not in html
