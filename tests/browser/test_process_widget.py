"""The lineage widget of unit 2-1 in a real JupyterLab, played with by mouse."""

import shutil

from tests.browser.conftest import opened


def test_the_lineage_widget_answers_button_and_slider(browser, workbooks, tmp_path):
    folder = tmp_path / "workbook"
    shutil.copytree(workbooks["en"], folder)
    with opened(browser, folder, tmp_path / "home") as lab:
        lab.open("chapters/02_planning/2_1_process.ipynb")
        lab.run_all()
        cell = lab.show("widget")
        shown = cell.locator("img").last
        pictures = {shown.get_attribute("src")}
        for turn, button in enumerate(("lost", "fine", "wrong label")):
            cell.locator("button", has_text=button).click()
            lab.settle()
            lab.drag(cell.locator(".noUi-handle"), 20)
            lab.page.wait_for_timeout(800)
            pictures.add(shown.get_attribute("src"))
            lab.picture(f"en-2-1-lineage-{turn}")
        assert len(pictures) == 4
