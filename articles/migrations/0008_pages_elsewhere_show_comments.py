from django.db import migrations, models

import articles.origins


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_sites_have_desk_hours")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="embed_origins",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Other sites whose pages may show these comments, one origin a line: https://news.example.org",
                validators=[articles.origins.validate_origins],
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="is_stub",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Made for a page that shows comments, before the content management system sent it: on no list, comments are read by a person first, house ads only.",
                verbose_name="not filled yet",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("canonical_url", ""), _negated=True),
                fields=["site", "canonical_url"],
                name="article_by_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_stub", True)),
                fields=("site", "canonical_url"),
                name="one_stub_per_address",
            ),
        ),
    ]
