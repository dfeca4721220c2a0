"""The embedded web: what it serves is what its truth says, its faults and traps are there, and nothing of it is left behind."""

import hashlib
import json
import socket
import threading
import time
from io import BytesIO
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import requests
from bs4 import BeautifulSoup
from PIL import Image, IptcImagePlugin
from protego import Protego

from datacentric_helpers import web
from datacentric_helpers.judge_client import VARIABLE
from datacentric_helpers.web import server
from datacentric_helpers.web.licences import CC, DEEDS
from datacentric_helpers.web.model import address

SMALL = [name for name in web.SITES if name != "full"]
BROKEN = {"http://photos.test/media/endless.jpg", "http://photos.test/media/fake.jpg", "http://photos.test/media/lost.jpg"}


@pytest.fixture
def session():
    with web.session() as made:
        yield made


def rules(session, host):
    """The rules of ``host`` as an independent library reads them, after RFC 9309's account of answers that are no file."""
    reply = session.get(f"http://{host}/robots.txt")
    if reply.status_code >= 500:
        return Protego.parse("User-agent: *\nDisallow: /")
    return Protego.parse("" if reply.status_code >= 400 else reply.content.decode("utf-8-sig"))


def patient(session, url):
    """What ``url`` answers in the end: asked again after an error of the server's, cut off where it does not end."""
    for _attempt in range(3):
        reply = session.get(url, stream=True, timeout=5)
        if reply.status_code not in (429, 500, 503):
            break
        reply.close()
        time.sleep(float(reply.headers.get("Retry-After", 0)))
    body, start = b"", time.monotonic()
    for piece in reply.iter_content(4096):
        body += piece
        if len(body) > 200_000 or time.monotonic() - start > 0.8:
            break
    reply.close()
    return reply, body


def walk(site, session, depth=8):
    """The addresses of all pictures on the pages that can be reached from home, rules obeyed, and those of the pages."""
    known, seen, pictures, todo = {}, {site.home}, {}, [(site.home, 0)]
    while todo:
        url, far = todo.pop(0)
        host = urlsplit(url).netloc
        known.setdefault(host, None) or known.update({host: rules(session, host)})
        if not known[host].can_fetch(url, web.AGENT):
            continue
        try:
            reply, body = patient(session, url)
        except requests.TooManyRedirects:
            continue
        if reply.status_code != 200 or not reply.headers["Content-Type"].startswith("text/html"):
            continue
        page = BeautifulSoup(body, "html.parser")
        for image in page("img"):
            pictures.setdefault(urljoin(reply.url, image["src"]), reply.url)
        for link in page("a", href=True):
            target = urldefrag(urljoin(reply.url, link["href"]))[0].split("?sid=")[0]
            if urlsplit(target).netloc.endswith(".test") and target not in seen and far < depth:
                seen.add(target)
                todo.append((target, far + 1))
    return pictures, known


@pytest.mark.parametrize("name", web.SITES)
def test_a_seed_makes_the_same_web_again_and_another_seed_another(name):
    first, again, other = (server.Site(name, seed).world for seed in (4, 4, 5))
    assert [p.truth() for p in first.pictures[:20]] == [p.truth() for p in again.pictures[:20]]
    assert first.resources.keys() == again.resources.keys()
    assert {p.url for p in first.pictures} != {p.url for p in other.pictures}


@pytest.mark.parametrize("name", SMALL)
def test_every_picture_that_may_be_fetched_is_reached_from_home_and_no_other(name, session):
    with web.serve(name, seed=11) as site:
        found, known = walk(site, session)
        truth = {address(p["url"]): p for p in site.truth()}
        for url, picture in truth.items():
            allowed = [known[urlsplit(u).netloc].can_fetch(u, web.AGENT) for u in (url, address(picture["page"]))]
            assert picture["robots"] == all(allowed), url
    due = {url for url, picture in truth.items() if picture["robots"]}
    assert due <= found.keys()
    assert found.keys() - truth.keys() == (BROKEN if name == "faults" else set())


def test_the_rules_that_a_site_tells_are_those_that_it_serves(session):
    with web.serve("robots", seed=3) as site:
        for host in ("photos.test", "blog.test", "news.test", "mirror.test", "museum.test"):
            served, told = rules(session, host), Protego.parse(site.robots[host])
            for picture in site.truth():
                if urlsplit(picture["url"]).netloc == host:
                    assert served.can_fetch(address(picture["url"]), web.AGENT) == told.can_fetch(address(picture["url"]), web.AGENT)
        assert {host: rules(session, host).crawl_delay(web.AGENT) for host in site.delays} == site.delays


