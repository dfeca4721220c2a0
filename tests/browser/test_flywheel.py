"""The flywheel simulator and the data engine in a real JupyterLab: their sliders are moved with the mouse."""

import nbformat
import pytest

from tests.browser.conftest import opened


@pytest.fixture
def lab(browser, tmp_path):
    """A notebook with the two widgets, open in JupyterLab."""
    folder = tmp_path / "work"
    folder.mkdir()
    cells = [
        nbformat.v4.new_code_cell("from datacentric_helpers.flywheel import data_engine, flywheel_simulator", id="imports"),
        nbformat.v4.new_code_cell("flywheel_simulator()", id="wheel"), nbformat.v4.new_code_cell("data_engine()", id="engine"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}),
                   folder / "play.ipynb")
    with opened(browser, folder, tmp_path / "home", course=True) as opened_lab:
        opened_lab.open("play.ipynb")
        opened_lab.run_all()
        yield opened_lab


@pytest.mark.parametrize(("cell", "sliders", "pixels"), [("wheel", 3, -70), ("engine", 2, 60)])
def test_every_slider_of_a_machine_moves_its_numbers(lab, cell, sliders, pixels):
    handles = lab.show(cell).locator(".noUi-handle")
    handles.first.wait_for()
    assert handles.count() == sliders
    for number in range(sliders):
        view = lab.show(cell).locator(".widget-html").last
        before = view.inner_html()
        lab.drag(lab.show(cell).locator(".noUi-handle").nth(number), pixels)
        lab.page.wait_for_function("([node, old]) => node.innerHTML !== old", arg=[view.element_handle(), before], timeout=20_000)
    lab.picture(f"machine-{cell}")
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
