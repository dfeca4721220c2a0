"""Look at stored source data as its receiver would: by the manifest, and by the files themselves.

Source data are stored as one Parquet file for each value of a column, in folders named ``column=value``, with a
``manifest.json`` that lists them::

    {"rows": 3, "files": [{"path": "lang=ko/part-0.parquet", "value": "ko", "rows": 2, "sha256": "…"}, …]}
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

__all__ = ["audit"]


def audit(folder: str | Path, by: str) -> dict[str, Any]:
    """What the manifest in ``folder`` says, and what its files hold; ``by``: the column that the folders are named after.

    The answer's keys: ``paths`` (those that the manifest lists), ``on_disk`` (the Parquet files that are there), ``rows`` (the
    manifest's total, then each file's count by the manifest and by the file), ``columns`` (of each file), ``intact``
    (whether each checksum fits), ``back`` (the rows as dicts, with the values of ``by`` from the manifest).
    Raises FileNotFoundError where the manifest, or a file that it lists, is not there.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    folder = Path(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    entries = manifest["files"]
    contents = [(folder / entry["path"]).read_bytes() for entry in entries]
    parts = [pd.read_parquet(io.BytesIO(content)) for content in contents]
    values = [entry["value"] for entry in entries]
    rows = [part.to_dict("records") for part in parts]
    return {
        "paths": [entry["path"] for entry in entries],
        "on_disk": sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.parquet")),
        "rows": [manifest["rows"], *([entry["rows"], len(part)] for entry, part in zip(entries, parts, strict=True))],
        "columns": [pq.read_schema(io.BytesIO(content)).names for content in contents],
        "intact": [e["sha256"] == hashlib.sha256(content).hexdigest() for e, content in zip(entries, contents, strict=True)],
        "back": [{**row, by: value} for value, part in zip(values, rows, strict=True) for row in part],
    }
