"""Speed, size and quality of the classifier beside two packages that do a like job, on the same rows.

    python benchmarks/classifier.py --data DIR [--without-others] [--rows 60]

The two packages are installed into a throw-away environment for this run and are no dependency of the
product. Everything runs on one core: thread pools are set to 1 before numpy loads. AUC is taken on a sample,
the same rows for all three, since better-profanity needs a tenth of a second for a comment; the figures
over all rows, with intervals, are `manage.py evaluate_classifier`'s.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
for _pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_pool] = "1"  # Before numpy is imported, which happens below, where it is needed.

OTHERS = ("alt-profanity-check", "better-profanity")
WORDS = 60
BATCH = 64

Score = Callable[[Sequence[str]], Sequence[float]]

# Runs inside the throw-away environment: reads texts, answers with scores and times, knows nothing of us.
_FOREIGN = """
import json, resource, statistics, sys, time
texts, comments = json.load(sys.stdin)
started = time.perf_counter()
if sys.argv[1] == "alt-profanity-check":
    from profanity_check import predict_prob
    score = lambda batch: [float(p) for p in predict_prob(batch)]
else:
    from better_profanity import profanity
    profanity.load_censor_words()
    score = lambda batch: [float(profanity.contains_profanity(text)) for text in batch]
score(["warm"])
load = time.perf_counter() - started
def timed(batches):
    times = []
    for batch in batches:
        begin = time.process_time(); score(batch); times.append(time.process_time() - begin)
    return times
size = int(sys.argv[2])
batches = [comments[i:i + size] for i in range(0, len(comments), size)]
alone = timed([[c] for c in comments[:200]])
together = timed(batches)
scores = []
for i in range(0, len(texts), 256):
    scores += score(texts[i:i + 256])
print(json.dumps({"load_s": load, "alone_ms": statistics.median(alone) * 1e3,
    "per_second": size / statistics.median(together), "scores": scores,
    "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of data sets, *.jsonl.gz")
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--without-others", action="store_true", help="measure only our own classifier")
    parser.add_argument("--rows", type=int, default=60, help="of each side (bad, fine) of a set, at most")
    options = parser.parse_args()
    every_row = evaluation_rows(options.data)
    rows = {name: sample(pairs, options.rows) for name, pairs in every_row.items()}
    comments = sixty_words([text for text, _ in every_row["c3_news"]], count=20 * BATCH)
    texts = [text for pairs in rows.values() for text, _ in pairs]
    results = {"newsroom": measure_own(options.model, texts, comments)}
    if not options.without_others:
        with tempfile.TemporaryDirectory() as folder:
            python = install_others(Path(folder))
            for name in OTHERS:
                results[name] = measure_other(python, name, texts, comments)
    print_table(results, rows, options.rows)
    return 0


def evaluation_rows(folder: Path) -> dict[str, list[tuple[str, bool]]]:
    """Texts and truths, set by set; the same rows for everybody."""
    from moderation.classifier.evaluation.sets import read_set

    rows: dict[str, list[tuple[str, bool]]] = {"c3_news": [], "unhealthy_news": []}
    for row in read_set(folder, "c3_news"):
        level = round(1 + 3 * row.fields["toxicity_score"], 6)
        if level == 1 or level >= 2.5:
            rows["c3_news"].append((row.text, level >= 2.5))
    for row in read_set(folder, "unhealthy_news"):
        attacks = any((row.extra.get(kind) or 0) > 0 for kind in ("hostile", "antagonize"))
        rows["unhealthy_news"].append((row.text, attacks))
    for name, split in (("jigsaw_wiki", "test"), ("kaggle_insults", "valid"), ("civil_toxic_spans", "valid")):
        found = read_set(folder, name, splits=(split,))
        rows[name] = [
            (r.text, r.fields["toxicity"] == 1) for r in found if r.fields.get("toxicity") is not None
        ]
    return rows


def sample(pairs: Sequence[tuple[str, bool]], most: int) -> list[tuple[str, bool]]:
    """At most so many bad rows and so many fine ones: those whose text has the lowest SHA-256.

    So it is the same rows in each run, and no order of the file has a say. AUC does not depend on the shares.
    """
    ordered = sorted(pairs, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())
    return [pair for side in (True, False) for pair in [p for p in ordered if p[1] is side][:most]]


def sixty_words(texts: Sequence[str], *, count: int) -> list[str]:
    """Comments of exactly sixty words, cut from real ones end to end."""
    words = " ".join(texts).split()
    return [" ".join(words[i * WORDS : (i + 1) * WORDS]) for i in range(count)]


def measure_own(model: Path | None, texts: Sequence[str], comments: Sequence[str]) -> dict[str, Any]:
    from moderation.classifier import load, shipped_artifact

    path = model or shipped_artifact()
    started = time.perf_counter()
    classifier = load(path)
    load_s = time.perf_counter() - started
    classifier.score(comments[:BATCH])
    batches = [comments[i : i + BATCH] for i in range(0, len(comments), BATCH)]
    alone = [timed(lambda c=c: classifier.score([c])) for c in comments[:400]]  # type: ignore[misc]
    together = [timed(lambda b=b: classifier.score(b)) for b in batches]  # type: ignore[misc]
    worst = max(min(timed(lambda t=t: classifier.score([t])) for _ in range(3)) for t in WORST)  # type: ignore[misc]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "load_s": load_s,
        "alone_ms": statistics.median(alone) * 1e3,
        "per_second": BATCH / statistics.median(together),
        "worst_ms": worst * 1e3,
        "size_mb": path.stat().st_size / 1e6,
        "memory_mb": memory,
        "scores": [scores.values["toxicity"] for scores in classifier.score(texts)],
    }


WORST = (
    "@" * 50_000,
    "abcdefghij" * 500,
    "a" + "\u0301" * 4_999,
    "f00l " * 1_000,
    "aaabbbccc " * 500,
    "a. " * 1_666,
    "".join(chr(0x4E00 + i) for i in range(5_000)),
)


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of this process, so that a busy machine does not count."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def install_others(folder: Path) -> Path:
    """The interpreter of an environment that holds both packages."""
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *OTHERS], check=True)
    return python


