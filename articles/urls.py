from django.urls import path

from articles import views

urlpatterns = [
    path("articles/", views.ArticleList.as_view(), name="article-list"),
    path("articles/by-source/<str:external_id>/", views.ArticleBySource.as_view(), name="article-by-source"),
    path("articles/<slug:slug>/", views.ArticleDetail.as_view(), name="article-detail"),
]
