"""The command line: train, evaluate, and score JSON lines."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from moderation.classifier import Classifier, load, shipped_artifact
from moderation.classifier.artifact import ArtifactError

_BATCH = 64
_MAX_LINE = 1_000_000


class BadLine(ValueError):
    """A line of input that is not ``{"id", "text"}``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 when a line was bad or the work failed, 2 for a wrong command line."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (ArtifactError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m moderation.classifier", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="train|evaluate|score")
    score = commands.add_parser("score", help="read JSON lines {id, text}, write {id, scores, language}")
    score.add_argument("--model", type=Path, default=None, help="an artifact; default: the shipped one")
    score.add_argument("--reasons", action="store_true", help="add the spans behind each score")
    score.set_defaults(run=_score)
    train = commands.add_parser("train", help="train a model on a folder of data sets")
    train.add_argument("--data", type=Path, required=True)
    train.add_argument("--out", type=Path, required=True)
    train.add_argument("--seed", type=int, default=None)
    train.set_defaults(run=_train)
    evaluate = commands.add_parser("evaluate", help="measure a model on a folder of data sets")
    add_evaluation_options(evaluate)
    evaluate.set_defaults(run=lambda options: run_evaluation(options, sys.stdout, sys.stderr))
    return parser


def add_evaluation_options(parser: argparse.ArgumentParser) -> None:
    """The options of an evaluation, shared with the management command."""
    parser.add_argument("--data", type=Path, required=True, help="folder of data sets, *.jsonl.gz")
    parser.add_argument("--model", type=Path, default=None, help="an artifact; default: the shipped one")
    parser.add_argument(
        "--out", type=Path, default=Path("evaluation"), help="folder for the JSON and HTML reports"
    )
    parser.add_argument(
        "--resamples", type=int, default=1000, help="bootstrap resamples behind each interval"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--no-folds", action="store_true", help="skip the spam sets that need heads of their own"
    )


def run_evaluation(options: argparse.Namespace, out: TextIO, progress: TextIO) -> int:
    """Measure, print the table, and write ``evaluation.json`` and ``evaluation.html``."""
    from moderation.classifier.evaluation import evaluate, render_html, render_table

    results = evaluate(
        load(options.model or shipped_artifact()),
        options.data,
        resamples=options.resamples,
        seed=options.seed,
        folds=not options.no_folds,
        progress=lambda message: print(message, file=progress),
    )
    out.write(render_table(results) + "\n")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "evaluation.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (options.out / "evaluation.html").write_text(render_html(results), encoding="utf-8")
    progress.write(f"wrote {options.out / 'evaluation.html'} and evaluation.json\n")
    return 0


def _score(options: argparse.Namespace) -> int:
    classifier = load(options.model or shipped_artifact())
    return score_lines(sys.stdin.buffer, sys.stdout, sys.stderr, classifier, reasons=options.reasons)


def _train(options: argparse.Namespace) -> int:
    from moderation.classifier.training import train
    from moderation.classifier.training.train import Settings

    settings = Settings() if options.seed is None else Settings(seed=options.seed)
    result = train(options.data, options.out, settings=settings, progress=lambda m: print(m, file=sys.stderr))
    print(json.dumps({"path": str(result.path), "digest": result.digest}))
    return 0


def score_lines(
    lines: Iterable[bytes], out: TextIO, errors: TextIO, classifier: Classifier, *, reasons: bool = False
) -> int:
    """Score JSON lines as they come. A bad line is named on ``errors`` and the rest goes on."""
    failed = 0
    for batch in _batches(lines):
        good: list[tuple[Any, str]] = []
        for number, line in batch:
            try:
                good.append(_parse(line))
            except BadLine as error:
                failed += 1
                print(f"line {number}: {error}", file=errors)
        for (identity, text), scores in zip(good, classifier.score([text for _, text in good]), strict=True):
            answer: dict[str, Any] = {
                "id": identity,
                "scores": scores.values,
                "language": scores.language.code,
            }
            if reasons:
                answer["reasons"] = {label: _reasons(classifier, text, label) for label in classifier.labels}
            out.write(json.dumps(answer) + "\n")
        out.flush()
    return 1 if failed else 0


def _batches(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered lines that are not blank, up to 64 together."""
    batch: list[tuple[int, bytes]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            batch.append((number, line))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _parse(line: bytes) -> tuple[Any, str]:
    if len(line) > _MAX_LINE:
        raise BadLine(f"longer than {_MAX_LINE:,} bytes")
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        raise BadLine("not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None
    if not isinstance(value, dict) or "id" not in value or not isinstance(value.get("text"), str):
        raise BadLine('expected an object with "id" and a string "text"')
    return value["id"], value["text"]


def _reasons(classifier: Classifier, text: str, label: str) -> dict[str, Any]:
    explanation = classifier.explain(text, label)
    return {
        "logit": explanation.logit,
        "bias": explanation.bias,
        "other": explanation.other,
        "spans": [asdict(span) for span in explanation.spans],
    }
