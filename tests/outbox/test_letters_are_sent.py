"""Mail belongs to the transaction that it tells of, and goes out whatever is away meanwhile."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from moderation import reconciler
from newsroom.embedded.parts import ROOT
from newsroom.health import metrics_text
from newsroom.mail_urls import mail_settings
from newsroom.outbox import services, tasks
from newsroom.outbox.models import Letter
from tests.newsroom.test_configuration_fails_at_start import GOOD

ADDRESS = "ana.the.canary@example.org"


def write(key: str = "one", *, to: str = ADDRESS, **more: Any) -> bool:
    context = {"subject": "About “A & B”", "text": f"See https://news.example/?a=1&b={key}"}
    return services.send(kind="plain", to=to, context=context, key=key, sender="The Tribune", **more)


def make_due() -> None:
    Letter.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_letter_goes_out_once_and_leaves_no_word_behind() -> None:
    write()

    assert services.deliver_due() == 1
    assert services.deliver_due() == 0

    [message] = mail.outbox
    assert message.to == [ADDRESS]
    assert message.subject == "About “A & B”"
    assert "?a=1&b=one" in message.body
    assert message.from_email.startswith("The Tribune <newsroom@")
    assert message.message()["Auto-Submitted"] == "auto-generated"
    letter = Letter.objects.get()
    assert (letter.state, letter.content, letter.address_hash) == ("sent", None, None)


@pytest.mark.django_db
def test_one_key_is_one_letter_even_after_it_was_sent() -> None:
    assert write()
    assert not write()
    services.deliver_due()
    assert not write()

    assert services.deliver_due() == 0
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_told() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)

    assert services.deliver_due() == 0


@pytest.mark.django_db
def test_the_row_cannot_be_read_without_the_key() -> None:
    write()

    with connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM outbox_letter l")
        [[row]] = cursor.fetchall()
    for word in (ADDRESS, "Tribune", "news.example"):
        assert word not in row
        assert word.encode().hex() not in row


@pytest.mark.django_db
def test_where_mail_is_off_nothing_is_stored(settings: Any) -> None:
    settings.NEWSROOM_MAIL = False

    assert not write()
    assert not Letter.objects.exists()


@pytest.mark.django_db
def test_what_came_too_late_is_given_up_and_what_is_for_later_waits() -> None:
    write("late", expires_at=timezone.now() - timedelta(seconds=1))
    write("early", at=timezone.now() + timedelta(hours=1))

    assert services.deliver_due() == 0
    assert sorted(Letter.objects.values_list("state", flat=True)) == ["given_up", "waiting"]


@pytest.mark.django_db
def test_erasing_an_address_takes_its_waiting_letters_along() -> None:
    write("hers")
    write("his", to="jon@example.org")

    assert services.cancel(to=ADDRESS.upper()) == 1

    assert services.deliver_due() == 1
    assert mail.outbox[0].to == ["jon@example.org"]


@pytest.mark.django_db
def test_letters_of_other_kinds_are_left() -> None:
    write()

    assert services.cancel(to=ADDRESS, kinds=["replies"]) == 0
    assert services.deliver_due() == 1


@pytest.mark.django_db
def test_over_the_wire_all_go_through_one_connection(mail_server: Any) -> None:
    for number in range(3):
        write(str(number))

    assert services.deliver_due() == 3

    assert mail_server.sessions == 1
    assert all(f"To: {ADDRESS}" in text for text in mail_server.mails)


@pytest.mark.django_db
def test_a_refused_address_is_given_up_and_does_not_stop_the_others(mail_server: Any) -> None:
    mail_server.refuses.add(ADDRESS)
    write("refused")
    write("taken", to="jon@example.org")

    assert services.deliver_due() == 1

    assert Letter.objects.get(state="given_up").last_error == "SMTPRecipientsRefused"
    assert len(mail_server.mails) == 1


@pytest.mark.django_db
def test_while_the_server_is_away_letters_wait_longer_each_time(mail_server: Any, caplog: Any) -> None:
    port = mail_server.server_address[1]
    mail_server.shutdown()
    mail_server.server_close()
    write("first")
    write("second")

    pauses = []
    for _ in range(3):
        assert services.deliver_due() == 0
        tried = Letter.objects.exclude(attempts=0).get()  # One is tried; the other waits for news of it.
        pauses.append((tried.next_attempt_at - timezone.now()).total_seconds())
        Letter.objects.filter(pk=tried.pk).update(next_attempt_at=timezone.now() - timedelta(hours=1))

    assert pauses == pytest.approx([30, 60, 120], abs=5)
    assert tried.last_error == "ConnectionRefusedError"
    assert "newsroom_mail_waiting 2.0" in metrics_text().decode()
    assert ADDRESS not in caplog.text
    assert str(port) not in tried.last_error


@pytest.mark.django_db
def test_after_three_days_it_is_given_up(mail_server: Any) -> None:
    mail_server.shutdown()
    mail_server.server_close()
    write()
    Letter.objects.update(not_before=timezone.now() - timedelta(days=3, hours=1))

    services.deliver_due()

    assert Letter.objects.get().state == "given_up"


@pytest.mark.django_db
def test_a_letter_without_a_template_does_not_stop_the_others() -> None:
    services.send(kind="unheard-of", to=ADDRESS, context={}, key="x")
    write()

    assert services.deliver_due() == 1
    assert Letter.objects.get(kind="unheard-of").last_error == "TemplateDoesNotExist"


@pytest.mark.django_db
def test_a_leased_letter_is_left_alone_until_the_lease_is_over() -> None:
    write()
    assert services._claim() is not None

    assert services.deliver_due() == 0
    Letter.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.deliver_due() == 1


@pytest.mark.django_db
def test_settled_rows_go_after_a_month() -> None:
    write()
    services.deliver_due()
    assert services.forget_letters() == 0
    Letter.objects.update(settled_at=timezone.now() - timedelta(days=31))

    tasks.forget_letters()

    assert not Letter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_no_worker_consumes_the_reconciler_delivers_itself(mail_server: Any) -> None:
    write()
    looking = reconciler.Reconciler(should_stop=lambda: True)

    looking._mail()

    assert looking._postman is not None
    looking._postman.join(timeout=20)
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "ssl"),
    [
        ("smtp+starttls://me:p%40ss@mail.example", "mail.example", 587, True, False),
        ("smtps://mail.example:4650", "mail.example", 4650, False, True),
        ("smtp://mail.example", "mail.example", 25, False, False),
    ],
)
def test_the_mail_server_is_named_by_an_address(url: str, host: str, port: int, tls: bool, ssl: bool) -> None:
    found = mail_settings(url)

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert found["EMAIL_HOST_PASSWORD"] in {"p@ss", ""}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"NEWSROOM_MAIL": "on"}, "no mail server is named"),
        ({"NEWSROOM_MAIL": "on", "NEWSROOM_MAIL_URL": "mail.example:25"}, "NEWSROOM_MAIL_URL is not usable"),
        (
            {
                "NEWSROOM_MAIL": "on",
                "NEWSROOM_MAIL_URL": "smtp://mail.example",
                "NEWSROOM_MAIL_FROM": "the editors",
            },
            "NEWSROOM_MAIL_FROM is",
        ),
    ],
)
def test_production_does_not_start_with_mail_on_and_no_way_to_send_it(
    changes: dict[str, str], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "newsroom.embedded.django_command", "check"],
        cwd=ROOT,
        env=GOOD | changes | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert words in done.stderr
