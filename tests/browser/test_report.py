"""The instructor's report in a real browser: it looks right, asks for nothing, and runs nothing that a learner wrote."""

import pytest

from datacentric_helpers.i18n import set_language
from graders.report_page import write_report
from tests.browser.conftest import SHOTS
from tests.graders import tiny_course
from tests.graders.small_cohort import five_learners, graded, read, verdict

CODE = "def double(x):\n" + "".join(f"    v{i} = [w + {i} for w in x if w % {i + 2}]\n" for i in range(30)) + (
    "    '</pre><script>document.title=1</script><img src=http://localhost:9/x onerror=document.title=1>'\n")


@pytest.fixture
def written(tmp_path):
    course = five_learners(tiny_course.make_course(tmp_path / "labs"))
    for name in ("<img src=x onerror=document.title=1>", "copy\x1b[2J"):
        graded(course, name, verdict((0, 1, 1), incidents=("cell",)), tiny_course.submission(double=CODE))
    return course


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ko", "dark")])
def test_the_report_opens_without_a_request_or_a_message_and_fits_the_window(browser, written, tmp_path, language, scheme):
    set_language(language)
    path = write_report(read(written), tmp_path / "out", ("html",))[0]
    page = browser.new_page(viewport={"width": 1100, "height": 900}, color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert asked == [path.as_uri()]
    assert said == []
    assert "tiny" in page.title(), "no learner's script has run"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("mark").count() > 0
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"report-{language}.png", full_page=True)
    page.close()


def test_the_report_fits_a_narrow_window_and_prints(browser, written, tmp_path):
    path = write_report(read(written), tmp_path / "out", ("html",))[0]
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.pdf(path=tmp_path / "report.pdf").startswith(b"%PDF")
    page.close()
