"""The month's numbers in the columns of the EU's transparency templates, one CSV a part.

Source: Commission Implementing Regulation (EU) 2024/2835, Annex I (CSV templates), parts 4 to 8.
Rows are those that this installation can fill; the other parts are the publisher's to write. Times are in
hours. A later report of the same month with the same ``judged_until`` says the same.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from statistics import median

from django.conf import settings

from comments.reports.models import Report as Notice
from moderation.appeals.models import Appeal
from moderation.lifecycle.objections import REFUSALS
from moderation.lifecycle.transparency import Report, bounds, decided_in
from moderation.models import Decision, ReasonCode

Rows = list[list[object]]
Refusal = tuple[str, str, str]
BY_LAW = "Category of illegal content"
BY_TERMS = "Category of incompatibility with the provider's terms and conditions"
ALL = "All"
HOSTING = "Only for providers of hosting services, including online platforms"
PLATFORM = "Only for providers of online platforms"
TOTAL = "TOTAL"
UNSPECIFIED = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
OTHER = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
CATEGORIES: dict[str, str] = {
    ReasonCode.HATE: "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
    ReasonCode.INSULT: "STATEMENT_CATEGORY_CYBER_VIOLENCE",
    ReasonCode.TOXIC: "STATEMENT_CATEGORY_CYBER_VIOLENCE",
    ReasonCode.THREAT: "STATEMENT_CATEGORY_VIOLENCE",
    ReasonCode.PERSONAL_DATA: "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
}
NOTICES = (
    "Number of notices received ",
    "Number of notices received from Trusted flaggers",
    "Number of specific items of information included in the total number of notices",
    "Number of specific items of information included in the total number of notices by Trusted Flaggers"
    " (Trusted Flagger notices)",
    "Median time to take action",
    "Median time to take action (Trusted Flagger notices)",
    "Number of actions taken on the basis of the law",
    "Number of actions taken on the basis of the law (Trusted Flagger notices)",
    "Number of actions taken on the basis of the terms and conditions of the service",
    "Number of actions taken on the basis of the terms and conditions of the service"
    " (Trusted Flagger notices)",
)
MEASURES = (
    "Number of measures taken at the provider's own initiative ",
    "Number of measures taken after detection with solely automated means ",
    *(
        f"Visibility restriction {kind}"
        for kind in (
            "Removal", "Disable", "Demoted", "Age restricted", "Interaction restricted", "Labelled ", "Other"
        )
    ),
    *(f"Monetary restriction {kind}" for kind in ("Suspension", "Termination", "Other")),
    *(f"Provision of the service {kind}" for kind in ("Suspension", "Termination")),
    *(f"Account restriction {kind}" for kind in ("Suspension", "Termination")),
)  # fmt: skip
INDICATORS = ("Section", "Indicator", "Scope", "Value", "Contextual Information")
SUB_OTHER = 'Description of the sub-category "Other"'
BEFORE = "Refused before it was published."
IN_HOURS = "In hours."


def as_zip(report: Report, *, zone: tzinfo, service: str) -> bytes:
    """The parts that we can fill, as CSV (RFC 4180, UTF-8) under the templates' names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in parts(report, zone=zone, service=service).items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    return file.getvalue()


def parts(report: Report, *, zone: tzinfo, service: str) -> dict[str, Rows]:
    start, end = bounds(report.month, zone=zone)
    first = [service, _period(report.month, end - timedelta(days=1))]
    until = report.judged_until
    everything, own = _refusals(start, end)
    illegal = [row for row in own if row[0] == ReasonCode.ILLEGAL]
    against_terms = [row for row in own if row[0] != ReasonCode.ILLEGAL]
    return {
        "4_notices": _notices(first, start, end, until),
        "5_own_initiative_illegal": _measures(first, illegal, heading=BY_LAW),
        "6_own_initiative_TC": _measures(first, against_terms, heading=BY_TERMS),
        "7_appeals_and_recidivism": _appeals(first, start, end, until),
        "8_automated_means": _automated(first, everything, own, report),
    }


def _period(first: date, last: datetime) -> str:
    return f"{first:%Y-%m-%d}/{last:%Y-%m-%d}"


def _refusals(start: datetime, end: datetime) -> tuple[list[Refusal], list[Refusal]]:
    """Reason, outcome and actor of each refusal; and of those that no notice of illegal content led to."""
    on_notice = Notice.objects.filter(
        reason=Notice.Reason.ILLEGAL, state=Notice.State.UPHELD, decision_id__isnull=False
    )
    found = decided_in(start, end).filter(outcome__in=REFUSALS).order_by()
    own = found.exclude(pk__in=on_notice.values("decision_id"))
    fields = ("reason_code", "outcome", "actor_kind")
    return list(found.values_list(*fields)), list(own.values_list(*fields))


