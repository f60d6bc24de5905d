"""What advertisers show: pictures kept as pixels, sizes and weights that fit, and nothing runs unapproved."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ads.models import AdImage, Approval, Creative, LineItem
from ads.pictures import MOST_BYTES, encode_again
from articles.models import Site
from newsroom.errors import FieldError
from tests.ads.conftest import Caller, field_codes, new_creative, new_line_item, new_slot, noted

CREATIVES, IMAGES = "/api/v1/ads/creatives/", "/api/v1/ads/images/"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def item(site: Site) -> LineItem:
    return new_line_item(site, new_slot(site))


@pytest.fixture
def editor(caller: Callable[..., Caller]) -> Caller:
    return caller("editor")


def picture(
    kind: str = "PNG", size: tuple[int, int] = (300, 250), mode: str = "RGB", **options: Any
) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else 0).save(written, kind, **options)
    return written.getvalue()


def upload(
    caller: Caller, content: bytes, content_type: str = "image/png", path: str = IMAGES
) -> HttpResponse:
    headers = {"Authorization": f"Bearer {caller.secret}"}
    return Client().generic("POST", path, content, content_type=content_type, headers=headers)


def body(item: LineItem, **fields: Any) -> dict[str, Any]:
    given = {
        "line_item": str(item.pk),
        "headline": "Fresh bread",
        "target_url": "https://bakery.example.com/",
    }
    return given | fields


# --- pictures ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_is_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    more: dict[str, Any] = {"exif": exif, "icc_profile": b"where I live"}
    if kind == "PNG":
        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_text("Comment", "where I live")
    if kind == "JPEG":
        more["comment"] = b"where I live"
    encoded = encode_again(picture(kind, **more) + b"<script>where I live</script>")
    assert b"where I live" not in encoded.content
    with Image.open(io.BytesIO(encoded.content)) as read:
        assert (read.format, read.size) == (kind, (300, 250))
        assert not read.getexif()
        assert "icc_profile" not in read.info


def test_a_picture_is_turned_as_the_camera_meant_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert (encoded := encode_again(picture("JPEG", (40, 20), exif=exif))).width == 20
    assert encoded.height == 40


def test_transparency_stays_and_inks_become_colours() -> None:
    with Image.open(io.BytesIO(encode_again(picture(mode="RGBA")).content)) as read:
        assert read.mode == "RGBA"
    with Image.open(io.BytesIO(encode_again(picture("JPEG", mode="CMYK")).content)) as read:
        assert read.mode == "RGB"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "invalid_image"),
        (b"<html></html>", "invalid_image"),
        (picture("GIF"), "invalid_image"),
        (picture("PNG")[:-40], "invalid_image"),
        (picture("PNG", (6_001, 1)), "too_large"),
        (picture("PNG", (4_000, 3_001)), "too_large"),
        (b"\0" * (MOST_BYTES + 1), "too_large"),
        (
            picture("WEBP", save_all=True, append_images=[Image.new("RGB", (300, 250), "red")]),
            "animated",
        ),
    ],
    ids=["nothing", "svg", "html", "gif", "torn", "wide", "bomb", "heavy", "moving"],
)
def test_anything_else_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FieldError) as refused:
        encode_again(content)
    assert refused.value.field_code == code


@pytest.mark.django_db
def test_an_upload_is_served_inert_under_the_name_of_its_content(manager: Caller, folder: Path) -> None:
    made = upload(manager, picture())
    assert made.status_code == 201
    assert made.json()["url"] == f"/media/ads/{made.json()['sha256']}.png"
    served = Client().get(made.json()["url"])
    assert (served["Content-Type"], served["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert len(b"".join(served.streaming_content)) == made.json()["weight_bytes"]  # type: ignore[attr-defined]
    again = upload(manager, picture())
    assert (again.status_code, again.json()) == (200, made.json())
    assert len(list(folder.glob("ads/*"))) == 1
    assert manager.get(made["Location"]).json() == made.json()
    assert manager.get(IMAGES).json()["results"] == [made.json()]


@pytest.mark.django_db
def test_uploads_are_refused_as_problems(manager: Caller, editor: Caller, nobody: Caller) -> None:
    assert upload(manager, b"<svg/>", "image/svg+xml").status_code == 415
    assert field_codes(upload(manager, b"<svg/>")) == {"image": "invalid_image"}
    assert upload(manager, b"{}", "application/json").status_code == 415
    assert upload(manager, b"\0" * (MOST_BYTES + 1)).status_code == 413
    assert upload(nobody, picture()).status_code == 401
    assert upload(editor, picture()).status_code == 403
    assert not AdImage.objects.exists()


@pytest.mark.django_db
def test_a_picture_in_use_stays(manager: Caller, item: LineItem) -> None:
    image = upload(manager, picture())
    made = manager.post(CREATIVES, body(item, image=image.json()["id"]))
    assert manager.delete(image["Location"], If_Match='"1"').status_code == 409
    manager.delete(made["Location"], If_Match='"1"')
    assert manager.delete(image["Location"], If_Match='"1"').status_code == 204


# --- what fits together ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_picture_ad_has_an_iab_size_and_as_many_pixels_or_twice(manager: Caller, item: LineItem) -> None:
    images = {
        size: upload(manager, picture(size=size)).json()["id"]
        for size in [(300, 250), (600, 500), (301, 250)]
    }

    def send(**fields: Any) -> HttpResponse:
        given = {"kind": "image", "size": "300x250", "image_alt": "A loaf", "image": images[300, 250]}
        return manager.post(CREATIVES, body(item, **(given | fields)))

    assert send().status_code == 201
    assert send(image=images[600, 500]).status_code == 201
    assert field_codes(send(image=images[301, 250])) == {"image": "wrong_size"}
    assert field_codes(send(image=None)) == {"image": "required"}
    assert field_codes(send(image_alt="")) == {"image_alt": "required"}
    assert field_codes(send(size="301x250")) == {"size": "invalid_choice"}
    assert field_codes(send(kind="native")) == {"size": "invalid"}


@pytest.mark.django_db
def test_a_picture_may_be_too_heavy_for_its_size(manager: Caller, item: LineItem) -> None:
    written = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((640, 100), 200) for _ in range(3)]).save(written, "PNG")
    image = upload(manager, written.getvalue()).json()
    assert image["weight_bytes"] > 50_000
    sent = body(item, kind="image", size="320x50", image_alt="Noise", image=image["id"])
    assert field_codes(manager.post(CREATIVES, sent)) == {"image": "too_heavy"}


@pytest.mark.django_db
def test_another_tenants_picture_does_not_exist(
    manager: Caller, item: LineItem, other_site: Site, caller: Callable[..., Caller]
) -> None:
    theirs = caller("ad manager", sites=(other_site,))
    image = upload(theirs, picture())
    assert field_codes(manager.post(CREATIVES, body(item, image=image.json()["id"]))) == {
        "image": "does_not_exist"
    }
    assert manager.get(image["Location"]).status_code == 404


@pytest.mark.django_db
def test_political_ads_need_a_site_that_takes_them(manager: Caller, item: LineItem, site: Site) -> None:
    assert field_codes(manager.post(CREATIVES, body(item, political=True))) == {
        "political": "political_ads_refused"
    }
    site.political_ads, site.political_notice = True, "Political ad. Who paid: see the notice."
    site.save()
    assert manager.post(CREATIVES, body(item, political=True)).json()["political"] is True


@pytest.mark.django_db
def test_paid_by_says_only_what_the_sponsor_does_not(manager: Caller, item: LineItem) -> None:
    sponsor = item.campaign.advertiser.name
    assert manager.post(CREATIVES, body(item, paid_by=sponsor)).json()["paid_by"] == ""
    assert manager.post(CREATIVES, body(item, paid_by="Cars Ltd")).json()["paid_by"] == "Cars Ltd"


# --- approval ----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_only_what_was_approved_runs_and_any_edit_needs_it_again(
    manager: Caller, editor: Caller, item: LineItem
) -> None:
    made = manager.post(CREATIVES, body(item))
    path = made["Location"]
    assert made.json()["approved"] is False
    approved = editor.post(f"{path}approve/", {"sha256": made.json()["sha256"]})
    assert (approved.status_code, approved.json()["approved"], approved["ETag"]) == (200, True, '"2"')
    assert editor.post(f"{path}approve/", {"sha256": made.json()["sha256"]})["ETag"] == '"2"'
    for change in ({"text": "Now with rye"}, {"target_url": "https://rye.example.com/"}, {"paid_by": "A"}):
        edited = manager.patch(path, change, If_Match="*").json()
        assert edited["approved"] is False
        stale = editor.post(f"{path}approve/", {"sha256": made.json()["sha256"]})
        assert (stale.status_code, stale.json()["code"]) == (409, "content_changed")
        assert editor.post(f"{path}approve/", {"sha256": edited["sha256"]}).json()["approved"] is True
    assert manager.patch(path, {"active": False}, If_Match="*").json()["approved"] is True
    assert manager.get(f"{CREATIVES}?approved=true").json()["results"]
    assert not manager.get(f"{CREATIVES}?approved=false").json()["results"]
    first = Approval.objects.filter(creative=made.json()["id"]).order_by("id")[0]
    assert (first.sha256, first.by_id, first.alone) == (made.json()["sha256"], editor.user.pk, False)
    noted_first = noted().filter(actor=editor.user)[0]
    assert noted_first.data["after"] == {"approved_sha256": made.json()["sha256"]}


@pytest.mark.django_db
def test_going_back_to_what_was_approved_needs_no_second_look(
    manager: Caller, editor: Caller, item: LineItem
) -> None:
    made = manager.post(CREATIVES, body(item))
    editor.post(f"{made['Location']}approve/", {"sha256": made.json()["sha256"]})
    manager.patch(made["Location"], {"text": "Other"}, If_Match="*")
    assert manager.patch(made["Location"], {"text": ""}, If_Match="*").json()["approved"] is True


@pytest.mark.django_db
def test_nobody_approves_alone_where_four_eyes_are_wanted(
    manager: Caller, caller: Callable[..., Caller], item: LineItem
) -> None:
    made = manager.post(CREATIVES, body(item))
    sent = {"sha256": made.json()["sha256"], "reason": "I am sure"}
    refused = manager.post(f"{made['Location']}approve/", sent)
    assert (refused.status_code, refused.json()["code"]) == (403, "needs_another_person")
    both = caller("ad manager", is_superuser=True)
    own = both.post(CREATIVES, body(item))
    refused = both.post(f"{own['Location']}approve/", sent | {"sha256": own.json()["sha256"]})
    assert refused.json()["code"] == "needs_another_person"


@pytest.mark.django_db
def test_a_small_paper_approves_alone_with_a_reason(manager: Caller, item: LineItem, site: Site) -> None:
    site.four_eyes = Site.FourEyes.ALONE_WITH_REASON
    site.save()
    made = manager.post(CREATIVES, body(item))
    path, sha256 = f"{made['Location']}approve/", made.json()["sha256"]
    assert field_codes(manager.post(path, {"sha256": sha256})) == {"reason": "required"}
    assert manager.post(path, {"sha256": sha256, "reason": "Nobody else here"}).json()["approved"] is True
    approval = Approval.objects.get()
    assert (approval.alone, approval.reason) == (True, "Nobody else here")


@pytest.mark.django_db
def test_outsiders_approve_nothing(
    item: LineItem, nobody: Caller, other_site: Site, caller: Callable[..., Caller]
) -> None:
    creative = new_creative(item, text="new")
    Creative.objects.filter(pk=creative.pk).update(approved_sha256="")
    path, sent = f"{CREATIVES}{creative.pk}/approve/", {"sha256": creative.sha256}
    assert nobody.post(path, sent).status_code == 401
    assert caller("cms").post(path, sent).status_code == 403
    assert caller("editor", scopes=("ads:read",)).post(path, sent).status_code == 403
    assert caller("editor", sites=(other_site,)).post(path, sent).status_code == 404
    assert not Creative.objects.get().is_approved
