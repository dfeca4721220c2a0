"""The workbook in a real JupyterLab, in headless Chromium, as a learner and an instructor meet it."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.browser.conftest import TOKEN, opened, served
from tests.graders.course import ROOT

UNIT = "chapters/05_cleansing/5_2_iaa.ipynb"
WRONG = '''def cohen_kappa(a, b, weights=None, labels=None):
    return sum(x == y for x, y in zip(a, b)) / len(a)
'''
RIGHT = '''def cohen_kappa(a, b, weights=None, labels=None):
    from sklearn.metrics import cohen_kappa_score
    return cohen_kappa_score(a, b, weights=weights, labels=labels)
'''


@pytest.fixture(params=["en", "ko"])
def learner(request, browser, workbooks, tmp_path):
    folder = tmp_path / "workbook"
    shutil.copytree(workbooks[request.param], folder)
    with opened(browser, folder, tmp_path / "home") as lab:
        yield request.param, folder, lab


def test_a_learner_opens_a_unit_does_an_exercise_wrong_then_right_and_sees_her_progress(learner):
    language, folder, lab = learner
    lab.open(UNIT)
    lab.page.wait_for_timeout(1500)
    assert lab.page.locator(".jp-Dialog").count() == 0
    assert lab.page.locator(".Toastify__toast").count() == 0
    lab.picture(f"{language}-1-first-start")

    lab.run_all()
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    cells = list(lab.sources())
    practice, check = "cohen-kappa", "cohen-kappa-check"
    assert {practice, check} <= set(cells)

    lab.write(practice, WRONG)
    card = lab.run(check)
    assert card.locator(".dcai-failed .dcai-advice").count() == 1
    assert bool(re.search("[가-힣]", card.locator(".dcai-failed").inner_text())) == (language == "ko")
    card.locator(".dcai-hint summary").first.click()
    lab.picture(f"{language}-2-wrong")

    lab.write(practice, lab.sources()[practice].replace(WRONG.split("\n")[1], "    raise NotImplementedError"))
    assert lab.run(check).locator(".dcai-blank").count() == 1

    lab.write(practice, right_answer())
    card = lab.run(check)
    assert card.locator(".dcai-passed").count() == 1
    lab.picture(f"{language}-3-right")

    progress = lab.run("progress")
    assert "●" in progress.inner_text()
    lab.picture(f"{language}-4-progress")
    stored = json.loads((folder / ".dcai" / "progress.json").read_text())
    assert stored["cohen_kappa"]["passed"]
    assert stored["cohen_kappa"]["tries"] == 2


def right_answer():
    from graders.cases import load_exercises
    from graders.demo import typed

    exercise = load_exercises("ch05_cleansing")["cohen_kappa"]
    answer = next(a for a in exercise.zoo if a.kind == "right")
    return "from collections import Counter, defaultdict\nimport math\nimport pandas as pd\n" + typed(answer, exercise)


def test_a_widget_answers_the_mouse(browser, workbooks, tmp_path):
    folder = tmp_path / "workbook"
    shutil.copytree(workbooks["en"], folder)
    with opened(browser, folder, tmp_path / "home") as lab:
        lab.open(UNIT)
        lab.run_all()
        slider = lab.page.locator(".jp-Notebook .widget-slider .noUi-handle, .jp-Notebook .noUi-handle").first
        area = slider.locator("xpath=ancestor::*[contains(@class,'jp-OutputArea')][1]")
        before = area.inner_text()
        lab.drag(slider, -70)
        lab.page.wait_for_timeout(800)
        lab.picture("en-5-widget")
        assert area.inner_text() != before


def test_an_instructor_opens_formgrader_and_finds_the_assignment(browser, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(ROOT / "labs" / "source", course / "source")
    shutil.copy(ROOT / "labs" / "nbgrader_config.py", course)
    line = [sys.executable, "-m", "nbgrader", "generate_assignment", "ch05_cleansing"]
    subprocess.run(line, cwd=course, check=True, capture_output=True, env=None)
    with served(course, tmp_path / "home", course=True) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/formgrader?token={TOKEN}")
        page.wait_for_selector("text=ch05_cleansing", timeout=30_000)
        page.screenshot(path=ROOT / "build" / "screenshots" / "formgrader.png")
        assert "ch05_cleansing" in page.content()
        assert "could not be created" not in page.content()
        page.close()
