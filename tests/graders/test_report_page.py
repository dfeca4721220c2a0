import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from datacentric_helpers.i18n import gettext, set_language
from graders import report_page, report_texts
from graders.cli import app
from graders.judge import Limits, report
from graders.report_page import render, tables, visible, write_report
from graders.similarity import near_identical
from tests.graders import tiny_course
from tests.graders.small_cohort import SQUARED, five_learners, graded, read, verdict

HOSTILE = '<script>alert(1)<'
LONG = "\n".join(f"    v{i} = [w + {i} for w in x if w % {i + 2}]" for i in range(30))
CODE = f"def double(x):\n{LONG}\n    return '</pre><script>fetch(\"http://evil.example/\")</script><img src=x onerror=alert(1)>' // 2\n"


@pytest.fixture
def five(course):
    return five_learners(course)


@pytest.fixture
def hostile(course):
    """Two copies with markup in names, texts and code, and escapes that a terminal would obey."""
    for name in (f"{HOSTILE}img src=x onerror=alert(1)>", "ann\x1b[2J\u202eevil", 'bob" onclick="alert(1)'):
        graded(course, name, verdict((0.5, 1, 0), incidents=("cell", "<b>new kind")), tiny_course.submission(double=CODE))
    graded(course, "=cmd|'x'", None, problems=["<img src=//evil.example/x> is missing"], recorded=False)
    return read(course)


def page(cohort):
    return render(cohort, near_identical(cohort.prints))


def soup(cohort):
    return BeautifulSoup(page(cohort), "html.parser")


