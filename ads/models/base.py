"""What all ad objects share: whose they are, and a version that rises with every change."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Self
from uuid import UUID

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Site

FLUID = "fluid"
SIZE_PATTERN = r"^(fluid|[1-9][0-9]{0,3}x[1-9][0-9]{0,3})$"
size_format = RegexValidator(SIZE_PATTERN, 'Use "fluid" or a size such as "300x250".', code="invalid")


class AdQuerySet(models.QuerySet[Any]):
    def of_site(self, site: Site) -> Self:
        """What belongs to this site, directly or through what it belongs to."""
        return self.filter(**{self.model.site_path: site})

    def of_advertisers(self, advertisers: Collection[UUID]) -> Self:
        """What belongs to these advertisers; nothing of a kind that belongs to none."""
        path = self.model.advertiser_path
        return self.filter(**{f"{path}__in": advertisers}) if path else self.none()


class AdObject(models.Model):
    """Something that ad managers make and change: ``version`` rises with every change (``ads.services``)."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    site_path: ClassVar[str]
    advertiser_path: ClassVar[str] = ""
    audited: ClassVar[tuple[str, ...]]

    objects = AdQuerySet.as_manager()

    class Meta:
        abstract = True
