"""The query interfaces of the embedded web answer as the real services do."""

import json
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup

from datacentric_helpers import web
from datacentric_helpers.web.licences import DEEDS

OPENVERSE, COMMONS = "http://api.test/v1/images/", "http://api.test/w/api.php"
BING, GOOGLE = "http://api.test/images/search", "http://api.test/search"
FILES = {"action": "query", "format": "json", "generator": "search", "gsrnamespace": 6, "prop": "imageinfo", "iiprop": "url|extmetadata"}


@pytest.fixture(scope="module")
def site():
    with web.serve("full", seed=3) as opened:
        yield opened


@pytest.fixture(scope="module")
def truth(site):
    return {p["url"]: p for p in site.truth()}


@pytest.fixture(scope="module")
def ask(site):
    with web.session() as session:
        yield lambda url, **query: session.get(url, params=query)


def test_openverse_answers_with_its_fields(ask, truth):
    page = ask(OPENVERSE, q="cat").json()
    assert {"result_count", "page_count", "page_size", "page", "results"} == page.keys()
    for result in page["results"]:
        picture = truth[result["url"]]
        assert result["license_url"] == DEEDS[picture["licence"]]
        assert (result["creator"], result["foreign_landing_url"]) == (picture["author"], picture["page"])
        assert {"id", "title", "license", "license_version", "thumbnail", "detail_url", "attribution", "tags"} <= result.keys()
        assert ask(result["detail_url"]).json()["url"] == result["url"]
        assert {tag["name"] for near in ask(result["related_url"]).json()["results"] for tag in near["tags"]} == {"cat", "animal", "face"}
        assert ask(result["thumbnail"]).headers["Content-Type"].startswith("image/")


@pytest.mark.parametrize(("query", "codes"), [
    ({"license": "by,cc0"}, {"by", "cc0"}), ({"license_type": "commercial"}, {"by", "by-sa", "by-nd", "cc0", "pdm"}),
    ({"license_type": "commercial,modification"}, {"by", "by-sa", "cc0", "pdm"}), ({"license": "BY", "license_type": "all-cc"}, {"by"}),
    ({}, {"by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd", "cc0", "pdm"}),
])
def test_openverse_filters_licences(ask, query, codes):
    found, number = [], 1
    while results := ask(OPENVERSE, page=number, **query).json().get("results"):
        found += [r["license"] for r in results]
        number += 1
    assert set(found) == codes


def test_openverse_sends_on_from_the_address_without_a_slash(ask):
    sent = ask(OPENVERSE.rstrip("/"), q="cat", page_size=3)
    assert [reply.status_code for reply in sent.history] == [301]
    assert sent.json() == ask(OPENVERSE, q="cat", page_size=3).json()


def test_the_examples_on_the_front_page_find_something(ask):
    links = BeautifulSoup(ask("http://api.test/").text, "html.parser").main("a")
    found = [ask(urljoin("http://api.test/", link["href"])).text for link in links]
    assert len(found) == 4
    assert all(".jpg" in text for text in found)


def test_openverse_counts_pages_from_one(ask):
    first, second = (ask(OPENVERSE, page=n, page_size=7).json() for n in (1, 2))
    assert (first["page"], second["page"], len(first["results"])) == (1, 2, 7)
    assert not {r["id"] for r in first["results"]} & {r["id"] for r in second["results"]}


@pytest.mark.parametrize(("query", "status", "words"), [
    ({"license": "by-xx"}, 400, "does not exist"), ({"license_type": "free"}, 400, "does not exist"), ({"page_size": 50}, 401, "20"),
    ({"page": 0}, 400, "greater than"), ({"page": "x"}, 400, "integer"), ({"page": 21}, 400, "less than"),
    ({"li": "by"}, 400, "deprecated"),
])
def test_openverse_refuses_what_it_does_not_know(ask, query, status, words):
    reply = ask(OPENVERSE, **query)
    assert reply.status_code == status
    assert words in reply.text


def test_commons_describes_files_with_extmetadata(ask, truth):
    answer = ask(COMMONS, **FILES, gsrsearch="texture", gsrlimit=5).json()
    assert len(answer["query"]["pages"]) == 5
    for entry in answer["query"]["pages"].values():
        info = entry["imageinfo"][0]
        picture, described = truth[info["url"]], info["extmetadata"]
        assert entry["title"].startswith("File:")
        assert info["descriptionurl"] == picture["page"]
        assert picture["author"] in BeautifulSoup(described["Artist"]["value"], "html.parser").get_text()
        if picture["licence"] != "PDM-1.0":
            assert described["LicenseUrl"]["value"] + "/" == DEEDS[picture["licence"]]


