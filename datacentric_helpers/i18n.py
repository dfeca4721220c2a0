"""Messages in the learner's language, by gettext.

English text is the message's id. Translations are the ``.po`` files under ``locale/<language>/LC_MESSAGES/``; they are read
directly, so there is no compiled catalogue to forget. The language is, in this order: what ``set_language`` was given, the
environment variable ``DCAI_LANG``, the workbook's own language, English.
"""

from __future__ import annotations

import gettext as _gettext
import io
import os
from functools import cache
from pathlib import Path

from datacentric_helpers import workbook

__all__ = ["LANGUAGES", "gettext", "language", "set_language"]

LANGUAGES = ("en", "ko")
LOCALE = Path(__file__).parent / "locale"

_chosen: str | None = None


def set_language(code: str | None) -> None:
    """Use language ``code`` ("en" or "ko") from now on; ``None`` goes back to the workbook's own.

    Raises ValueError for a language that the course does not have.
    """
    global _chosen
    if code is not None and code not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, got {code!r}")
    _chosen = code


def language() -> str:
    """The language in use, "en" or "ko".

    >>> set_language("ko"); language()
    'ko'
    >>> set_language(None)
    """
    code = _chosen or os.environ.get("DCAI_LANG")
    if code not in LANGUAGES:
        code = workbook.settings().get("language")
    return str(code) if code in LANGUAGES else "en"


def gettext(message: str, lang: str | None = None) -> str:
    """``message`` in ``lang`` (default: the language in use), or as it is where there is no translation."""
    return _catalogue(lang or language()).gettext(message) if message else ""


@cache
def _catalogue(lang: str) -> _gettext.NullTranslations:
    files = sorted((LOCALE / lang / "LC_MESSAGES").glob("*.po"))
    if not files:
        return _gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    translations: _gettext.NullTranslations | None = None
    for path in files:
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=lang))
        compiled.seek(0)
        catalogue = _gettext.GNUTranslations(compiled)
        if translations is not None:
            catalogue.add_fallback(translations)
        translations = catalogue
    assert translations is not None
    return translations
