"""What the rule for threats finds in labelled comments, and what of that was rated a threat or toxic.

``python benchmarks/threats.py --data DIR``: one line for each set; texts are not printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from moderation.classifier.evaluation.sets import EvaluationRow, read_set
from moderation.classifier.text import match_form
from moderation.text_rules import one_blank_apart
from moderation.threats import threat_findings

SETS = ("c3_news", "unhealthy_news", "wiki_cat_large", "civil_toxic_spans", "jigsaw_wiki", "kaggle_insults")


def is_found(row: EvaluationRow) -> bool:
    return bool(threat_findings({"body": one_blank_apart(match_form(row.text))}))


def rated(rows: list[EvaluationRow], label: str) -> str:
    values = [row.fields[label] for row in rows if row.fields.get(label) is not None]
    return f"{sum(value >= 0.5 for value in values)} of {len(values)}" if values else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    print(f"{'set':20} {'rows':>7} {'threats':>12} {'found':>6} {'rated threats':>14} {'rated toxic':>12}")
    for name in SETS:
        rows = read_set(options.data, name)
        found = [row for row in rows if is_found(row)]
        print(
            f"{name:20} {len(rows):>7,} {rated(rows, 'threat'):>12} {len(found):>6}"
            f" {rated(found, 'threat'):>14} {rated(found, 'toxicity'):>12}"
        )


if __name__ == "__main__":
    main()
