from django.urls import path

from comments import views
from comments.embeds import Embeds
from comments.reports.views import CommentReports

urlpatterns = [
    path("articles/<slug:slug>/comments/", views.ArticleComments.as_view(), name="article-comments"),
    path("comments/<uuid:comment_id>/", views.CommentDetail.as_view(), name="comment-detail"),
    path("comments/<uuid:comment_id>/status/", views.CommentStatus.as_view(), name="comment-status"),
    path("comments/<uuid:comment_id>/replies/", views.CommentReplies.as_view(), name="comment-replies"),
    path("comments/<uuid:comment_id>/votes/", views.CommentVotes.as_view(), name="comment-votes"),
    path("comments/<uuid:comment_id>/reports/", CommentReports.as_view(), name="comment-reports"),
    path("embeds/", Embeds.as_view(), name="embeds"),
    path("comment-counts/", views.CommentCounts.as_view(), name="comment-counts"),
]
