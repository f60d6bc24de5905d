"""Pictures that editors upload: rasters only, served so that nothing in them can run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from articles.models import validate_picture


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "teal").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "articles").mkdir()
    return tmp_path / "articles"


def test_a_picture_is_served_inert(client: Client, folder: Path) -> None:
    (folder / "tide.png").write_bytes(picture("PNG"))
    response = client.get("/media/articles/tide.png")
    assert b"".join(response.streaming_content) == picture("PNG")  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "script.js", "tide.png.html"])
def test_what_could_run_is_never_served(client: Client, folder: Path, name: str) -> None:
    (folder / name).write_text("<script>alert(1)</script>")
    assert client.get(f"/media/articles/{name}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["../secrets.env", "articles/../../secrets.png", "%2e%2e/secrets.png"])
def test_nothing_outside_the_folder_is_served(client: Client, folder: Path, path: str) -> None:
    (folder.parent.parent / "secrets.png").write_bytes(picture("PNG"))
    assert client.get(f"/media/{path}").status_code in {400, 404}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_common_rasters_are_taken(kind: str) -> None:
    validate_picture(SimpleUploadedFile("a", picture(kind)))


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", picture("GIF"), picture("TIFF")]
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        validate_picture(SimpleUploadedFile("a.png", content))
