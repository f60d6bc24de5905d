"""All paths as in demo mode: its own are included last, as Django reads them."""

from django.urls import include, path

from newsroom.urls import urlpatterns as ordinary

urlpatterns = [path("demo/", include("newsroom.demo.urls")), *ordinary]
