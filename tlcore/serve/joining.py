"""A second device of the same owner, by a one-time code."""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tlcore.errors import NotFoundError
from tlcore.jobs.belongings.owners import Owners
from tlcore.jobs.store.database import Database
from tlcore.palette import DARK, LIGHT
from tlcore.serve.cookie import cookie_header, is_secure

_COLOURS = f"""
:root {{ color-scheme: light dark; --paper: {LIGHT.paper}; --ink: {LIGHT.ink}; --blue: {LIGHT.link}; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: {DARK.paper}; --ink: {DARK.ink}; --blue: {DARK.link}; }}
}}
"""
_STYLE = """
body { background: var(--paper); color: var(--ink); font: 1.1rem/1.5 Inter, system-ui, sans-serif; margin: 0; }
main { max-width: 34rem; margin: 15vh auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; }
a { color: var(--blue); }
button { background: var(--blue); color: var(--paper); border: 0; border-radius: 0.6rem; cursor: pointer;
  font: inherit; font-weight: 600; padding: 0.6rem 1.6rem; }
"""


def join_page(_request: Request) -> Response:
    """Ask before joining: whoever follows a link, or looks at where it leads, spends no code."""
    return _page_of(
        "Continue on this device",
        "This browser will show the images and runs of the device that made the code, "
        "and those that were made here stay behind.",
        '<form method="post"><button>Join</button></form>',
    )


def join(request: Request) -> Response:
    """Make this browser the owner that a one-time code stands for, and go to the start page."""
    if not _is_own_form(request):
        return _said("Press Join on Transfer Lab's own page; other sites may not send you here.", 403)
    try:
        owner = Owners(Database()).redeem(request.path_params["code"])
    except NotFoundError as error:
        return _said(str(error), 404)
    response = RedirectResponse("/", status_code=303)
    response.headers.append("set-cookie", cookie_header(owner, secure=is_secure(request.scope)))
    return response


def _is_own_form(request: Request) -> bool:
    """Whether a page of this server sent the form. Browsers tell Sec-Fetch-Site only to HTTPS and localhost."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return request.headers.get("origin", "").partition("://")[2] == request.headers.get("host")


def _said(sentence: str, status: int) -> Response:
    """A sentence on a page of its own, with the way back."""
    return _page_of("Transfer Lab", sentence, '<a href="/">Back to Transfer Lab</a>', status)


def _page_of(heading: str, sentence: str, way_on: str, status: int = 200) -> Response:
    """A page without Streamlit; no other site may put its buttons into a frame."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Transfer Lab</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_COLOURS}{_STYLE}</style>'
        f"<main><h1>{html.escape(heading)}</h1><p>{html.escape(sentence)}</p>{way_on}</main>"
    )
    return HTMLResponse(
        page, status, {"Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store"}
    )
