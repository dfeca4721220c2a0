"""An instructor grades the written plan of chapter 2 in formgrader, with mouse and keyboard."""

import pytest
from nbgrader.api import Gradebook

from graders import record
from tests.browser.conftest import SHOTS, TOKEN, served
from tests.graders.test_written_plan import ANSWER, ASSIGNMENT, grade_of, judged


def test_points_typed_into_formgrader_count(browser, tmp_path):
    course = judged(tmp_path / "course")
    SHOTS.mkdir(parents=True, exist_ok=True)
    with served(course, tmp_path / "home", course=True) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            plan = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ann").id
        page.goto(f"{address}/lab?token={TOKEN}")  # signs in: formgrader's own requests carry no token
        page.wait_for_load_state("networkidle")
        page.goto(f"{address}/formgrader/submissions/{plan}/?index=0")
        score = page.locator(f"input.score.needs_manual_grade[id='{ANSWER}']")  # so marked once the grades are loaded
        score.wait_for(timeout=60_000)
        assert "The model files receipts" in page.content()
        assert "earns its point if" in page.content(), "the rubric stands above the answer"
        score.scroll_into_view_if_needed()
        score.click()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("7")
        with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
            page.keyboard.press("Tab")
        page.screenshot(path=SHOTS / f"formgrader-{ANSWER}.png")
        page.close()
    with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert grade_of(book).manual_score == pytest.approx(7)
        assert not grade_of(book).needs_manual_grade
