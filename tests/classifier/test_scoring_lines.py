"""``python -m moderation.classifier score``: JSON lines in and out; one bad line stops nothing."""

import io
import json
import subprocess
import sys

from moderation.classifier import LABELS
from moderation.classifier.cli import main, score_lines


def scored(classifier, *lines, **options):
    out, errors = io.StringIO(), io.StringIO()
    status = score_lines(lines, out, errors, classifier, **options)
    return status, [json.loads(line) for line in out.getvalue().splitlines()], errors.getvalue()


def test_each_text_is_answered_in_order_with_its_own_id(shipped):
    status, answers, errors = scored(
        shipped, b'{"id": 7, "text": "Hi there"}\n', b'{"id": "x", "text": ""}\n'
    )
    assert (status, errors) == (0, "")
    assert [answer["id"] for answer in answers] == [7, "x"]
    assert set(answers[0]) == {"id", "scores", "language"}
    assert set(answers[0]["scores"]) == set(LABELS)


def test_bad_lines_are_named_by_number_and_the_rest_is_scored(shipped):
    lines = [
        b'{"id": 1, "text": "one"}',
        b"nonsense",
        b"",
        b'{"id": 3}',
        b'["a"]',
        b'{"id": 5, "text": 5}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"id": 9, "text": "last"}',
    ]
    status, answers, errors = scored(shipped, *lines)
    assert status == 1
    assert [answer["id"] for answer in answers] == [1, 9]
    assert [line.split(":")[0] for line in errors.splitlines()] == [f"line {n}" for n in (2, 4, 5, 6, 7, 8)]


def test_an_error_never_repeats_the_text(shipped):
    _, _, errors = scored(shipped, b'{"id": 1, "text": ["secret words"]}', b'secret words"}')
    assert "secret" not in errors


def test_a_line_of_absurd_length_is_refused(shipped):
    status, answers, errors = scored(shipped, b'{"id": 1, "text": "' + b"a" * 2_000_000 + b'"}')
    assert (status, answers) == (1, [])
    assert "longer than" in errors


def test_reasons_come_only_when_asked_for(shipped):
    line = b'{"id": 1, "text": "You silly clown"}'
    _, plain, _ = scored(shipped, line)
    _, explained, _ = scored(shipped, line, reasons=True)
    assert "reasons" not in plain[0]
    assert explained[0]["scores"] == plain[0]["scores"]
    assert {"logit", "bias", "other", "spans"} == set(explained[0]["reasons"]["toxicity"])


def test_odd_characters_survive_the_way_through_a_pipe():
    lines = '{"id": 1, "text": "caf\\u00e9 \\ud83d\\ude02 \\ud800"}\n{"id": "\u00fc", "text": "ok"}\n'
    done = subprocess.run(
        [sys.executable, "-m", "moderation.classifier", "score"],
        input=lines.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, "ü"]


def test_answers_come_before_the_input_ends():
    command = [sys.executable, "-m", "moderation.classifier", "score"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(64):
            process.stdin.write(json.dumps({"id": number, "text": "Hello"}).encode() + b"\n")
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 0
    assert first["id"] == 0


def test_a_model_that_is_none_is_an_error_in_words(tmp_path, capsys):
    assert main(["score", "--model", str(tmp_path / "nothing")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_data_that_is_not_there_is_an_error_in_words(tmp_path, capsys):
    assert main(["train", "--data", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert ".jsonl.gz is not in" in capsys.readouterr().err
