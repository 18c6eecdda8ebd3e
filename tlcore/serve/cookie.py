"""The owner's cookie: who somebody is, as the browser says it."""

from collections.abc import MutableMapping
from http.cookies import SimpleCookie
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.jobs.belongings.owners import is_owner_id, new_owner_id

COOKIE = "tl_owner"
_COOKIE_SECONDS = 180 * 24 * 3600


def owner_of(cookies: MutableMapping[str, str] | dict[str, str]) -> str | None:
    """The owner whom the cookies name, if they name one in the right form."""
    value = cookies.get(COOKIE, "")
    return value if is_owner_id(value) else None


class OwnerCookie:
    """Gives every visitor who has none an owner cookie with the first page; plain ASGI, so streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding the cookie to a page's response where it is missing."""
        if scope["type"] != "http" or not _is_page(scope) or owner_of(Request(scope).cookies):
            await self.app(scope, receive, send)
            return
        cookie = cookie_header(new_owner_id(), secure=is_secure(scope))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def cookie_header(owner: str, *, secure: bool) -> str:
    """The Set-Cookie value that makes a browser this owner's."""
    cookie: SimpleCookie = SimpleCookie({COOKIE: owner})
    settings: dict[str, Any] = {"path": "/", "httponly": True, "samesite": "Lax", "max-age": str(_COOKIE_SECONDS)}
    cookie[COOKIE].update({**settings, "secure": True} if secure else settings)
    return cookie[COOKIE].OutputString()


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and not path.startswith(
        ("/_stcore/", "/static/", "/media/", "/component/", "/api/", "/assets/", "/join/")
    )


def is_secure(scope: Scope) -> bool:
    """Whether the browser came by HTTPS, to a proxy in front of this server too."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"").decode()
    return "https" in {scope.get("scheme"), forwarded}
