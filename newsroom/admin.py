"""The admin site: plain Django, our name on it."""

from django.contrib import admin


class NewsroomAdminSite(admin.AdminSite):
    site_header = "Newsroom"
    site_title = "Newsroom"
    index_title = "Desk"