@pytest.mark.parametrize("name", web.SITES)
def test_files_are_the_pictures_of_the_truth(name, session):
    with web.serve(name, seed=2) as site:
        for picture in site.truth()[::9]:
            data = session.get(picture["url"]).content
            data = data if len(data) > 100 else session.get(picture["url"]).content  # a file that fails the first time
            assert hashlib.sha256(data).hexdigest() == picture["sha256"]
            assert Image.open(BytesIO(data)).size > (50, 40)


def test_every_way_to_state_a_licence_occurs_and_says_what_the_truth_says(session):
    ways = set()
    with web.serve("licences", seed=6) as site:
        for picture in site.truth():
            ways.update(picture["stated"])
            page, data = session.get(picture["page"]).text, session.get(picture["url"]).content
            deed = DEEDS.get(picture["licence"], "https://creativecommons.org/").split(":")[1].rstrip("/")
            if set(picture["stated"]) & {"link", "head", "rdfa", "jsonld"}:
                assert deed in page
            if "xmp" in picture["stated"] and picture["licence"]:
                assert f'rdf:resource="{DEEDS[picture["licence"]]}"' in Image.open(BytesIO(data)).info["xmp"].decode()
            if "iptc" in picture["stated"]:
                notice = IptcImagePlugin.getiptcinfo(Image.open(BytesIO(data)))[2, 116].decode()
                assert picture["author"] in notice
                assert DEEDS[picture["licence"]] in notice
    assert ways == {"link", "head", "rdfa", "jsonld", "xmp", "iptc", "caption", "footer"}


def test_statements_that_contradict_each_other_come_to_nothing():
    truth = web.truth("licences", seed=1)
    contradicted = [p for p in truth if p["stated"] and not p["licence"]]
    assert {tuple(p["stated"]) for p in contradicted} == {("caption", "footer"), ("link", "xmp"), ("jsonld", "link")}
    assert all(p["claimed"] in CC for p in contradicted)
    assert {p["licence"] for p in truth} > {"", "ARR"}


def test_json_ld_is_an_image_object(session):
    with web.serve("licences", seed=1) as site:
        picture = next(p for p in site.truth() if p["stated"] == ["jsonld"])
        script = BeautifulSoup(session.get(picture["page"]).text, "html.parser").find("script", type="application/ld+json")
    described = json.loads(script.string)
    assert described["@type"] == "ImageObject"
    assert (described["contentUrl"], described["license"]) == (picture["url"], DEEDS[picture["licence"]])
    assert described["creator"]["name"] == picture["author"]


def test_a_busy_server_says_how_long_to_wait_and_answers_then(session):
    with web.serve("faults") as site:
        page = next(p["page"] for p in site.truth() if p["fault"] == "429")
        first, soon = session.get(page), session.get(page)
        assert (first.status_code, soon.status_code, first.headers["Retry-After"]) == (429, 429, "1")
        site.site.started -= 1.1  # as if that time had passed
        assert session.get(page).status_code == 200


def test_an_ill_server_recovers(session):
    with web.serve("faults") as site:
        page = next(p["page"] for p in site.truth() if p["fault"] == "500" and session.get(p["page"]).status_code == 500)
        assert session.get(page).status_code == 200
        assert [entry["status"] for entry in site.log][-2:] == [500, 200]


def test_redirects_lead_on_loop_or_never_end(session):
    with web.serve("faults"):
        assert [r.status_code for r in session.get("http://photos.test/hop/1").history] == [307] * 4
        away = session.get("http://photos.test/go/elsewhere")
        assert urlsplit(away.url).netloc == "archive.test"
        for path in ("loop/a", "loop/self", "loop/grow"):
            with pytest.raises(requests.TooManyRedirects):
                session.get(f"http://photos.test/{path}")


@pytest.mark.parametrize(("path", "status"), [("nowhere", 404), ("gone", 410), ("media/lost.jpg", 404)])
def test_what_is_not_there_says_so(session, path, status):
    with web.serve("faults"):
        assert session.get(f"http://photos.test/{path}").status_code == status


def test_labels_may_be_wrong(session):
    with web.serve("faults") as site:
        typed = next(p for p in site.truth() if p["fault"] == "type")
        assert session.get(typed["url"]).headers["Content-Type"] == "text/html; charset=utf-8"
        fake = session.get("http://photos.test/media/fake.jpg")
        assert (fake.headers["Content-Type"], fake.content[:9]) == ("image/jpeg", b"<!doctype")
        kinds = []
        for picture in (p for p in site.truth() if p["fault"] == "charset"):
            reply = session.get(picture["page"])
            assert picture["author"] in reply.content.decode("euc-kr")
            kinds.append(reply.headers["Content-Type"])
    assert kinds == ["text/html; charset=euc-kr", "text/html; charset=utf-8", "text/html"]


