"""RFC 9309's own table of patterns, and the notebook's class against Protego on hundreds of drawn files."""

import numpy as np
import pytest

from graders.exercises.lab_3_3_crawling import robots_rules
from tests.graders.course import answer, solution

AGENT = "dcai-crawler/1.0"
PARTS = ["a", "b", "img", "*", "a*", "*.gif$", "~a", "%7Ea", "가", "%EA%B0%80", "a%2Fb"]  # no "x$y": Protego counts it longer than it is
ASKED = ["a", "b", "img", "x.gif", "~a", "%7ea", "가", "%ea%b0%80", "a%2fb", "a?q=1", "x$y"]


@pytest.fixture(scope="module")
def solved():
    return answer("lab_3_3_crawling", "robots_rules", solution("lab_3_3_crawling", "robots_rules"))


@pytest.mark.parametrize(("pattern", "path", "matches"), [  # 2.2.2 and 2.2.3 of RFC 9309
    ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True), ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", True),
    ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True), ("/foo/bar/%E3%83%84", "/foo/bar/ツ", True),
    ("/foo/bar/%62%61%7A", "/foo/bar/baz", True), ("/this/path/exactly$", "/this/path/exactly", True),
    ("/this/path/exactly$", "/this/path/exactly/not", False), ("/this/*/exactly", "/this/any/path/exactly", True),
])
def test_the_standards_examples(solved, pattern, path, matches):
    assert solved(f"User-agent: *\nDisallow: {pattern}\n", AGENT, [path]) == [None, not matches]
    assert robots_rules.reference(f"User-agent: *\nDisallow: {pattern}\n", AGENT, [path]) == [None, not matches]


@pytest.mark.parametrize("seed", range(20))
def test_hundreds_of_drawn_files_are_read_as_protego_reads_them(solved, seed):
    rng = np.random.default_rng(seed)
    for _ in range(25):
        text = robots_rules.some_rules(rng, ["*", "dcai-crawler", "dcai-crawler", "other"], PARTS, ["Allow", "Disallow"])
        paths = robots_rules.some_paths(rng, ASKED, 12)
        assert solved(text, AGENT, paths) == robots_rules.reference(text, AGENT, paths), text
