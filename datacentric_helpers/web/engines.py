"""Query interfaces as the real services speak them (see the lab): to be written."""

from __future__ import annotations

from datacentric_helpers.web.model import World


def add_engines(world: World) -> None:
    """Serve api.test."""