def measure_other(python: Path, name: str, texts: Sequence[str], comments: Sequence[str]) -> dict[str, Any]:
    # better-profanity is slow: one batch tells its speed as well.
    some = comments if name != "better-profanity" else comments[:BATCH]
    done = subprocess.run(
        [python, "-W", "ignore", "-c", _FOREIGN, name, str(BATCH)],
        input=json.dumps([list(texts), list(some)]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def print_table(
    results: dict[str, dict[str, Any]], rows: dict[str, list[tuple[str, bool]]], most: int
) -> None:
    from sklearn.metrics import roc_auc_score

    names = list(results)
    print(f"{'one core, 60-word comments':44}" + "".join(f"{name:>22}" for name in names))
    lines = (
        (f"comments/s in batches of {BATCH} (CPU time)", "per_second", "{:,.0f}"),
        ("one alone, p50, ms (CPU time)", "alone_ms", "{:.2f}"),
        ("worst of 5,000 characters, ms", "worst_ms", "{:.1f}"),
        ("load, s", "load_s", "{:.2f}"),
        ("model file, MB", "size_mb", "{:.1f}"),
        ("process memory after scoring, MB", "memory_mb", "{:.0f}"),
    )
    for title, key, form in lines:
        print(
            f"{title:44}"
            + "".join(f"{form.format(r[key]) if key in r else '-':>22}" for r in results.values())
        )
    print(f"\nAUC, the same rows for all: at most {most} bad and {most} fine of a set, by hash of the text")
    begin = 0
    for name, pairs in rows.items():
        end = begin + len(pairs)
        truth = [bad for _, bad in pairs]
        aucs = [roc_auc_score(truth, r["scores"][begin:end]) for r in results.values()]
        title = f"{name}: {sum(truth)} bad, {len(truth) - sum(truth)} fine"
        print(f"{title:44}" + "".join(f"{auc:>22.3f}" for auc in aucs))
        begin = end


if __name__ == "__main__":
    sys.exit(main())
