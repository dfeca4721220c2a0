"""A small web of the course's own, on this computer: pages, pictures, faults, traps and query interfaces, drawn from a seed.

>>> from datacentric_helpers import web
>>> with web.serve("gallery", seed=0) as site:
...     page = web.session().get(site.home)
>>> page.status_code, page.url
(200, 'http://photos.test/')
"""

from __future__ import annotations

from datacentric_helpers.web.client import session
from datacentric_helpers.web.model import AGENT
from datacentric_helpers.web.server import OpenSite, Site, serve, truth
from datacentric_helpers.web.sites import SITES as _SITES

__all__ = ["AGENT", "SITES", "OpenSite", "Site", "serve", "session", "truth"]

SITES = tuple(_SITES)
