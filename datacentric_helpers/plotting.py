"""How the course's figures look, and its recurring picture: the six stages of a data set, with "you are here"."""

from __future__ import annotations

from functools import cache
from typing import Any

from datacentric_helpers.i18n import gettext as _

__all__ = ["COLORS", "STAGES", "stage_map", "use_style"]

# Okabe & Ito (2008): told apart with every kind of colour vision
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

STAGES = ("collection", "preprocessing", "labeling", "cleansing", "split", "release")
PRODUCTS = ("raw data", "source data", "labeled data", "clean data", "train / valid / test", "data set")


@cache
def korean_font() -> str | None:
    """The family name of the Korean font that comes with the course, registered with matplotlib; None without it."""
    from importlib.resources import as_file, files

    from matplotlib import font_manager

    try:
        resource = files("pylopdf_fonts_ko") / "NotoSansKR-Regular.otf"
    except ModuleNotFoundError:
        return None
    with as_file(resource) as path:
        font_manager.fontManager.addfont(str(path))
        return str(font_manager.FontProperties(fname=str(path)).get_name())


def use_style() -> None:
    """Set matplotlib's defaults for this notebook: readable sizes, few lines, colour-blind safe colours, Korean glyphs."""
    import logging

    import matplotlib as mpl
    from cycler import cycler

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # the Korean font has no bold: not worth a warning
    family = ["DejaVu Sans"] + ([font] if (font := korean_font()) else [])
    mpl.rcParams.update({
        "figure.figsize": (7.0, 3.6), "figure.dpi": 80, "savefig.dpi": 80, "font.size": 10, "font.family": family,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
        "axes.prop_cycle": cycler(color=COLORS), "axes.titlesize": 11, "legend.frameon": False,
        "figure.constrained_layout.use": True, "axes.unicode_minus": False,
    })


def stage_map(here: str) -> Any:
    """The six stages with their products; ``here`` is the stage that this unit is about. Returns the matplotlib figure.

    Raises ValueError, naming the stages, for an unknown one.
    """
    if here not in STAGES:
        raise ValueError(f"here must be one of {', '.join(STAGES)}, got {here!r}")
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyArrow, FancyBboxPatch

    figure, axes = plt.subplots(figsize=(9.0, 1.5))
    axes.set(xlim=(-0.1, 6.0), ylim=(-0.75, 1.1))
    axes.axis("off")
    for i, (stage, product) in enumerate(zip(STAGES, PRODUCTS, strict=True)):
        now = stage == here
        color = COLORS[1] if now else "#D9E2EC"
        axes.add_patch(FancyBboxPatch((i + 0.04, 0.05), 0.76, 0.5, boxstyle="round,pad=0.04", fc=color, ec="none"))
        axes.text(i + 0.42, 0.3, _(stage), ha="center", va="center", color="white" if now else "#243B53", size=10)
        axes.text(i + 0.42, -0.3, _(product), ha="center", va="center", color="#52606D", size=8)
        if i < len(STAGES) - 1:
            axes.add_patch(FancyArrow(i + 0.86, 0.3, 0.08, 0, width=0.02, head_width=0.14, head_length=0.06, color="#829AB1"))
        if now:
            axes.text(i + 0.42, 0.85, _("you are here"), ha="center", va="center", color=COLORS[1], size=9)
    plt.close(figure)  # the notebook shows the returned figure once, not twice
    return figure