class Strict(HTMLParser):
    """Fails for an element that is closed though it was not opened, or never closed."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("rect", "line"):
            assert self.open.pop() == tag


def test_the_page_asks_for_nothing_from_anywhere(five):
    text = page(read(five))
    assert not re.search(r"https?:|//|\bsrc\s*=|@import|url\(|<link|<script|<iframe|<base", text)
    assert {a["href"][0] for a in BeautifulSoup(text, "html.parser").find_all(href=True)} == {"#"}


def test_the_page_forbids_itself_to_load_or_run_anything(five):
    policy = soup(read(five)).find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_hostile_names_and_code_stay_text(hostile):
    found = soup(hostile)
    assert not found.find_all(["script", "img", "iframe", "style"])[1:], "only the page's own style"
    assert not [t for t in found.find_all(True) if any(name.startswith("on") or name == "src" for name in t.attrs)]
    assert "evil.example" in found.get_text(), "it is shown, as text"


def test_hostile_names_and_code_leave_the_page_well_formed(hostile):
    parser = Strict()
    parser.feed(page(hostile))
    assert parser.open == []


def test_no_character_in_a_page_acts_on_a_terminal_or_on_the_reading_direction(hostile):
    text = page(hostile)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "ann⟨1B⟩[2J⟨202E⟩evil" in text


def test_a_tag_hidden_in_tag_characters_is_shown():
    assert visible("a\U000e0041b\ufeff\tc\n") == "a⟨E0041⟩b⟨FEFF⟩\tc\n"


def test_the_page_tells_what_the_tables_hold(five):
    text = soup(read(five)).get_text(" ")
    for due in ("Double", SQUARED, "empty lists are refused", "mean 3", "Cronbach's alpha", "ann", "not a proof"):
        assert due in text, due


def test_copies_stand_side_by_side_with_the_common_part_marked(hostile):
    pairs = [cells for cells in soup(hostile).find_all("div", class_="two") if cells.find("pre")]
    assert len(pairs) == 2 * 3, "two pairs, three cells each"
    assert all("v29 = [w + 29" in mark.get_text() for mark in pairs[0].find_all("mark"))


def test_who_shares_one_solution_is_named_together(hostile):
    group = soup(hostile).find("section", id="pairs").find("li")
    assert len(group.find_all("code")) == 3


def test_where_all_have_the_same_score_the_page_says_why_there_is_no_discrimination(course):
    for name in ("ann", "bob"):
        graded(course, name, verdict())
    assert "all have the same score" in soup(read(course)).find("section", id="checks").get_text()


@pytest.mark.parametrize("result", [None, verdict((0, 0, 0))])
def test_a_cohort_of_one_or_without_a_verdict_can_be_reported(course, tmp_path, result):
    graded(course, "ann", result, b"")
    assert write_report(read(course), tmp_path / "out")[0].read_text().count("</section>") == 9


def test_the_korean_page_is_korean(five):
    set_language("ko")
    found = soup(read(five))
    assert found.html["lang"] == "ko"
    headings = [h.get_text() for h in found.find_all("h2")]
    assert all(re.search("[가-힣]", heading) for heading in headings)


def test_every_incident_of_the_judge_has_its_words():
    limits = Limits().__dict__
    for key in ("cell", "notebook", "memory", "processes", "output", "folder", "died", "protocol", "out of memory"):
        assert report.incident(key, limits)
        assert report_texts.incident(key) != key
    assert report_texts.reason("late") == gettext("no answer came in time")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_word_of_the_page_is_used_and_every_sentence_filled_in(five, language):
    set_language(language)
    words = report_texts.words({"n": 3, "max_score": 6.0}, 300, 200, 40)
    template = report_page._template().environment.loader.get_source(report_page._template().environment, "report.html.j2")[0]
    assert all(re.search(rf"\bw\.{name}\b|\"{name}\"", template) for name in words)
    assert not re.search(r"\{(?!n\})", "".join(words.values()))


def test_the_tables_come_back_from_csv_and_json(five, tmp_path):
    cohort = read(five)
    written = write_report(cohort, tmp_path, ("csv", "json"))
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert not (tmp_path / "report.html").exists()
    for name, table in tables(cohort, []).items():
        if len(table):
            assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(table) == len(content[name])
    assert len(written) == 8
    assert content["summary"]["median"] == 3.0


def test_formulas_in_names_are_harmless_in_the_tables(hostile, tmp_path):
    write_report(hostile, tmp_path, ("csv",))
    assert "'=cmd|'x'" in pd.read_csv(tmp_path / "learners.csv")["student"].tolist()


def test_many_pairs_are_cut_off_on_the_page_and_that_is_said(hostile, monkeypatch):
    monkeypatch.setattr(report_page, "LISTED", 1)
    monkeypatch.setattr(report_page, "SHOWN", 1)
    text = soup(hostile).find("section", id="pairs").get_text()
    assert "1 of 2 pairs are listed, 1 side by side" in text


@pytest.fixture
def command(monkeypatch, tmp_path):
    """``dcai report`` in an empty folder, on the tiny course."""
    from graders import cohort

    monkeypatch.setattr(cohort.read_cohort, "__defaults__", (tiny_course.LOADER,))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["report", "tiny", "--course", "labs", *arguments])


def test_the_command_writes_report_and_exports(five, command, tmp_path):
    done = command("--language", "ko", "--canvas", "canvas.csv", "--moodle", "moodle.csv")
    assert done.exit_code == 0, done.output
    assert "채점 보고서" in (tmp_path / "build/reports/tiny/report.html").read_text(encoding="utf-8")
    assert (tmp_path / "canvas.csv").exists()
    assert (tmp_path / "moodle.csv").exists()


def test_the_command_writes_one_format_where_asked(five, command, tmp_path):
    assert command("--format", "html", "--out", "here").exit_code == 0
    assert [p.name for p in (tmp_path / "here").iterdir()] == ["report.html"]


@pytest.mark.parametrize("arguments", [("--format", "pdf"), ("--language", "fr")])
def test_the_command_refuses_what_it_does_not_know(five, command, arguments):
    assert command(*arguments).exit_code == 2


def test_the_command_says_what_to_do_where_nothing_was_graded(course, command):
    assert command().exit_code == 2
