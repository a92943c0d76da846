"""Self-service: ``path("api-keys/", include("keycask.django.urls"))``.

The logged-in owner's keys in JSON at the path itself, and the page for people at ``page/`` below it, which
templates link to by ``{% url "keycask:page" %}``.
"""

from django.urls import path

from keycask.django import views

app_name = "keycask"

urlpatterns = [
    path("", views.keys, name="keys"),
    path("page/", views.keys_page, name="page"),
    path("page/<str:name>", views.keys_asset, name="asset"),
    path("<str:key_id>/<str:verb>", views.change_key, name="change"),
]