def _notices(first: Sequence[str], start: datetime, end: datetime, until: datetime) -> Rows:
    rows = Notice.objects.filter(reason=Notice.Reason.ILLEGAL, at__gte=start, at__lt=end)
    if not settings.DEMO:
        rows = rows.filter(demo=False)
    notices = list(rows.values_list("comment_id", "at", "settled_at", "state", "decision_id"))
    acted = [row for row in notices if row[3] == Notice.State.UPHELD and row[2] and row[2] <= until]
    reasons = dict(
        Decision.objects.filter(pk__in=[row[4] for row in acted if row[4]]).values_list("pk", "reason_code")
    )
    by_law = sum(reasons.get(row[4]) == ReasonCode.ILLEGAL for row in acted if row[4])
    hours = _median_hours([(row[1], row[2]) for row in acted if row[2]])
    values = [
        len(notices),
        "",
        len({row[0] for row in notices}),
        "",
        hours,
        "",
        by_law,
        "",
        len(acted) - by_law,
        "",
    ]
    context = ["" if name != "Median time to take action" or not hours else IN_HOURS for name in NOTICES]
    head = [
        "Applicability",
        "Service",
        "Reporting period",
        "Category of illegal content",
        SUB_OTHER,
        *NOTICES,
    ]
    head += [f"Contextual information on {name}" for name in NOTICES]
    # A notice says in words why something is illegal, so that all are in the category for that.
    table: Rows = [[*head]]
    table += [[HOSTING, *first, kind, "", *values, *context] for kind in (TOTAL, UNSPECIFIED)]
    return table


def _measures(first: Sequence[str], own: Sequence[Refusal], *, heading: str) -> Rows:
    """By category of the terms; editors do not say which law was broken, so there is one sum of that."""
    head: list[object] = ["Applicability", "Service", "Reporting period", heading, SUB_OTHER, *MEASURES]
    head += [f"Contextual Information on {name}" for name in MEASURES]
    by_kind: dict[str, Counter[tuple[str, str]]] = {TOTAL: Counter()}
    for reason, outcome, actor in own:
        for kind in (TOTAL,) if reason == ReasonCode.ILLEGAL else (TOTAL, CATEGORIES.get(reason, OTHER)):
            by_kind.setdefault(kind, Counter())[outcome, actor] += 1
    rows: Rows = [[*head]]
    for kind, counts in by_kind.items():
        machine = sum(number for (_, actor), number in counts.items() if actor == "machine")
        removed = sum(number for (outcome, _), number in counts.items() if outcome == "removed")
        values = dict.fromkeys(MEASURES, "") | {
            MEASURES[0]: str(counts.total()),
            MEASURES[1]: str(machine),
            "Visibility restriction Removal": str(removed),
            "Visibility restriction Other": str(counts.total() - removed),
        }
        context = [BEFORE if name == "Visibility restriction Other" else "" for name in MEASURES]
        rows.append([ALL, *first, kind, "", *values.values(), *context])
    return rows


def _appeals(first: Sequence[str], start: datetime, end: datetime, until: datetime) -> Rows:
    found = Appeal.objects.filter(at__gte=start, at__lt=end)
    if not settings.DEMO:
        found = found.filter(demo=False)
    appeals = list(found.values_list("state", "at", "decided_at"))
    ended = [(state, at, done) for state, at, done in appeals if done and done <= until]
    states = Counter(state for state, _, _ in ended)
    hours = _median_hours([(at, done) for state, at, done in ended if state != Appeal.State.MOOT])
    scopes = {
        "Total number": len(appeals),
        "Decisions upheld": states[Appeal.State.UPHELD],
        "Decisions partially reversed": 0,
        "Decisions reversed": states[Appeal.State.REVERSED],
        "Median time": hours,
        "Decision omitted": states[Appeal.State.MOOT],
    }
    rows: Rows = [["Applicability", "Service", "Reporting period", *INDICATORS]]
    for indicator in (
        "Number of complaints submitted to the internal-complaints mechanism",
        "Complaint regarding a decision to remove or disable access to or restrict visibility of information",
    ):
        is_total = indicator.startswith("Number")
        for scope, value in scopes.items():
            if scope == "Decision omitted" and not is_total:
                continue
            who = ALL if is_total and scope == "Total number" else PLATFORM
            note = IN_HOURS if scope == "Median time" and value != "" else ""
            rows.append([who, *first, "Internal complaints mechanism", indicator, scope, value, note])
    return rows


def _automated(
    first: Sequence[str], everything: Sequence[Refusal], own: Sequence[Refusal], report: Report
) -> Rows:
    errors = report.errors
    right = errors.rejected_rightly + errors.published_rightly
    caught = errors.rejected_rightly
    rows: Rows = [["Applicability", "Service", "Reporting period", *INDICATORS]]
    sample = f"Audit sample of {errors.judged} decisions of the machine, judged by people."
    for scope, refusals in (("Total number", everything), ("Own-initiative ", own)):
        machine = sum(actor == "machine" for _, _, actor in refusals)
        for indicator, value, note in (
            ("Number of measures solely taken by automated means ", machine, ""),
            ("Number of measures not taken by automated means", len(refusals) - machine, ""),
            ("Accuracy of the automated means - Accuracy", _percent(right, errors.judged), sample),
            (
                "Accuracy of the automated means - Precision",
                _percent(caught, caught + errors.rejected_wrongly),
                sample,
            ),
            (
                "Accuracy of the automated means - Recall",
                _percent(caught, caught + errors.published_wrongly),
                sample,
            ),
        ):
            rows.append(
                [ALL, *first, "Use of automated means for content moderation", indicator, scope, value, note]
            )
    return rows


def _percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.2f}" if of else ""


def _median_hours(spans: Sequence[tuple[datetime, datetime]]) -> str:
    return f"{median((end - start).total_seconds() for start, end in spans) / 3600:.2f}" if spans else ""