@pytest.mark.parametrize("path", ["endless/log", "endless/drip", "media/endless.jpg"])
def test_a_body_without_end_ends_when_the_client_leaves(session, path):
    with web.serve("faults") as site:
        reply = session.get(f"http://photos.test/{path}", stream=True, timeout=5)
        assert len(next(reply.iter_content(20))) == 20
        reply.close()
        assert session.get(site.home).status_code == 200


def test_closing_cuts_off_what_is_still_being_sent(session, capfd):
    with web.serve("faults"):
        reply = session.get("http://photos.test/endless/drip", stream=True, timeout=5)
        next(reply.iter_content(20))
    assert capfd.readouterr().err == ""
    reply.close()


def test_the_calendar_and_the_maze_go_on_and_session_ids_never_repeat(session):
    with web.serve("traps") as site:
        url = "http://photos.test/calendar"
        for _step in range(30):
            url = urljoin(url, BeautifulSoup(session.get(url).text, "html.parser").find("a", string="Next month")["href"])
        assert url.endswith("year=2028&month=7")
        assert session.get("http://photos.test/maze/" + "deeper/" * 20).status_code == 200
        lists = [session.get("http://photos.test/items/").text for _visit in range(5)]
        assert len(set(lists)) == 5
        item = next(p for p in site.truth() if p["page"].startswith("http://photos.test/items/"))
        assert session.get(item["page"] + "?sid=whatever").status_code == 200


def test_copies_are_the_same_bytes_and_near_copies_are_not():
    by_url = {p["url"]: p for p in web.truth("traps", seed=9)}
    copies = [p for p in by_url.values() if p["duplicate_of"]]
    near = [p for p in by_url.values() if p["near_duplicate_of"]]
    assert (len(copies), len(near)) == (4, 4)
    assert all(p["sha256"] == by_url[p["duplicate_of"]]["sha256"] for p in copies)
    assert all(p["sha256"] != by_url[p["near_duplicate_of"]]["sha256"] for p in near)
    assert all(p["licence"] == by_url[p["duplicate_of"] or p["near_duplicate_of"]]["licence"] for p in copies + near)


def test_the_blog_is_in_korean_in_euc_kr_and_has_a_feed(session):
    with web.serve("full", seed=1):
        home = session.get("http://blog.test/")
        assert (home.encoding, "사진 일기" in home.text) == ("euc-kr", True)
        feed = ElementTree.fromstring(session.get("http://blog.test/feed.xml").content)
        items = feed.findall("channel/item")
        assert len(items) == 36
        assert session.get(items[0].findtext("guid")).status_code == 200


