"""The widgets of unit 1-2, played with by keyboard and mouse in a real JupyterLab."""

import re

from tests.browser.conftest import opened

UNIT = "chapters/01_concept/1_2_future.ipynb"


def test_a_reader_types_a_sentence_and_drags_the_generations(browser, workbooks, tmp_path):
    with opened(browser, workbooks["ko"], tmp_path / "home") as lab:
        lab.open(UNIT)
        lab.run_all()
        assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0

        cell = lab.show("play-widget")
        cell.locator("textarea").fill("한글 test")
        lab.page.wait_for_timeout(1500)
        counts = [int(n) for n in re.findall(r": (\d+) tokens", cell.inner_text())]
        assert len(counts) == 4
        assert counts[0] > counts[2]  # smollm2 needs more tokens for Hangul than tekken
        lab.picture("ko-1-2-tokens")

        cell = lab.show("digits-widget")
        picture = cell.locator(".jp-RenderedImage img").first
        before = picture.get_attribute("src")
        lab.drag(cell.locator(".noUi-handle"), 140)
        lab.page.wait_for_timeout(2500)
        lab.picture("ko-1-2-generations")
        assert picture.get_attribute("src") != before
