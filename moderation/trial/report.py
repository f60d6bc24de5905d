"""The report: one HTML file with everything in it and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from moderation.classifier import Classifier
from moderation.lifecycle.statistics import Share
from moderation.policy import Outcome
from moderation.trial import words
from moderation.trial.chart import chart
from moderation.trial.disagreements import cases
from moderation.trial.judging import POLICIES, SHIPPED
from moderation.trial.records import Theirs
from moderation.trial.tables import interval, table, with_interval
from moderation.trial.tally import Agreement, Load, Tally

MARK = "<!-- newsroom trial report -->"
_HERE = Path(__file__).parent
_MOST_LANGUAGES = 25
_FEW = 30  # decisions; fewer say little about agreement


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried.

    Attributes:
        took_s, cpu_s: as the clock says, and of all processes together.
        word_lists: how many words were given, by kind.
    """

    name: str
    format: str
    tally: Tally
    classifier: Classifier
    at: datetime
    took_s: float
    cpu_s: float
    word_lists: dict[str, int]


def render(trial: Trial) -> str:
    """The whole file."""
    css = (_HERE / "report.css").read_text(encoding="utf-8")
    js = (_HERE / "report.js").read_text(encoding="utf-8")
    # Should a text ever get past the escaping, it could still fetch and run nothing.
    csp = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_digest(js)}';"
        " base-uri 'none'; form-action 'none'"
    )
    parts = [
        _head(trial),
        _agreement(trial.tally),
        _load(trial.tally),
        _reasons(trial.tally),
        cases(trial.tally.sharpest(), trial.classifier),
        _languages(trial),
        _read(trial),
    ]
    return (
        f'<!doctype html>\n{MARK}\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{csp}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Newsroom on {escape(trial.name)}</title>\n<style>{css}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n</main>\n<script>{js}</script>\n</body>\n</html>\n"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


# --- the sections ----------------------------------------------------------------------------------
def _head(trial: Trial) -> str:
    tally = trial.tally
    counts, count = tally.outcomes(), tally.count
    period = tally.period()
    when = f", from {words.day(period[0])} to {words.day(period[1])}" if period else ", without dates"
    sums = "".join(
        f'<li class="{kind}"><b>{counts[status]:,}</b>'
        f"<span>{verb}<br>{words.percent(counts[status], count)}</span></li>"
        for kind, status, verb in (
            ("publish", "published", "we would publish at once"),
            ("hold", "held", "we would hold for a person"),
            ("reject", "rejected", "we would reject"),
        )
    )
    bar = "".join(
        f'<i class="{kind}" style="--share: {100 * counts[status] / count:.2f}%"></i>'
        for kind, status in (("publish", "published"), ("hold", "held"), ("reject", "rejected"))
    )
    reject = (
        "Newsroom rejects nothing by a score unless you switch that on;"
        f" then {tally.rejectable:,} of those held would be rejected instead."
    )
    warnings = "".join(f'<p class="warn">{escape(text)}</p>' for text in _warnings(tally))
    return (
        f"<h1>Of your last {words.number(count, 'comment')}</h1>\n"
        f'<p class="soft file">{escape(trial.name)} ({words.FORMATS[trial.format]}){when}.'
        f" Read on {words.day(trial.at.date())}; nothing was stored elsewhere and nothing was sent.</p>\n"
        f'<ul class="sums">{sums}</ul>\n<div class="bar"'
        f' aria-hidden="true">{bar}</div>\n<p>{reject}</p>\n{warnings}'
    )


def _warnings(tally: Tally) -> Iterator[str]:
    foreign = sum(
        count
        for outcome, count in tally.reasons().items()
        if outcome == Outcome("held", "detector", "language")
    )
    if foreign > tally.count / 10:
        yield (
            f"{words.percent(foreign, tally.count)} of these comments are in a language that the shipped"
            " classifier does not read. It reads English; everything else waits for a person."
        )
    if tally.broken_count > tally.count / 100:
        yield f"{words.number(tally.broken_count, 'row')} could not be read: see the end of this page."
    yield from tally.notes


def _agreement(tally: Tally) -> str:
    found = tally.agreement(SHIPPED)
    waiting = tally.theirs[Theirs.UNDECIDED]
    rows = [
        (name, "–" if share.rate is None else f"{share.rate:.1%}", interval(share), _of(share))
        for name, share in (
            ("Of what you published, we would publish at once", found.published),
            ("Of what you refused, we would stop (hold or reject)", found.stopped),
            ("Of what we would stop, you refused", found.right),
            ("Treated alike, of all that you decided", found.alike),
        )
    ]
    few = [
        f"only {words.number(share.of, 'comment')} that you {verb}"
        for share, verb in ((found.published, "published"), (found.stopped, "refused"))
        if share.of < _FEW
    ]
    caution = f'<p class="warn">There are {" and ".join(few)} here: too few to say much.</p>' if few else ""
    undecided = f" {words.number(waiting, 'comment')} had no decision and are left out." if waiting else ""
    return (
        "<h2>Agreement with your moderators</h2>\n"
        "<p>Your decisions are compared with what Newsroom would have done as it is shipped. The ranges are"
        " 95%"
        f" intervals (Wilson): so far may chance have moved the share.{undecided} What was published without"
        " anybody reading it counts as published, and what was refused for being off topic counts as refused,"
        " though no classifier can know.</p>\n"
        f"{caution}{table(('compared', 'share', '95% interval', 'comments'), rows, numbers_from=1)}"
    )


def _of(share: Share) -> str:
    return f"{share.hits:,} of {share.of:,}" if share.of else "none"


def _load(tally: Tally) -> str:
    loads = tally.loads()
    period = tally.period()
    of_theirs = ("of what you refused, stopped", "of what you published, held")
    heads = ("policy", "held per day", "busiest day", "held", *of_theirs)
    rows = [
        _load_row(name, factor, loads[number], tally.agreement(number), tally.count)
        for number, (name, factor) in enumerate(POLICIES.items())
    ]
    if period is None:
        days = "The file has no dates, so that a load per day cannot be told."
    else:
        days = f"Averages are over the {words.number(period[2], 'day')} that had any comments (days in UTC)."
        if tally.undated:
            days += f" {words.number(tally.undated, 'comment')} without a date are left out of them."
    figure = chart([load.by_day for load in loads], list(POLICIES), period)
    return (
        "<h2>Work for the desk</h2>\n"
        "<p>A held comment waits for a person. The score from which one is held is yours to choose: half of"
        " the"
        f" shipped one, the shipped one, or twice. {days}</p>\n"
        f"{table(heads, rows, numbers_from=1)}\n{figure}"
    )


def _load_row(name: str, factor: float, load: Load, agreement: Agreement, count: int) -> tuple[str, ...]:
    back = Share(agreement.published.of - agreement.published.hits, agreement.published.of)
    return (
        f'{name} <small class="soft">× {factor:g}</small>',
        f"{load.average:,.1f}" if load.average is not None else "–",
        f"{load.busiest:,}<small>{words.day(load.busiest_on)}</small>" if load.busiest_on else "–",
        f"{load.held:,}<small>{words.percent(load.held, count)}</small>",
        with_interval(agreement.stopped),
        with_interval(back),
    )


def _reasons(tally: Tally) -> str:
    reasons = tally.reasons().most_common()
    if not reasons:
        return ""
    rows = [
        (
            escape(words.reason(outcome)),
            words.HELD_BY[outcome.held_by],
            f"{count:,}",
            words.percent(count, tally.count),
        )
        for outcome, count in reasons
    ]
    heads = ("reason", "found by", "comments", "share")
    return f"<h2>Why we would stop them</h2>\n{table(heads, rows, numbers_from=2)}"


def _languages(trial: Trial) -> str:
    tally = trial.tally
    home = str(trial.classifier.manifest["language"])
    rows = [
        (
            escape(words.language(code, is_sure, home)),
            "read it" if code == home or not is_sure else "hold it for a person",
            f"{count:,}",
            words.percent(count, tally.count),
        )
        for (code, is_sure), count in tally.languages.most_common(_MOST_LANGUAGES)
    ]
    rest = len(tally.languages) - _MOST_LANGUAGES
    more = f'<p class="soft">And {rest} more.</p>' if rest > 0 else ""
    heads = ("language", "we would", "comments", "share")
    return f"<h2>Languages found</h2>\n{table(heads, rows, numbers_from=2)}{more}"


def _read(trial: Trial) -> str:
    tally = trial.tally
    broken = "<p>Every row could be read.</p>"
    if tally.broken_count:
        rows = [(escape(each.place), escape(each.reason)) for each in tally.broken]
        first = f"<p>The first {len(rows)}:</p>" if tally.broken_count > len(rows) else ""
        title = f"{words.number(tally.broken_count, 'row')} could not be read"
        broken = f"<h3>{title}</h3>{first}{table(('where', 'why'), rows, numbers_from=2)}"
    skipped = "".join(
        f"<li>{count:,}: {escape(reason)}</li>" for reason, count in tally.skipped.most_common(12)
    )
    skipped = f'<h3>Left out</h3><ul class="plain">{skipped}</ul>' if skipped else ""
    limits = "".join(f"<li>{text}</li>" for text in _limits(trial))
    return f'<h2>How this was read</h2>\n{broken}\n{skipped}\n<ul class="plain">{limits}</ul>'


def _limits(trial: Trial) -> Iterator[str]:
    tally = trial.tally
    given = ", ".join(f"{count:,} {kind} words" for kind, count in trial.word_lists.items() if count)
    yield (
        "Judged with the rules that read a text, "
        + (f"your lists ({given})" if given else "no lists of words (none were given)")
        + ", near-copies by others within 24 hours, and the shipped classifier"
        f" {escape(trial.classifier.version)}: with the code that a live site runs."
    )
    yield (
        "A live site also looks at what no file tells: how fast a form was filled in, floods from one"
        " network, how"
        " much of a commenter's was refused in the last week. It would hold a little more."
    )
    if tally.undated or tally.unsigned:
        yield (
            f"Near-copies could not be looked for among comments without a date ({tally.undated:,}) or"
            " without a"
            f" commenter ({tally.unsigned:,})."
        )
    if tally.too_long:
        yield (
            "Longer than the 5,000 characters that Newsroom's form takes, and read only that far:"
            f" {words.number(tally.too_long, 'comment')}."
        )
    yield f"It took {trial.took_s:,.0f} s by the clock, {trial.cpu_s:,.0f} s of processor time."
