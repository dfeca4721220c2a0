"""Requests are compared by what they ask for, not by how they are written."""

import pytest

from datacentric_helpers.request_rubric import judge_request

DUE = "https://a.test/x?license=by,cc0&page=2&qft=%2Bfilterui:license-L2_L3"


@pytest.mark.parametrize("got", [
    DUE, "https://A.test/x?page=2&license=cc0,by&qft=filterui:license-L2_L3",
    {"url": "https://a.test/x", "params": {"page": 2, "license": "cc0,by", "qft": "+filterui:license-L2_L3"}},
    {"url": "https://a.test/x?page=2", "params": {"license": "by,cc0", "qft": "+filterui:license-L2_L3"}},
])
def test_the_same_request_written_differently_is_the_same(got):
    assert judge_request(DUE, got) is None


@pytest.mark.parametrize(("got", "told"), [
    (DUE.replace("a.test", "b.test"), "another address was due; https://b.test/x came"),
    (DUE.replace("&page=2", ""), "these parameters are missing: page"),
    (DUE + "&start=1", "these parameters are too many: start"),
    (DUE.replace("by,cc0", "by,by-nc"), "the parameter license has another value: by,by-nc"),
    (DUE.replace("L2_L3", "L2"), "the parameter qft has another value: filterui:license-L2"),
    (None, 'an address (str) or a dict with "url" and "params" was due, a NoneType came'),
    ({"url": "https://a.test/x", "params": [1]}, 'an address (str) or a dict with "url" and "params" was due, a dict came'),
])
def test_what_differs_is_told(got, told):
    assert judge_request(DUE, got) == told
