from django.urls import path

from moderation.appeals.views import CommentAppeal

urlpatterns = [
    path("comments/<uuid:comment_id>/appeal/", CommentAppeal.as_view(), name="comment-appeal"),
]
