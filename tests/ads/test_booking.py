"""One form books a campaign: what is free and how it looks before, four objects and an approval after."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from ads.models import AdImage, Advertiser, Campaign, Creative, LineItem, Slot
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, new_article, new_line_item, new_slot, noted

pytestmark = pytest.mark.django_db

BOOK, PREVIEW = "/admin/ads/book/", "/admin/preview/booking/"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def slot(site: Site) -> Slot:
    Site.objects.filter(pk=site.pk).update(time_zone="Europe/London")
    return new_slot(site, code="top")


@pytest.fixture
def article(site: Site) -> Article:
    return new_article(site)


@pytest.fixture
def desk(manager: Caller) -> Client:
    return signed_in(manager)


def signed_in(who: Caller) -> Client:
    who.user.is_staff = True
    who.user.save()
    client = Client()
    client.force_login(who.user)
    return client


def order(slot: Slot, **changes: Any) -> dict[str, Any]:
    given = {
        "advertiser": "",
        "new_advertiser": "Harbour Motors",
        "campaign": "Autumn week",
        "first_day": "2026-10-19",
        "last_day": "2026-10-25",
        "slots": [str(slot.pk)],
        "type": "sponsorship",
        "price_model": "flat",
        "price_micros": "1,250.00",
        "goal": "100000",
        "budget_micros": "",
        "kind": "native",
        "headline": "Drive home today",
        "text": "",
        "call_to_action": "See the cars",
        "target_url": "https://motors.example.com/",
        "image_alt": "",
        "size": "fluid",
        "paid_by": "",
    }
    return given | changes


def picture(size: tuple[int, int] = (300, 250)) -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, "PNG")
    return SimpleUploadedFile("car.png", written.getvalue(), content_type="image/png")


def wrong(response: Any) -> set[str]:
    assert response.status_code == 200, response.content[:300]
    return set(response.context["form"].errors)


def test_one_form_books_all_four_objects(desk: Client, slot: Slot, manager: Caller) -> None:
    response = desk.post(BOOK, order(slot, book=""))
    creative = Creative.objects.get()
    assert response["Location"] == f"/admin/ads/creative/{creative.pk}/approval/"
    item = creative.line_item
    assert (item.status, item.price_model, item.price_micros) == ("ready", "flat", 1_250_000_000)
    assert (item.goal, item.booked_micros, list(item.slots.all())) == (100_000, 1_250_000_000, [slot])
    assert item.campaign.advertiser.name == "Harbour Motors"
    assert not creative.is_approved
    # Both days belong to it, as the site's clock has them: summer time ends on the 25th.
    assert item.campaign.starts_at == datetime(2026, 10, 18, 23, tzinfo=UTC)
    assert item.campaign.ends_at == datetime(2026, 10, 26, 0, tzinfo=UTC)
    assert [entry.action for entry in noted().filter(actor=manager.user)] == [
        "advertiser.create", "campaign.create", "line_item.create", "creative.create",
    ]  # fmt: skip


def test_all_that_the_api_takes_of_a_booking_is_in_the_form(desk: Client, slot: Slot) -> None:
    more = {
        "category": "cars", "competitor_group": "dealers",
        "order_number": "HM-7", "billing_contact": "Accounts",
        "budget_micros": "2,000.00", "daily_cap_micros": "100.50", "pacing": "asap", "weight": "250",
        "per_page": "2", "roadblock": "on",
    }  # fmt: skip
    desk.post(BOOK, order(slot, book="", **more))
    item = LineItem.objects.select_related("campaign__advertiser").get()
    assert (item.budget_micros, item.daily_cap_micros) == (2_000_000_000, 100_500_000)
    assert (item.pacing, item.weight, item.per_page, item.roadblock) == ("asap", 250, 2, True)
    assert (item.campaign.order_number, item.campaign.billing_contact) == ("HM-7", "Accounts")
    advertiser = item.campaign.advertiser
    assert (advertiser.category, advertiser.competitor_group) == ("cars", "dealers")


def test_the_floor_of_a_slot_is_in_sight_and_who_books_below_it_is_told(desk: Client, slot: Slot) -> None:
    Slot.objects.update(floor_price_micros=20_000_000, sizes=["728x90"])
    assert "728x90; from 20.00 per 1,000" in desk.get(BOOK).content.decode()
    asked = order(
        slot, kind="image", size="300x250", image_alt="A car", price_model="cpm", price_micros="9.00"
    )
    asked["image"] = ""
    checked = desk.post(BOOK, asked | {"picture": picture(), "check": ""})
    found = checked.context["warnings"]
    assert [one.partition(":")[0] for one in found] == [
        "Its price is below the floor of top", "Its size fits no place of top",
    ]  # fmt: skip
    assert found[0] in checked.content.decode()
    booked = desk.post(BOOK, order(slot, price_model="cpm", price_micros="9.00", book=""), follow=True)
    assert "below the floor of top" in booked.content.decode()


def test_an_empty_site_says_what_to_make_first(desk: Client, site: Site) -> None:
    page = desk.get(BOOK).content.decode()
    assert 'href="/admin/ads/slot/add/"' in page
    assert "No article to preview on yet." in page


def test_nothing_is_stored_before_it_is_booked(desk: Client, slot: Slot) -> None:
    assert desk.get(BOOK).status_code == 200
    assert "See what is free" in desk.post(BOOK, order(slot, check="")).content.decode()
    assert not Campaign.objects.exists()
    assert not Advertiser.objects.exists()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"new_advertiser": ""}, {"new_advertiser"}),
        ({"last_day": "2026-10-18"}, {"last_day"}),
        ({"last_day": "9999-12-31"}, {"last_day"}),
        ({"first_day": "soon"}, {"first_day"}),
        ({"slots": []}, {"slots"}),
        ({"price_micros": "12,50"}, {"price_micros"}),
        ({"type": "house"}, {"price_micros"}),
        ({"goal": "0"}, {"goal"}),
        ({"budget_micros": "1.00", "daily_cap_micros": "2.00"}, {"daily_cap_micros"}),
        ({"weight": "0", "per_page": "0", "pacing": "never"}, {"weight", "per_page", "pacing"}),
        ({"target_url": "https://127.0.0.1/"}, {"target_url"}),
        ({"target_url": "http://motors.example.com/"}, {"target_url"}),
        ({"kind": "image", "size": "300x250"}, {"picture"}),
        ({"political": "on"}, {"political"}),
        ({"picture": SimpleUploadedFile("a.png", b"<svg/>", content_type="image/png")}, {"picture"}),
    ],
    ids=lambda value: "" if isinstance(value, set) else "-".join(value),
)
def test_what_does_not_fit_is_said_at_its_field(
    desk: Client, slot: Slot, changes: dict[str, Any], fields: set[str]
) -> None:
    assert wrong(desk.post(BOOK, order(slot, book="", **changes))) == fields
    assert not Campaign.objects.exists()


def test_a_taken_name_keeps_nothing(desk: Client, slot: Slot, site: Site) -> None:
    Advertiser.objects.create(site=site, name="Harbour Motors")
    assert wrong(desk.post(BOOK, order(slot, book=""))) == {"new_advertiser"}
    assert not Campaign.objects.exists()


def test_a_picture_survives_the_look_at_what_is_free(desk: Client, slot: Slot) -> None:
    asked = order(slot, kind="image", size="300x250", image_alt="A car")
    checked = desk.post(BOOK, asked | {"picture": picture(), "check": ""})
    image = AdImage.objects.get()
    assert f'name="image" value="{image.pk}"' in checked.content.decode()
    desk.post(BOOK, asked | {"image": str(image.pk), "book": ""})
    assert Creative.objects.get().image == image


def test_what_is_free_names_neighbours_competitors_and_who_comes_first(
    desk: Client, slot: Slot, site: Site, article: Article
) -> None:
    ours = Advertiser.objects.create(
        site=site, name="Harbour Motors", competitor_group="dealers", tolerances={"war": "none"}
    )
    for kind, days, name in (("sponsorship", 0, "Bank"), ("standard", 0, "Rival"), ("standard", 90, "Later")):
        item = new_line_item(site, slot, type=kind)
        starts_at = datetime(2026, 10, 20, tzinfo=UTC) + timedelta(days=days)
        Campaign.objects.filter(pk=item.campaign.pk).update(
            starts_at=starts_at, ends_at=starts_at + timedelta(days=1)
        )
        Advertiser.objects.filter(pk=item.campaign.advertiser.pk).update(
            name=name, competitor_group="dealers" if name == "Rival" else ""
        )
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    set_sensitivity(article=new_article(site), topic="crime", risk="low", source="editor")
    asked = order(slot, type="standard", advertiser=str(ours.pk), new_advertiser="", check="")
    response = desk.post(BOOK, asked)
    found = response.context["availability"]
    assert (found.articles, found.suitable) == (2, 1)
    (place,) = found.places
    assert place.share == 0.5
    assert {(n.item.campaign.advertiser.name, n.is_before, n.is_competitor) for n in place.neighbours} == {
        ("Bank", True, False),
        ("Rival", False, True),
    }
    assert "50 %" in response.content.decode()


def test_the_preview_shows_what_was_typed_on_a_real_article(
    desk: Client, slot: Slot, article: Article
) -> None:
    asked = order(slot, article=str(article.pk), picture=picture((600, 400)), image_alt="A car")
    page = desk.post(PREVIEW, asked).content.decode()
    assert article.headline in page
    assert "Drive home today" in page
    assert "Advertisement · Harbour Motors" in page
    assert AdImage.objects.get().url in page
    assert not Creative.objects.exists()
    assert desk.post(PREVIEW, asked | {"headline": ""}).status_code == 400


def test_outsiders_book_nothing(
    slot: Slot, other_site: Site, caller: Callable[..., Caller], article: Article
) -> None:
    assert Client().post(BOOK, order(slot, book="")).status_code == 302
    editor = signed_in(caller("editor"))
    assert editor.get(BOOK).status_code == editor.post(PREVIEW, order(slot)).status_code == 403
    theirs = signed_in(caller("ad manager", sites=(other_site,)))
    assert wrong(theirs.post(BOOK, order(slot, book=""))) == {"slots"}
    assert theirs.get(f"{BOOK}?site=tribune").status_code == 404
    assert not LineItem.objects.exists()
    assert timezone.now() > article.published_at  # type: ignore[operator]
