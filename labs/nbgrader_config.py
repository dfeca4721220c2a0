"""nbgrader's settings for this course: ``nbgrader`` commands run inside ``labs/`` read this file, and so does ``dcai grade``.

Collecting what ``dcai pack`` makes. Learners hand in one archive, named

    <assignment>__<student>__<YYYY-MM-DD-HH-MM-SS>.zip        the time in UTC

which holds ``<assignment>.ipynb`` (folders around it do no harm; nor does what a learning platform puts before the name).
Put the archives into ``downloaded/<assignment>/archive/`` and run ``nbgrader zip_collect <assignment>``: notebook and time stamp
land in ``submitted/<student>/<assignment>/``; of several archives by one learner the latest counts.
"""

from pathlib import Path
from typing import Any

from graders.record import AUTOGRADE_PREPROCESSORS

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader puts it here)
here = Path(__file__).resolve().parent

c.CourseDirectory.course_id = "datacentric"
c.CourseDirectory.root = str(here)
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", ".*", "*.ko.md"]
c.Exchange.root = str(here / "exchange")
(here / "exchange").mkdir(exist_ok=True)  # nbgrader and formgrader ask for it before they write anything

# What learners get in the place of a solution.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = ""

# Judged in the sandbox instead of run in the open; broken submissions are read as far as they can be.
c.Autograde.exporter_class = "graders.record.AssemblingExporter"
c.Autograde.autograde_preprocessors = AUTOGRADE_PREPROCESSORS

c.ZipCollectApp.collector_plugin = "graders.record.PackCollector"
c.FileNameCollectorPlugin.named_regexp = (
    r".*[\\/][^\\/]*?(?P<assignment>[A-Za-z]\w*?)__(?P<student_id>[^\\/]+?)__(?P<timestamp>\d{4}(?:-\d\d){5})[^\\/]*"
    r"[\\/](?:.*[\\/])?(?P<file_id>[^\\/]+)\.ipynb$"
)
c.PackCollector.named_regexp = c.FileNameCollectorPlugin.named_regexp
