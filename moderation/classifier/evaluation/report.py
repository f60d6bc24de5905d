"""The evaluation as a table for a terminal and as one HTML file that needs nothing else."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;--ink:#1c1c1e;--soft:#6b6b70;--line:#d8d8dc;--paper:#fff;
  --accent:#0b5cad;--good:#1a7f37;--bad:#b42318}
@media (prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a0a0a8;--line:#3a3a40;
  --paper:#17171a;--accent:#6cb0f5;--good:#4ac26b;--bad:#ff8075}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;
  margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin:.5rem 0 2rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
.good{color:var(--good)}
.bad{color:var(--bad)}
.soft{color:var(--soft)}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1.25rem;
  margin:.5rem 0 2rem}
figure{margin:0}
figcaption{font-size:.85rem;color:var(--soft)}
svg{width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.axis{stroke:var(--line);fill:none}
.even{stroke:var(--line);stroke-dasharray:4 3}
.line{stroke:var(--accent);fill:none;stroke-width:2}
.dot{fill:var(--accent)}
.wide{overflow-x:auto}
"""
_SIZE, _EDGE = 220, 28


def render_table(results: dict[str, Any]) -> str:
    """The measures, one line each, with interval, floor and aim."""
    lines = [f"{'measure':82} {'value':>7}  {'95 % interval':>15}  {'floor':>6} {'aim':>6}", "-" * 124]
    for m in results["measures"]:
        mark = (
            ""
            if "floor" not in m
            else "  aim"
            if m["reaches_aim"]
            else "  ok"
            if m["reaches_floor"]
            else "  BELOW"
        )
        bounds = f"{m['floor']:>6g} {m['aim']:>6g}" if "floor" in m else " " * 13
        lines.append(
            f"{m['title'][:82]:82} {m['value']:7.4f}  {m['low']:6.4f} – {m['high']:6.4f}  {bounds}{mark}"
        )
    lines.append("")
    lines += [
        f"{f['function']:60} {f['expected']:>9} {f['accuracy']:7.2f}  ({f['cases']} cases)"
        for f in results["functions"]
    ]
    return "\n".join(lines)


def render_html(results: dict[str, Any]) -> str:
    """A self-contained page: no script, no font, no picture from elsewhere, and no comment's text."""
    model = results["model"]
    parts = [
        f"<h1>{escape(model['name'])} {escape(model['version'])}</h1>",
        f"<p>Digest <code>{escape(model['digest'])}</code>. Probabilities are shifted to a violation rate of "
        f"{model['expected_violation_rate']:.0%}. Intervals: 95 %, {results['resamples']:,} bootstrap "
        f"resamples, seed {results['seed']}. No set below was trained, calibrated or tuned on, apart from "
        "the grouped folds, whose heads never saw the row that they score.</p>",
        "<h2>Measures</h2>",
        _measures(results["measures"]),
        "<h2>What a threshold does</h2>",
        *_threshold_tables(results),
        _thresholds(model),
        "<h2>Functional tests</h2>",
        _functions(results["functions"]),
        "<h2>Disguises</h2>",
        _disguises(results["disguises"]),
        "<h2>Identity terms: harmless templates held</h2>",
        _bias(results["bias"]),
        "<h2>Languages held for a person</h2>",
        _languages(results["languages"]),
        "<h2>Reliability</h2>",
        _plots(_reliability_plots(results["reliability"])),
        "<h2>ROC and precision-recall</h2>",
        _plots(_curve_plots(results["curves"])),
        "<h2>Slices</h2>",
        _slices(results["slices"]),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(model['name'])} {escape(model['version'])}: evaluation</title>"
        f"<style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML; those that start with a digit or a sign are set as numbers."""

    def cell(content: str, tag: str = "td") -> str:
        plain = content.split(">", 1)[-1] if content.startswith("<") else content
        number = ' class="n"' if plain[:1].isdigit() or plain[:1] in "+−" else ""
        return f"<{tag}{number}>{content}</{tag}>"

    body = "".join(f"<tr>{''.join(cell(c) for c in row)}</tr>" for row in rows)
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _measures(measures: list[dict[str, Any]]) -> str:
    def verdict(m: dict[str, Any]) -> str:
        if "floor" not in m:
            return ""
        if m["reaches_aim"]:
            return '<span class="good">aim reached</span>'
        return (
            '<span class="good">floor reached</span>'
            if m["reaches_floor"]
            else '<span class="bad">below the floor</span>'
        )

    return _table(
        ("measure", "value", "95 % interval", "rows", "floor", "aim", ""),
        (
            (
                escape(m["title"]),
                f"{m['value']:.4g}",
                f"{m['low']:.3f} – {m['high']:.3f}",
                f"{m['rows']:,}",
                f"{m['floor']:g}" if "floor" in m else "",
                f"{m['aim']:g}" if "aim" in m else "",
                verdict(m),
            )
            for m in measures
        ),
    )


def _threshold_tables(results: dict[str, Any]) -> list[str]:
    parts = []
    for title, rows in results["threshold_table"].items():
        parts.append(f"<h3>{escape(title)}</h3>")
        parts.append(
            _table(
                (
                    "hold at",
                    "ordinary comments held",
                    "bad comments caught",
                    "precision at the expected rate",
                ),
                (
                    (f"{r['cut']:.2f}", f"{r['load']:.1%}", f"{r['recall']:.1%}", f"{r['precision']:.1%}")
                    for r in rows
                ),
            )
        )
    return parts


