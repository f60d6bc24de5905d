"""The tour: valid, without inline script, and everything that it promises works as it stands."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest
from django.db import OperationalError
from django.test import Client

from ads.models import Slot
from comments.models import Comment
from newsroom.crypto import decrypt_address
from tests.ads.conftest import new_slot
from tests.pages.conftest import Newspaper

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive(paper: Newspaper, people: Any) -> Any:
    """An article from the archive, and a newer one that is not."""
    paper.article()
    return paper.article(status="archived", headline="Ferry of 1922", age=timedelta(days=1500))


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def tree(response: Any) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text(response))


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    "path", ["/demo/", "/demo/?try=rude", "/demo/mail/", "/demo/enter/x/", "/demo/elsewhere/"]
)
def test_every_page_is_valid_and_has_no_inline_script_or_style(client: Client, path: str) -> None:
    response = client.get(path)
    parsed = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.content.decode())
    for element in parsed.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag != "style"
        assert element.tag != "script" or not (element.text or "").strip()
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


def test_it_has_eight_stops_in_order(client: Client, archive: Any) -> None:
    stops = [
        section.get("id")
        for section in tree(client.get("/demo/")).iter("section")
        if section.get("class") == "stop"
    ]
    assert stops == ["paper", "comment", "readers", "queue", "slots", "ports", "break", "api"]


def test_the_form_is_that_of_the_archive_article(client: Client, archive: Any) -> None:
    page = text(client.get("/demo/"))
    assert f'action="{archive.get_absolute_url()}"' in page
    assert f'data-api="/api/v1/articles/{archive.slug}/comments/"' in page


def test_without_script_a_link_fills_the_form(client: Client, archive: Any) -> None:
    from newsroom.demo.texts import SAMPLES

    for sample in SAMPLES:
        page = tree(client.get(f"/demo/?try={sample.key}"))
        values = {element.get("name"): element.get("value") for element in page.iter("input")}
        body = next(element.text for element in page.iter("textarea"))
        assert values["name"] == sample.name
        assert re.fullmatch(r"reader-[0-9a-f]{8}@example\.com", values["email"])
        assert body.strip() in sample.bodies


def test_the_stop_for_writers_leads_to_pages_that_are_there(
    client: Client, archive: Any, paper: Newspaper
) -> None:
    upper = None
    for _ in range(4):
        upper = paper.published(archive, parent=upper.pk if upper else None)
    refused = paper.decide(paper.comment(archive), "rejected", reason="insult")
    Comment.objects.update(demo=True)

    stop = next(one for one in tree(client.get("/demo/")).iter("section") if one.get("id") == "readers")
    links = [link.get("href") for link in stop.iter("a")]

    assert f"/comments/{upper.pk}/" in links
    assert any(link.startswith(f"/comments/{refused.pk}/?token=") for link in links)
    assert len(links) == 8
    assert {client.get(link).status_code for link in links} <= {200, 302}
    assert decrypt_address(bytes(refused.private.mailbox.address_ciphertext)) in "".join(stop.itertext())


def test_an_unknown_button_fills_nothing(client: Client, archive: Any) -> None:
    page = tree(client.get("/demo/?try=<b>"))
    assert (next(page.iter("textarea")).text or "").strip() == ""


def test_the_curl_calls_work_as_they_stand(client: Client, archive: Any, paper: Newspaper) -> None:
    slot = new_slot(paper.site, code="top")
    calls = [
        "".join(code.itertext())
        for code in tree(client.get("/demo/")).iter("code")
        if "".join(code.itertext()).startswith("curl")
    ]
    answers = [run(client, call) for call in calls]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    slot.refresh_from_db()
    assert slot.active is False
    assert (
        run(client, calls[2]).status_code == 412
    )  # The version in the command is no longer the current one.
    assert Slot.objects.get().version == 2


def run(client: Client, command: str) -> Any:
    """Do with the test client what a shell would do with curl."""
    words = shlex.split(command)
    method, headers, body, address = "GET", {}, "", words[-1]
    for flag, value in pairwise(words):
        if flag == "-X":
            method = value
        elif flag == "-H":
            name, _, content = value.partition(": ")
            headers[name] = content
        elif flag == "-d":
            body = value
    path = address.removeprefix("http://testserver")
    return client.generic(method, path, body, content_type="application/json", headers=headers)


@pytest.mark.usefixtures("archive")
def test_the_token_stands_on_no_other_page(client: Client, people: Any) -> None:
    token = people["ad_manager"]["token"]
    assert token in text(client.get("/demo/"))
    for path in ("/", "/demo/mail/", "/demo/parts/", "/about/comments/"):
        assert token not in text(client.get(path))
    assert "no-store" in client.get("/demo/")["Cache-Control"]


def test_commands_name_a_state_that_is_not_the_usual_one(
    client: Client, archive: Any, demo: Path, settings: Any
) -> None:
    assert f"break worker --for 30 --state {demo}" in text(client.get("/demo/"))
    settings.NEWSROOM_STATE = settings.BASE_DIR / ".state"
    assert "break worker --for 30<" in text(client.get("/demo/"))


def test_an_empty_paper_has_a_tour_too(client: Client, paper: Newspaper, people: Any) -> None:
    page = text(client.get("/demo/"))
    assert "No article takes comments yet" in page
    assert "reply-form" not in page


def test_without_logins_the_rest_of_the_tour_stands(client: Client, paper: Newspaper, demo: Path) -> None:
    page = text(client.get("/demo/"))
    assert "curl" not in page
    assert "Break something" in page


def test_the_panel_names_the_sick_part_and_what_waits(client: Client, paper: Newspaper, demo: Path) -> None:
    paper.comment(paper.article())
    report = client.get("/demo/parts/").json()
    states = {part["name"]: part["state"] for part in report["parts"]}
    assert list(states) == ["database", "broker", "worker", "reconciler", "model", "ports"]
    assert (states["database"], states["broker"], states["worker"]) == ("works", "works", "sick")
    assert report["status"] == "degraded"
    assert report["pending"] == 1
    assert report["oldest_pending_s"] >= 0


def test_the_panel_answers_while_the_database_is_away(
    client: Client, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **options: Any) -> Any:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", away)
    report = client.get("/demo/parts/").json()
    assert (report["status"], report["pending"]) == ("down", None)
    assert {part["name"]: part["state"] for part in report["parts"]}["database"] == "sick"


def test_mail_is_listed_newest_first_and_escaped(
    client: Client, paper: Newspaper, demo: Path, settings: Any
) -> None:
    from django.core.mail import EmailMessage, get_connection

    backend = "django.core.mail.backends.filebased.EmailBackend"
    for subject in ("First", "<script>alert(1)</script>"):
        connection = get_connection(backend, file_path=demo / "mail")
        EmailMessage(
            subject, "Grüße & <b>text</b>", "a@example.org", ["r@example.org"], connection=connection
        ).send()
    page = text(client.get("/demo/mail/"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Grüße &amp; &lt;b&gt;text&lt;/b&gt;" in page
    assert "<script>alert" not in page
    assert page.count('class="letter"') == 2


def test_an_empty_or_damaged_letter_box_is_no_error(client: Client, paper: Newspaper, demo: Path) -> None:
    assert "Nothing yet" in text(client.get("/demo/mail/"))
    (demo / "mail").mkdir()
    (demo / "mail" / "broken.log").write_bytes(b"\xff\x00 no mail at all\n")
    (demo / "mail" / "empty.log").write_bytes(b"")
    text(client.get("/demo/mail/"))
