"""Is a request the one that was due? Compared by address and parameters, whatever the order in which they are written.

A request is ``{"url": address, "params": {name: value}}``, or one address that carries its parameters. Lists within a value
(separated by commas or bars) are compared without order as well; in Bing's ``qft`` a leading plus or space means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from datacentric_helpers.i18n import gettext as _

__all__ = ["judge_request"]

LISTS = {"license": ",", "license_type": ",", "iiprop": "|", "prop": "|"}


def judge_request(expected: Any, got: Any) -> str | None:
    """None where ``got`` asks for what ``expected`` asks for, otherwise what differs.

    >>> judge_request("http://a.test/?x=1&license=by,cc0", {"url": "http://a.test/", "params": {"license": "cc0,by", "x": 1}})
    >>> judge_request("http://a.test/?x=1", "http://a.test/?x=2")
    'the parameter x has another value: 2'
    """
    due, came = _parts(expected), _parts(got)
    if came is None or due is None:
        return _("an address (str) or a dict with \"url\" and \"params\" was due, a {came} came").format(came=type(got).__name__)
    if due[0] != came[0]:
        return _("another address was due; {came} came").format(came=came[0])
    missing, extra = sorted(due[1].keys() - came[1].keys()), sorted(came[1].keys() - due[1].keys())
    if missing:
        return _("these parameters are missing: {names}").format(names=", ".join(missing))
    if extra:
        return _("these parameters are too many: {names}").format(names=", ".join(extra))
    differing = sorted(name for name in due[1] if due[1][name] != came[1][name])
    if not differing:
        return None
    return _("the parameter {name} has another value: {came}").format(name=differing[0], came=_joined(differing[0], came[1][differing[0]]))


def _parts(request: Any) -> tuple[str, dict[str, list[str]]] | None:
    """The address without its query, and each parameter's values."""
    if isinstance(request, Mapping):
        url, params = request.get("url"), request.get("params", {})
        if not isinstance(params, Mapping):
            return None
    else:
        url, params = request, {}
    if not isinstance(url, str):
        return None
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *((str(name), str(value)) for name, value in params.items())]
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}", {name: _values(name, value) for name, value in pairs}


def _values(name: str, value: str) -> list[str]:
    if name == "qft":
        value = re.sub(r"^[+ ]", "", value)
    return sorted(value.split(LISTS[name])) if name in LISTS else [value]


def _joined(name: str, values: list[str]) -> str:
    return LISTS.get(name, "").join(values)
