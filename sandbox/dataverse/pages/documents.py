"""The frame of every page: its title, its style, the app's navigation.

Never holds a script; everything is links and forms.
"""

from pathlib import Path

from markupsafe import Markup

from sandbox.dataverse.pages import addresses, apps
from sandbox.dataverse.pages.visits import Visit

_STYLE = Path(__file__).with_name("page.css")
# Nothing but what stands in the page itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


def document(visit: Visit, title: str, body: Markup) -> str:
    """Return a whole page."""
    app = apps.current(visit)
    style = Markup(_STYLE.read_text(encoding="utf-8"))  # noqa: S704  # our own file
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>{title}</title><style>{style}</style></head><body>"
            '<div class="top"><a href="{start}">{app}</a><span>Simulated Dataverse</span></div>'
            '<nav class="side" aria-label="Site map">{navigation}</nav><main>{body}</main>'
            "</body></html>"
        ).format(
            title=title,
            style=style,
            start=addresses.START,
            app="Dynamics 365" if app is None else app["name"],
            navigation=apps.navigation(visit),
            body=body,
        )
    )
