"""Creatives in forms: a picture's file, the preview on a real article, approval; tolerances; the switch."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from ads.models import Advertiser, Creative, LineItem, PolicyOverride
from articles.models import Site
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def item(site: Site) -> LineItem:
    return new_line_item(site, new_slot(site))


@pytest.fixture
def desk(manager: Caller) -> Client:
    return signed_in(manager)


@pytest.fixture
def editor(site: Site, caller: Callable[..., Caller]) -> Client:
    return signed_in(caller("editor"))


def signed_in(who: Caller) -> Client:
    who.user.is_staff = True
    who.user.save()
    client = Client()
    client.force_login(who.user)
    return client


def picture(size: tuple[int, int] = (300, 250)) -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, "PNG")
    return SimpleUploadedFile("loaf.png", written.getvalue(), content_type="image/png")


def body(item: LineItem, **changes: Any) -> dict[str, Any]:
    given = {
        "line_item": str(item.pk),
        "kind": "image",
        "headline": "Loaf",
        "text": "",
        "call_to_action": "",
        "target_url": "https://bakery.example.com/",
        "image_alt": "A loaf of bread",
        "size": "300x250",
        "paid_by": "",
        "active": "on",
        "seen_version": "",
    }
    return given | changes


def test_a_picture_is_uploaded_in_the_form_and_kept_until_another_comes(desk: Client, item: LineItem) -> None:
    assert desk.post("/admin/ads/creative/add/", body(item, picture=picture())).status_code == 302
    creative = Creative.objects.get()
    assert creative.image is not None
    assert (creative.image.width, creative.is_approved) == (300, False)
    path = f"/admin/ads/creative/{creative.pk}/change/"
    assert creative.image.url in desk.get(path).content.decode()
    assert desk.post(path, body(item, seen_version="1", text="more")).status_code == 302
    assert Creative.objects.get().image == creative.image
    native = body(item, seen_version="2", kind="native", size="fluid", drop_picture="on")
    assert desk.post(path, native).status_code == 302
    assert Creative.objects.get().image is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"size": "728x90"}, "picture"),
        ({"image_alt": ""}, "image_alt"),
        ({"size": "fluid"}, "size"),
        ({"kind": "native"}, "size"),
        ({"political": "on"}, "political"),
        ({"picture": SimpleUploadedFile("a.png", b"<svg/>", content_type="image/png")}, "picture"),
        ({"picture": ""}, "picture"),
    ],
    ids=["pixels", "words", "fluid", "native", "political", "svg", "none"],
)
def test_what_does_not_fit_comes_back_at_its_field(
    desk: Client, item: LineItem, changes: dict[str, Any], field: str
) -> None:
    response = desk.post("/admin/ads/creative/add/", body(item, **({"picture": picture()} | changes)))
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == {field}
    assert not Creative.objects.exists()


def waiting(item: LineItem, **fields: Any) -> Creative:
    creative = new_creative(item, **fields)
    Creative.objects.filter(pk=creative.pk).update(approved_sha256="")
    return creative


def test_an_editor_looks_and_approves_exactly_what_was_shown(
    editor: Client, desk: Client, item: LineItem
) -> None:
    creative = waiting(item)
    path = f"/admin/ads/creative/{creative.pk}/approval/"
    assert path in editor.get("/admin/ads/creative/?approval=waiting").content.decode()
    page = editor.get(path).content.decode()
    assert "Fresh bread" in page
    assert creative.sha256 in page
    assert "Approve exactly this" not in desk.get(path).content.decode()
    desk.post(path, {"sha256": creative.sha256, "reason": "me"})
    assert not Creative.objects.get().is_approved
    editor.post(path, {"sha256": "0" * 64})
    assert not Creative.objects.get().is_approved
    editor.post(path, {"sha256": creative.sha256})
    assert Creative.objects.get().is_approved
    assert "Approved exactly as it is now" in editor.get(path).content.decode()


def test_alone_needs_a_reason(desk: Client, item: LineItem, site: Site) -> None:
    site.four_eyes = Site.FourEyes.ALONE_WITH_REASON
    site.save()
    creative = waiting(item)
    path = f"/admin/ads/creative/{creative.pk}/approval/"
    assert "You approve your own work" in desk.get(path).content.decode()
    desk.post(path, {"sha256": creative.sha256})
    assert not Creative.objects.get().is_approved
    desk.post(path, {"sha256": creative.sha256, "reason": "Nobody else here"})
    assert Creative.objects.get().is_approved


def test_another_tenants_creative_is_not_there(
    item: LineItem, other_site: Site, caller: Callable[..., Caller], site: Site
) -> None:
    creative = waiting(item)
    theirs = signed_in(caller("editor", sites=(other_site,)))
    article = new_article(site)
    assert theirs.get(f"/admin/ads/creative/{creative.pk}/approval/").status_code == 404
    assert theirs.get(f"/admin/preview/ads/{creative.pk}/{article.pk}/").status_code == 404
    assert Client().get(f"/admin/ads/creative/{creative.pk}/approval/").status_code == 302


def test_a_creative_is_previewed_on_a_real_article(editor: Client, item: LineItem, site: Site) -> None:
    article = new_article(site)
    creative = waiting(item, paid_by="Flour Ltd")
    page = editor.get(f"/admin/preview/ads/{creative.pk}/{article.pk}/").content.decode()
    assert article.headline in page
    assert "Fresh bread" in page
    assert "Advertisement · " in page
    assert ", paid by Flour Ltd" in page
    assert "Fresh bread" not in Client().get(article.get_absolute_url()).content.decode()


def test_an_approved_picture_stands_on_the_page_in_its_size(desk: Client, item: LineItem, site: Site) -> None:
    desk.post("/admin/ads/creative/add/", body(item, picture=picture((600, 500))))
    creative = Creative.objects.get()
    Creative.objects.update(approved_sha256=creative.sha256)
    page = Client().get(new_article(site).get_absolute_url()).content.decode()
    assert creative.image is not None
    assert f'<img src="{creative.image.url}" alt="A loaf of bread" width="300" height="250">' in page


def test_tolerances_are_a_choice_per_topic(desk: Client, site: Site) -> None:
    form = {"site": str(site.pk), "name": "Harbour Motors", "thread_tolerance": "calm", "seen_version": ""}
    page = desk.get("/admin/ads/advertiser/add/")
    chosen = {
        name: "medium" for name in page.context["adminform"].form.fields if name.startswith("tolerance_")
    }
    assert len(chosen) == 12
    response = desk.post("/admin/ads/advertiser/add/", form | chosen | {"tolerance_war": "none"})
    assert response.status_code == 302
    advertiser = Advertiser.objects.get(name="Harbour Motors")
    assert advertiser.tolerances == {"war": "none"}
    again = desk.get(f"/admin/ads/advertiser/{advertiser.pk}/change/")
    assert again.context["adminform"].form.fields["tolerance_war"].initial == "none"


def test_editors_switch_to_house_ads_and_back(editor: Client, desk: Client, site: Site) -> None:
    until = timezone.now() + timedelta(hours=3)
    form = {
        "site": str(site.pk), "action": "house", "reason": "Bridge collapse", "seen_version": "",
        "expires_at_0": f"{until:%Y-%m-%d}", "expires_at_1": f"{until:%H:%M:%S}",
    }  # fmt: skip
    assert editor.post("/admin/ads/policyoverride/add/", form).status_code == 302
    override = PolicyOverride.objects.get()
    assert desk.post("/admin/ads/policyoverride/add/", form).status_code == 403
    action = {"action": "end_now", "_selected_action": [str(override.pk)]}
    editor.post("/admin/ads/policyoverride/", action)
    override.refresh_from_db()
    assert override.expires_at <= timezone.now()
