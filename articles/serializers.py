"""What the article paths take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from articles.models import Article, Risk, Tag, Topic
from newsroom.api import StrictSerializer, StringsOnly


class SectionSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class ArticleListSerializer(serializers.ModelSerializer[Article]):
    section = SectionSerializer(read_only=True)
    tags: serializers.SlugRelatedField[Tag] = serializers.SlugRelatedField(
        many=True, read_only=True, slug_field="slug"
    )
    url = serializers.CharField(source="get_absolute_url", read_only=True)
    image = serializers.SerializerMethodField()
    from_archive = serializers.BooleanField(source="is_from_archive", read_only=True)

    class Meta:
        model = Article
        fields = [
            "id", "slug", "headline", "standfirst", "byline", "section", "tags", "url", "canonical_url",
            "image", "image_alt", "published_at", "updated_at", "comments_close_at", "from_archive",
        ]  # fmt: skip

    def get_image(self, article: Article) -> str | None:
        return article.image.url if article.image else None


class ArticleDetailSerializer(ArticleListSerializer):
    class Meta(ArticleListSerializer.Meta):
        fields = [*ArticleListSerializer.Meta.fields, "body"]


class SensitivityWriteSerializer(StrictSerializer):
    topic = serializers.ChoiceField(choices=Topic.choices)
    risk = serializers.ChoiceField(choices=Risk.choices)


class UrlField(StringsOnly, serializers.URLField):
    pass


class SlugField(StringsOnly, serializers.SlugField):
    pass


class SourceArticleSerializer(StrictSerializer):
    """An article as the content management system sends it."""

    url = UrlField(max_length=500)
    headline = StringsOnly(max_length=200)
    section = SlugField(max_length=80)
    tags = serializers.ListField(child=StringsOnly(max_length=80), max_length=30)
    body = StringsOnly(required=False, allow_blank=True, max_length=60_000, trim_whitespace=False)
    standfirst = StringsOnly(required=False, allow_blank=True, max_length=500)
    byline = StringsOnly(required=False, allow_blank=True, max_length=120)
    sensitivity = SensitivityWriteSerializer(many=True, required=False)
    published_at = serializers.DateTimeField(required=False)
