"""How people sign in: accounts are made by those who manage them, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: object, **kwargs: object) -> object:
        request.session.pop("touched", None)
        return super().post_login(request, user, **kwargs)
