"""The planning dashboard of unit 2-2, played with by mouse in a real JupyterLab."""

import re
import shutil

import pytest

from tests.browser.conftest import opened

UNIT = "chapters/02_planning/2_2_plan.ipynb"
SLIDERS = {"redundancy": 0, "unit_price": 1, "throughput": 2, "audit": 3}


def panels(widget) -> list[str]:
    """The large number of each panel: cost, working days, interval width."""
    return [re.sub(r"\s+", " ", text) for text in widget.locator(".widget-html-content div[style*='22px']").all_inner_texts()]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_slider_redraws_the_panels_that_it_should_and_no_other(browser, workbooks, tmp_path, language):
    folder = tmp_path / "workbook"
    shutil.copytree(workbooks[language], folder)
    with opened(browser, folder, tmp_path / "home") as lab:
        lab.open(UNIT)
        lab.run_all()
        lab.show("widget-code")
        widget = lab.page.locator(".jp-Notebook .widget-vbox:has(.noUi-handle)").last
        widget.scroll_into_view_if_needed()
        lab.picture(f"{language}-planning-1-first")
        seen = [panels(widget)]
        assert len(seen[0]) == 3
        changes = {}
        for slider, pixels in (("unit_price", 70), ("throughput", 60), ("audit", -10), ("redundancy", -60)):
            lab.drag(widget.locator(".noUi-handle").nth(SLIDERS[slider]), pixels)
            lab.page.wait_for_timeout(800)
            seen.append(panels(widget))
            changes[slider] = [before != after for before, after in zip(seen[-2], seen[-1], strict=True)]
            lab.picture(f"{language}-planning-{len(seen)}-{slider}")
        assert changes["unit_price"] == [True, False, False]
        assert changes["throughput"] == [False, True, False]
        assert changes["audit"] == [False, False, True]
        assert changes["redundancy"] == [True, True, True]
        assert bool(re.search("[가-힣]", widget.inner_text())) == (language == "ko")