def test_commons_goes_on_where_it_says(ask):
    seen, more = [], {}
    while True:
        answer = ask(COMMONS, **FILES, gsrsearch="space", gsrlimit=4, **more).json()
        seen += answer["query"]["pages"]
        if "continue" not in answer:
            break
        more = {"gsroffset": answer["continue"]["gsroffset"]}
    assert len(seen) == len(set(seen)) > 4


@pytest.mark.parametrize(("keyword", "licences"), [
    ("attribution", {"CC-BY-4.0"}), ("attribution-same-license", {"CC-BY-SA-4.0"}), ("unrestricted", {"CC0-1.0", "PDM-1.0"}),
    ("attribution|unrestricted", {"CC-BY-4.0", "CC0-1.0", "PDM-1.0"}),
])
def test_commons_knows_the_keyword_of_its_licence_filter(ask, truth, keyword, licences):
    answer = ask(COMMONS, **FILES, formatversion=2, gsrsearch=f"haslicense:{keyword}", gsrlimit=500).json()
    assert {truth[entry["imageinfo"][0]["url"]]["licence"] for entry in answer["query"]["pages"]} == licences


def test_commons_finds_no_files_outside_their_namespace_and_names_errors(ask):
    assert "query" not in ask(COMMONS, **{**FILES, "gsrnamespace": 0}, gsrsearch="cat").json()
    assert ask(COMMONS, format="json", action="query", generator="search").json()["error"]["code"] == "missingparam"
    assert ask(COMMONS, format="json", action="fly").json()["error"]["code"] == "badvalue"
    assert ask(COMMONS, **{**FILES, "format": "jsonfm"}, gsrsearch="cat").headers["Content-Type"].startswith("text/html")


def shown_by_bing(reply):
    return [json.loads(link["m"])["murl"] for link in BeautifulSoup(reply.text, "html.parser")("a", class_="iusc")]


@pytest.mark.parametrize(("qft", "licences"), [
    ("+filterui:license-L2_L3", {"CC-BY-4.0", "CC-BY-SA-4.0"}), ("+filterui:license-L1", {"CC0-1.0", "PDM-1.0"}),
    ("+filterui:photo-photo+filterui:license-L7", {"CC-BY-NC-ND-4.0"}),
])
def test_bing_filters_by_what_the_pages_claim(ask, truth, qft, licences):
    found = [truth[url] for url in shown_by_bing(ask(BING, qft=qft, count=150))]
    assert {p["claimed"] for p in found} == licences
    assert {p["licence"] for p in found} == licences | {""}, "the filter believes statements that others contradict"


def test_bing_counts_results_from_one_and_takes_the_plus_as_typed(ask):
    first, next_page = (shown_by_bing(ask(BING, q="space", count=5, first=n)) for n in (1, 6))
    assert len(first) == 5
    assert not set(first) & set(next_page)
    assert shown_by_bing(ask(BING + "?q=space&qft=+filterui:license-L2")) == shown_by_bing(ask(BING, q="space", qft="+filterui:license-L2"))


def shown_by_google(reply):
    links = BeautifulSoup(reply.text, "html.parser").select("div.isv-r img")
    return [image["src"] for image in links]


@pytest.mark.parametrize("tbs", ["il:cl", "sur:cl", "isz:l,il:cl"])
def test_google_knows_only_creative_commons_or_not(ask, truth, tbs):
    found, start = [], 0
    while shown := shown_by_google(ask(GOOGLE, tbm="isch", tbs=tbs, start=start)):
        found += shown
        start += 20
    assert "ARR" not in {truth[url]["claimed"] for url in found}
    assert len({truth[url]["claimed"] for url in found}) == 8


def test_google_shows_reserved_pictures_where_asked(ask, truth):
    assert {truth[url]["claimed"] for url in shown_by_google(ask(GOOGLE, tbm="isch", tbs="il:ol"))} == {"ARR"}


def test_no_interface_knows_what_robots_may_not_fetch(ask, truth):
    closed = {p["url"] for p in truth.values() if not p["robots"]}
    assert closed
    for number in range(1, 20):
        assert not closed & {r["url"] for r in ask(OPENVERSE, page=number).json()["results"]}
