"""Source data on disk: a folder per value, Parquet inside, and a manifest that proves what is there."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from datacentric_helpers.compare import exact
from datacentric_helpers.storage import audit
from graders.exercise import Case, Exercise

FILES = "one file for each value of the column, in a folder named after it"
COLUMN = "the column stands in the folder's name, not in the file"
COUNTS = "the manifest counts rows and carries a SHA-256 that fits the file"
BACK = "what is read back is the table that was stored"
MISSING = "rows without a value are kept in a folder of their own"
REFUSED = "an unknown column is refused"

DEFAULT = "__HIVE_DEFAULT_PARTITION__"


def reference(table: pd.DataFrame, by: str, question: str) -> Any:
    """Files written by pyarrow, one mask for each value."""
    if by not in table.columns:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        values = sorted(set(table[by].dropna().tolist()))
        for value in [*values, None] if table[by].isna().any() else values:
            part = table[table[by].isna() if value is None else table[by] == value].drop(columns=by)
            path = f"{by}={DEFAULT if value is None else quote(str(value), safe='')}/part-0.parquet"
            (folder / path).parent.mkdir()
            pq.write_table(pa.Table.from_pandas(part, preserve_index=False), folder / path)
            digest = hashlib.sha256((folder / path).read_bytes()).hexdigest()
            files.append({"path": path, "value": value, "rows": len(part), "sha256": digest})
        text = json.dumps({"rows": len(table), "files": files}, ensure_ascii=False)
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        return audit(folder, by)[question]


REVIEWS = pd.DataFrame({
    "id": [4, 1, 3, 2, 5],
    "text": ["좋아요", "fine", "별로예요", "", "so-so"],
    "stars": [5.0, 4.0, np.nan, 2.0, 3.0],
    "lang": ["ko", "en", "ko", "en", "en"],
})
CODES = pd.DataFrame({"zip": ["06234", "6234", "06234"], "n": [1, 2, 3]})
PARTS = pd.DataFrame({"part": ["A/B", "50 %", "A/B", "가"], "n": [1, 2, 3, 4]})
GAPS = pd.DataFrame({"n": [1, 2, 3, 4], "lang": ["ko", None, "en", None]})


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One row, one value, whole numbers as values, names that need quoting, gaps; then random tables."""
    yield Case(FILES, (pd.DataFrame({"n": [1], "lang": ["ko"]}), "lang", "paths"))
    yield Case(FILES, (pd.DataFrame({"n": [1], "lang": ["ko"]}), "lang", "on_disk"))
    yield Case(FILES, (pd.DataFrame({"n": [1, 2], "lang": ["en", "en"]}), "lang", "paths"))
    yield Case(FILES, (pd.DataFrame({"n": [1, 2], "lang": ["en", "en"]}), "lang", "on_disk"))
    yield Case(FILES, (pd.DataFrame({"n": [1, 2], "lang": ["b", "b"]}).iloc[:0], "lang", "paths"))
    yield Case(FILES, (pd.DataFrame({"n": [1, 2], "lang": ["b", "b"]}).iloc[:0], "lang", "on_disk"))
    yield Case(FILES, (pd.DataFrame({"lang": ["a=b", "..", "a b", "a%20b"], "n": [1, 2, 3, 4]}), "lang", "paths"))
    yield Case(FILES, (pd.DataFrame({"lang": ["a=b", "..", "a b", "a%20b"], "n": [1, 2, 3, 4]}), "lang", "on_disk"))
    yield Case(COLUMN, (pd.DataFrame({"b": [1, 2], "lang": ["ko", "en"], "a": [3, 4]}), "lang", "columns"))
    yield Case(BACK, (pd.DataFrame({"year": [2026, 2025, 2026], "text": ["a", "b", None]}), "year", "back"))
    yield Case(BACK, (pd.DataFrame({"zip": ["2", "10", "02"], "code": ["007", "7", "07"]}), "zip", "back"))
    yield Case(BACK, (pd.DataFrame({"lang": ["b", "a", "b", "a"], "n": [9, 8, 7, 6]}).set_axis([3, 1, 2, 0]), "lang", "back"))
    yield Case(MISSING, (pd.DataFrame({"n": [1, 2], "lang": [None, None]}), "lang", "back"))
    yield Case(MISSING, (pd.DataFrame({"n": [1, 2], "lang": [None, None]}), "lang", "rows"))
    yield Case(MISSING, (pd.DataFrame({"n": [1, 2, 3], "lang": [None, "ko", ""]}), "lang", "back"))
    yield Case(MISSING, (pd.DataFrame({"n": [1, 2, 3], "lang": [None, "ko", ""]}), "lang", "rows"))
    for size in (12, 40):
        frame = pd.DataFrame({
            "lang": rng.choice(["ko", "en", "de", "hi"], size),
            "id": rng.permutation(size),
            "stars": np.where(rng.random(size) < 0.2, np.nan, rng.integers(1, 6, size)),
        })
        yield Case(COUNTS, (frame, "lang", "rows"))
        yield Case(COUNTS, (frame, "lang", "intact"))
        yield Case(BACK, (frame[frame["id"] > 3], "lang", "back"))
    yield Case(REFUSED, (REVIEWS, "language", "rows"), raises="ValueError")


