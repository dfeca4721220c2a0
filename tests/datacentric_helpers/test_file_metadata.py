"""What a picture's file says about itself."""

import io

import pytest
from PIL import Image

from datacentric_helpers import web
from datacentric_helpers.file_metadata import metadata_text


def saved(**options):
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "JPEG", **options)
    return made.getvalue()


def test_a_file_without_metadata_says_nothing():
    assert metadata_text(saved()) == ""


def test_an_xmp_packet_is_given_as_text():
    assert metadata_text(saved(xmp="<x>저작자표시</x>".encode())) == "<x>저작자표시</x>"


@pytest.mark.parametrize("form", ["xmp", "iptc"])
def test_the_embedded_webs_statements_are_found(form):
    with web.serve("licences", seed=3) as site:
        told = next(p for p in site.truth() if p["stated"] == [form])
        text = metadata_text(web.session().get(told["url"]).content)
    assert "creativecommons.org" in text or told["licence"].split("-")[0] in text


@pytest.mark.parametrize("data", [b"", b"<!doctype html>", saved()[:200]])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ValueError, match="no picture that can be decoded"):
        metadata_text(data)