def test_sitemaps_list_pages_that_are_there(session):
    with web.serve("robots", seed=1) as site:
        listed = ElementTree.fromstring(session.get("http://photos.test/sitemap.xml").content)
        urls = [loc.text for loc in listed.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
        assert len(urls) > 8
        assert all(session.get(url).status_code == 200 for url in urls)
        closed = {address(p["page"]) for p in site.truth() if not p["robots"]}
        assert not closed & set(urls)


def test_the_full_web_has_several_hundred_pages_on_many_hosts():
    site = server.Site("full", 0)
    assert sum(len(listed) for listed in site.world.listed.values()) > 400
    assert len(site.world.hosts) >= 15


def test_about_names_the_real_licence_of_every_photograph(session):
    with web.serve("gallery"):
        text = BeautifulSoup(session.get("http://photos.test/about").text, "html.parser").get_text()
    for words in ("Lav Varshney", "CC BY 2.0", "danielbuechele", "vultilion", "no known restrictions", "가상의 인물"):
        assert words in text


def test_requests_are_logged_in_order_with_what_the_contract_names(session):
    with web.serve("gallery") as site:
        session.get("http://photos.test/gallery?page=2")
        session.head("http://photos.test/about", headers={"User-Agent": "somebody/2"})
        session.post("http://photos.test/about")
        assert [list(entry) for entry in site.log] == [["at", "host", "method", "path", "status", "agent"]] * 3
        assert [(e["method"], e["path"], e["status"], e["agent"]) for e in site.log] == [
            ("GET", "/gallery?page=2", 200, "dcai-crawler/1.0"), ("HEAD", "/about", 200, "somebody/2"),
            ("POST", "/about", 405, "dcai-crawler/1.0"),
        ]
        assert sorted(e["at"] for e in site.log) == [e["at"] for e in site.log]


def test_a_full_log_refuses_further_requests_and_loses_none(session, monkeypatch):
    monkeypatch.setattr(server, "LOG_LIMIT", 2)
    with web.serve("gallery") as site:
        assert [session.get(site.home).status_code for _request in range(4)] == [200, 200, 503, 503]
        assert len(site.log) == 2


def test_the_log_keeps_the_beginning_of_long_names_and_paths(session):
    with web.serve("gallery") as site:
        session.get("http://photos.test/" + "x" * 5000, headers={"User-Agent": "y" * 5000})
        session.request("Z" * 5000, f"http://{'a.' * 500}test/")
        assert [len(str(value)) for entry in site.log for name, value in entry.items() if name in ("path", "agent")] == [500, 500, 1, 16]
        assert (len(site.log[1]["method"]), len(site.log[1]["host"])) == (500, 500)


def test_connections_are_counted(monkeypatch):
    monkeypatch.setattr(server, "CONNECTIONS", 2)
    with web.serve("gallery") as site:
        held = [socket.create_connection(("127.0.0.1", site.port), timeout=5) for _client in range(3)]
        for connection in held:
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: photos.test\r\n\r\n")
        assert sorted(told(connection)[:12] for connection in held) == [b"", b"HTTP/1.1 200", b"HTTP/1.1 200"]
        for connection in held:
            connection.close()


def told(connection):
    """The first bytes of an answer; none where the connection was closed."""
    try:
        return connection.recv(100)
    except ConnectionResetError:
        return b""


def test_a_browser_gets_links_for_the_name_that_it_came_by(session):
    with web.serve("robots") as site:
        here = f"http://127.0.0.1:{site.port}/"
        named = {"Host": f"photos.localhost:{site.port}"}
        assert f'href="http://blog.localhost:{site.port}/"' in requests.get(here + "neighbours", headers=named).text
        assert requests.get(here, allow_redirects=False).headers["Location"] == site.browser_address
        assert site.log[0]["host"] == "photos.test"
        assert ".localhost" not in session.get("http://photos.test/neighbours").text


def test_nothing_is_left_behind():
    before = set(threading.enumerate())
    with web.serve("gallery") as site, web.session() as session:
        session.get(site.home)
    assert set(threading.enumerate()) == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", site.port)) != 0
    site.close()  # a second time does nothing


def test_a_session_goes_to_the_site_opened_last(session):
    with web.serve("gallery", seed=1) as outer:
        with web.serve("traps", seed=1) as inner:
            assert "Calendar" in session.get(inner.home).text
        assert "Gallery" in session.get(outer.home).text
    with pytest.raises(requests.ConnectionError, match=r"web\.serve"):
        session.get(outer.home)


def test_a_case_of_the_judge_goes_before_the_site_that_a_notebook_has_open(session, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "judge"))
    with web.serve("gallery", seed=1) as own:
        assert session.get(own.home).status_code == 200  # between two cases
        (tmp_path / "web").touch()  # nobody answers there: it is asked all the same
        with pytest.raises(requests.ConnectionError):
            session.get(own.home)
        assert len(own.log) == 1


@pytest.mark.parametrize("url", ["https://photos.test/", "http://photos.test:8080/"])
def test_only_http_on_its_own_port_is_spoken(session, url):
    with web.serve("gallery"), pytest.raises(requests.ConnectionError, match="port 80"):
        session.get(url)


def test_what_is_not_of_this_web_goes_to_the_real_network(session):
    with web.serve("gallery") as site, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens there
        with pytest.raises(requests.ConnectionError, match="refused"):
            session.get(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        assert not site.log


@pytest.mark.parametrize(("name", "seed", "words"), [
    ("museum", 0, "gallery"), ("full", "x", "whole number"), ("full", True, "whole number"),
])
def test_a_wrong_name_or_seed_is_refused_by_name(name, seed, words):
    with pytest.raises(ValueError, match=words):
        web.serve(name, seed=seed)


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_a_port_that_no_computer_has_is_refused(port):
    with pytest.raises(ValueError, match="65535"):
        web.serve("gallery", port=port)


def test_a_port_in_use_is_refused():
    with web.serve("gallery") as site, pytest.raises(OSError, match="in use"):
        web.serve("gallery", port=site.port)


def test_the_command_shows_the_address_and_the_requests(monkeypatch, capsys):
    from datacentric_helpers import cli

    opened = []
    monkeypatch.setattr(cli.webbrowser, "open", opened.append)

    def stop(_seconds):
        with web.session() as session:
            session.get("http://photos.test/gallery")
        monkeypatch.setattr(cli.time, "sleep", interrupt)

    def interrupt(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.time, "sleep", stop)
    cli.web("gallery", seed=1, port=0, browser=True)
    out = capsys.readouterr().out
    assert opened[0] in out
    assert "200  GET http://photos.test/gallery" in out