exercise = Exercise(
    id="store",
    title="Storing source data with a manifest",
    points=5,
    minutes=20,
    hints=(
        "`table[by].isna()` finds the rows without a value, `sorted(table[by].dropna().unique())` the values. Write each part with `part.to_parquet(path, index=False)`.",
        "`(folder / path).parent.mkdir()` makes the folder, `hashlib.sha256(file.read_bytes()).hexdigest()` the checksum: take it from the file on disk, after writing.",
        "`json.dumps` takes Python's numbers, not NumPy's: `.tolist()` turns a column's values into them, `len(part)` is one already.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(FILES, (REVIEWS, "lang", "paths")),
        Case(FILES, (REVIEWS, "lang", "on_disk")),
        Case(FILES, (PARTS, "part", "paths")),
        Case(FILES, (PARTS, "part", "on_disk")),
        Case(COLUMN, (REVIEWS[["id", "lang"]], "lang", "columns")),
        Case(COUNTS, (REVIEWS.iloc[1:], "lang", "rows")),
        Case(COUNTS, (REVIEWS.iloc[1:], "lang", "intact")),
        Case(BACK, (CODES, "zip", "back")),
        Case(BACK, (REVIEWS, "lang", "back")),
        Case(MISSING, (GAPS, "lang", "back")),
        Case(MISSING, (GAPS, "lang", "rows")),
        Case(REFUSED, (REVIEWS, "country", "rows"), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_masks(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        missing = table[by].isna()
        for value in sorted(table.loc[~missing, by].unique().tolist()) + [None] * bool(missing.any()):
            rows = table[missing] if value is None else table[table[by] == value]
            label = "__HIVE_DEFAULT_PARTITION__" if value is None else quote(str(value), safe="")
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir()
            rows.drop(columns=[by]).to_parquet(file, index=False)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append({"path": f"{by}={label}/part-0.parquet", "value": value, "rows": len(rows), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.right
def with_groupby(table, by, question):
    if by not in list(table.columns):
        raise ValueError("unknown column")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = {"files": [], "rows": 0}
        for value, part in table.groupby(by, dropna=False, sort=True):
            gone = pd.isna(value)
            value = None if gone else value.item() if hasattr(value, "item") else value
            sub = by + "=" + ("__HIVE_DEFAULT_PARTITION__" if gone else quote(str(value), ""))
            (folder / sub).mkdir()
            data = part.drop(by, axis=1).to_parquet(index=False)
            (folder / sub / "part-0.parquet").write_bytes(data)
            manifest["files"].append({"path": sub + "/part-0.parquet", "value": value, "rows": part.shape[0], "sha256": hashlib.sha256(data).hexdigest()})
            manifest["rows"] += part.shape[0]
        with open(folder / "manifest.json", "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        return audit(folder, by)[question]


@exercise.right
def with_a_warning(table, by, question):
    import warnings

    try:
        values = table[by].tolist()
    except KeyError:
        raise ValueError(f"{by!r} is no column of the table") from None
    keys = sorted({v for v in values if not pd.isna(v)})
    if any(pd.isna(v) for v in values):
        warnings.warn("some rows have no value to be stored under")
        keys.append(None)
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for key in keys:
            places = [i for i, v in enumerate(values) if (pd.isna(v) if key is None else v == key)]
            part = table.iloc[places].drop(columns=by).reset_index(drop=True)
            path = Path(f"{by}=" + ("__HIVE_DEFAULT_PARTITION__" if key is None else quote(str(key), safe=""))) / "part-0.parquet"
            (folder / path).parent.mkdir(parents=True)
            part.to_parquet(folder / path, compression="zstd")
            files.append({"path": path.as_posix(), "value": key, "rows": len(places), "sha256": hashlib.sha256((folder / path).read_bytes()).hexdigest()})
        (folder / "manifest.json").write_text(json.dumps(dict(rows=len(values), files=files), indent=1))
        return audit(folder, by)[question]


@exercise.wrong(
    "Rows without a value are gone: `groupby` drops them unless you ask for `dropna=False`, and no error tells you. Half of a collection can disappear so. They belong into "
    "`__HIVE_DEFAULT_PARTITION__`, with the value null in the manifest.",
    share=5 / 6,
)
def gaps_dropped(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by):
            value = value.item() if hasattr(value, "item") else value
            file = folder / f"{by}={quote(str(value), safe='')}" / "part-0.parquet"
            file.parent.mkdir()
            part.drop(columns=[by]).to_parquet(file, index=False)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append({"path": file.relative_to(folder).as_posix(), "value": value, "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.wrong(
    "The manifest holds the value as text. Folder names are text anyway; the manifest is there to say what the value *was*: 2026 the number, or \"06234\" the code whose zero must not "
    "be lost.",
    share=5 / 6,
)
def value_as_text(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by, dropna=False):
            label = "__HIVE_DEFAULT_PARTITION__" if pd.isna(value) else quote(str(value), safe="")
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir()
            part.drop(columns=[by]).to_parquet(file, index=False)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append({"path": file.relative_to(folder).as_posix(), "value": None if pd.isna(value) else str(value), "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.wrong(
    "You guessed the value's type from the folder's name, as many readers do: `zip=06234` came back as the number 6234, another post code. Take the value from the "
    "table, as it is.",
    share=5 / 6,
)
def numbers_guessed(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by, dropna=False):
            label = "__HIVE_DEFAULT_PARTITION__" if pd.isna(value) else quote(str(value), safe="")
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir()
            part.drop(columns=[by]).to_parquet(file, index=False)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            value = None if pd.isna(value) else int(value) if str(value).isdigit() else value
            files.append({"path": file.relative_to(folder).as_posix(), "value": value, "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.wrong(
    "The column is in the file as well as in the folder's name. Two places can contradict each other; readers that take the folder's name find the column twice. Drop it from the file.",
    share=5 / 6,
)
def column_kept(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by, dropna=False):
            value = None if pd.isna(value) else value.item() if hasattr(value, "item") else value
            label = "__HIVE_DEFAULT_PARTITION__" if value is None else quote(str(value), safe="")
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir()
            part.to_parquet(file, index=False)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append({"path": file.relative_to(folder).as_posix(), "value": value, "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.wrong(
    "Values go into the path as they are. `A/B` makes two folders, and `x/../../..` leaves the data set altogether: a value from a file decides where you write. `quote(str(value), safe=\"\")` makes "
    "it a harmless name.",
    share=5 / 6,
)
def names_not_quoted(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by, dropna=False):
            value = None if pd.isna(value) else value.item() if hasattr(value, "item") else value
            label = "__HIVE_DEFAULT_PARTITION__" if value is None else str(value)
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir(parents=True)
            part.drop(columns=[by]).to_parquet(file, index=False)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append({"path": file.relative_to(folder).as_posix(), "value": value, "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.wrong(
    "Your checksum is that of the data, not of the file. Whoever receives the file can only hash the bytes that arrived: read them from disk after writing, and hash those.",
    share=5 / 6,
)
def another_checksum(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by, dropna=False):
            value = None if pd.isna(value) else value.item() if hasattr(value, "item") else value
            label = "__HIVE_DEFAULT_PARTITION__" if value is None else quote(str(value), safe="")
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir()
            part.drop(columns=[by]).to_parquet(file, index=False)
            checksum = hashlib.sha256(part.to_csv(index=False).encode()).hexdigest()
            files.append({"path": file.relative_to(folder).as_posix(), "value": value, "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]


@exercise.wrong(
    "The old row numbers were written as a column of their own, `__index_level_0__`. After a filter they mean nothing any more: `index=False`.",
    share=5 / 6,
)
def index_written(table, by, question):
    if by not in table:
        raise ValueError(f"no column {by!r}")
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for value, part in table.groupby(by, dropna=False):
            value = None if pd.isna(value) else value.item() if hasattr(value, "item") else value
            label = "__HIVE_DEFAULT_PARTITION__" if value is None else quote(str(value), safe="")
            file = folder / f"{by}={label}" / "part-0.parquet"
            file.parent.mkdir()
            part.drop(columns=[by]).to_parquet(file)
            checksum = hashlib.sha256(file.read_bytes()).hexdigest()
            files.append({"path": file.relative_to(folder).as_posix(), "value": value, "rows": len(part), "sha256": checksum})
        (folder / "manifest.json").write_text(json.dumps({"rows": len(table), "files": files}))
        return audit(folder, by)[question]