def _thresholds(model: dict[str, Any]) -> str:
    def achieves(cut: dict[str, float]) -> str:
        return (
            f"{cut['precision']:.0%} of these break the rules; {cut['recall']:.0%} of those that do; "
            f"{cut['ordinary_share']:.2%} of the others"
        )

    return "<h3>Default thresholds and what they achieved on held-out training sets</h3>" + _table(
        ("label", "supported", "hold", "at or above", "reject", "at or above"),
        (
            (
                escape(label),
                "yes" if model["supported"][label] else "no",
                f"{t['hold']:.3f}",
                achieves(t["hold_achieves"]),
                f"{t['reject']:.3f}",
                achieves(t["reject_achieves"]),
            )
            for label, t in model["thresholds"].items()
        ),
    )


def _functions(rows: list[dict[str, Any]]) -> str:
    return _table(
        ("function", "label", "should be", "accuracy", "cases"),
        (
            (
                escape(r["function"]),
                escape(r["label"]),
                r["expected"],
                f"{r['accuracy']:.0%}",
                str(r["cases"]),
            )
            for r in rows
        ),
    )


def _disguises(found: dict[str, Any]) -> str:
    return _table(
        ("disguise", "words that keep the plain word's outcome"),
        ((escape(name), f"{share:.0%}") for name, share in found["survived"].items()),
    )


def _bias(found: dict[str, Any]) -> str:
    rates = sorted(found["false_positive_rate"].items(), key=lambda item: -item[1])
    return _table(
        ("term", "harmless templates held"), ((escape(term), f"{rate:.1%}") for term, rate in rates)
    )


def _languages(rows: list[dict[str, Any]]) -> str:
    return _table(
        ("set", "language", "held", "of 20 letters and more", "rows"),
        (
            (
                escape(r["set"]),
                r["language"],
                f"{r['held']:.1%}",
                f"{r['held_of_20_letters_and_more']:.1%}" if "held_of_20_letters_and_more" in r else "",
                f"{r['rows']:,}",
            )
            for r in rows
        ),
    )


def _slices(rows: list[dict[str, Any]]) -> str:
    return _table(
        ("set", "by", "part", "AUC", "95 % interval", "rows", "positive"),
        (
            (
                escape(r["set"]),
                escape(r["by"]),
                escape(r["part"]),
                f"{r['value']:.3f}",
                f"{r['low']:.3f} – {r['high']:.3f}",
                f"{r['rows']:,}",
                f"{r['positives']:,}",
            )
            for r in rows
        ),
    )


def _plots(figures: list[str]) -> str:
    return f'<div class="plots">{"".join(figures)}</div>'


def _place(x: float, y: float) -> tuple[float, float]:
    inner = _SIZE - 2 * _EDGE
    return round(_EDGE + x * inner, 1), round(_SIZE - _EDGE - y * inner, 1)


def _figure(caption: str, x_name: str, y_name: str, content: str, *, diagonal: bool) -> str:
    (left, bottom), (right, top) = _place(0, 0), _place(1, 1)
    even = f'<line class="even" x1="{left}" y1="{bottom}" x2="{right}" y2="{top}"/>' if diagonal else ""
    return (
        f'<figure><svg viewBox="0 0 {_SIZE} {_SIZE}" role="img" aria-label="{escape(caption)}">'
        f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>{even}{content}'
        f'<text x="{left}" y="{_SIZE - 10}">0</text>'
        f'<text x="{right}" y="{_SIZE - 10}" text-anchor="end">1</text>'
        f'<text x="{_SIZE / 2}" y="{_SIZE - 10}" text-anchor="middle">{escape(x_name)}</text>'
        f'<text x="{left - 6}" y="{top + 8}" text-anchor="end">1</text>'
        f'<text transform="translate(12 {_SIZE / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_name)}</text>"
        f"</svg><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _line(points: list[list[float]]) -> str:
    places = " ".join(f"{x},{y}" for x, y in (_place(*p) for p in points))
    return f'<polyline class="line" points="{places}"/>'


def _curve_plots(curves: dict[str, Any]) -> list[str]:
    figures = []
    for curve in curves.values():
        title = f"{curve['title']} ({curve['positives']:,} of {curve['rows']:,} positive)"
        figures.append(
            _figure(f"ROC: {title}", "false positive rate", "recall", _line(curve["roc"]), diagonal=True)
        )
        figures.append(
            _figure(f"Precision-recall: {title}", "recall", "precision", _line(curve["pr"]), diagonal=False)
        )
    return figures


def _reliability_plots(reliability: dict[str, Any]) -> list[str]:
    figures = []
    for title, points in reliability.items():
        dots = "".join(
            f'<circle class="dot" cx="{x}" cy="{y}" r="{3 + 6 * p["share"] ** 0.5:.1f}"/>'
            for p in points
            for x, y in [_place(p["stated"], p["observed"])]
        )
        line = _line([[p["stated"], p["observed"]] for p in points])
        figures.append(
            _figure(
                f"Reliability: {title}; dots sized by share of comments",
                "stated",
                "observed",
                line + dots,
                diagonal=True,
            )
        )
    return figures
