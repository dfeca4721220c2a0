"""Build the learners' workbook: public cases, labs without solutions, one folder and one zip for each language.

The release is made once for each state of the inputs and kept under ``OUT/.release``; a build without changes only
compares. What a learner wrote into ``OUT/workbook`` stays (see ``graders.workbook.lay``).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from datacentric_helpers.i18n import LANGUAGES
from datacentric_helpers.i18n import gettext as _
from graders.workbook.course import Course
from graders.workbook.files import tree, write_atomic
from graders.workbook.lay import lay
from graders.workbook.marker import intact

__all__ = ["BuildResult", "build"]

CASES, NOTICES = "cases", "notices.json"
STALE = 3600.0  # seconds: a folder that an interrupted build left


@dataclass(frozen=True)
class BuildResult:
    """What a build made: a folder and a zip for each language, notices for people, and whether the release was made anew."""

    folders: dict[str, Path]
    zips: list[Path]
    notices: list[str]
    rebuilt: bool


def build(out: Path = Path("build"), languages: Sequence[str] = LANGUAGES, course: Course | None = None) -> BuildResult:
    """Bring ``out/workbook/LANGUAGE`` and ``out/workbook-LANGUAGE.zip`` up to the course's present state.

    Raises ValueError for an unknown language, for an assignment that nbgrader refuses and where the result would give
    anything away; FileNotFoundError where a part of the course is missing. Nothing in ``out/workbook`` has changed then.
    """
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        raise ValueError(_("languages are some of {known}, got {unknown}").format(known=", ".join(LANGUAGES), unknown=unknown))
    course, out = course or Course(), out.resolve()
    release, rebuilt = _release(course, out / ".release")
    _refresh(release / CASES, course.helpers / CASES, "*.msgpack")
    told = json.loads((release / NOTICES).read_bytes())
    notices = [notice for language in languages for notice in told[language]]
    folders = {language: out / "workbook" / language for language in languages}
    for language, folder in folders.items():
        notices += lay(release / language, folder)
        _refresh(release, out, f"workbook-{language}.zip")
    return BuildResult(folders, [out / f"workbook-{language}.zip" for language in languages], notices, rebuilt)


def _release(course: Course, store: Path) -> tuple[Path, bool]:
    """The release of the course's present state, and whether it had to be made. Older ones go."""
    store.mkdir(parents=True, exist_ok=True)
    release = store / course.state()
    made = not all(intact(release / language) for language in LANGUAGES)
    if made:
        shutil.rmtree(release, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="tmp-", dir=store) as name:
            _make(course, Path(name) / "new")
            os.rename(Path(name) / "new", release)
    for old in store.iterdir():
        if old != release and (not old.name.startswith("tmp-") or time.time() - old.stat().st_mtime > STALE):
            shutil.rmtree(old, ignore_errors=True)
    return release, made


def _make(course: Course, release: Path) -> None:
    """Make cases, editions and zips of the course in the folder ``release``, and search them for leaks."""
    from graders import cases  # these take seconds to import, and a build without changes needs none of them
    from graders.workbook.leaks import leaks
    from graders.workbook.release import release_labs, write_edition

    (release / CASES).mkdir(parents=True)
    for assignment in course.exercises:
        cases.ship(assignment, release / CASES)
    release_labs(course, release / "labs")
    notices = {}
    for language in LANGUAGES:
        folder = release / language
        notices[language] = write_edition(course, language, release / "labs", release / CASES, folder)
        found = leaks(folder, course)
        if found:
            raise ValueError(_("the {language} edition would give away what learners must not see:\n{leaks}").format(
                language=language, leaks="\n".join(found)))
        (release / f"workbook-{language}.zip").write_bytes(_zipped(folder, f"workbook-{language}"))
    (release / NOTICES).write_text(json.dumps(notices), encoding="utf-8")


def _refresh(origin: Path, target: Path, pattern: str) -> None:
    """Copy the files that match ``pattern``, each whole or not at all, where they differ."""
    for path in origin.glob(pattern):
        data = path.read_bytes()
        if not (target / path.name).is_file() or (target / path.name).read_bytes() != data:
            write_atomic(target / path.name, data)


def _zipped(folder: Path, top: str) -> bytes:
    """``folder`` as a zip, under the folder name ``top``: the same bytes for the same content, whenever it is made."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in tree(folder):
            entry = zipfile.ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system = 0o100644 << 16, 3
            archive.writestr(entry, path.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
