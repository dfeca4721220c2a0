import hashlib
import json

import pandas as pd
import pytest

from datacentric_helpers.storage import audit


@pytest.fixture
def stored(tmp_path):
    files = []
    for lang, texts in {"en": ["fine"], "ko": ["좋아요", "별로"]}.items():
        path = tmp_path / f"lang={lang}" / "part-0.parquet"
        path.parent.mkdir()
        pd.DataFrame({"text": texts}).to_parquet(path, index=False)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append({"path": f"lang={lang}/part-0.parquet", "value": lang, "rows": len(texts), "sha256": digest})
    (tmp_path / "manifest.json").write_text(json.dumps({"rows": 3, "files": files}), encoding="utf-8")
    return tmp_path


def test_what_was_stored_is_read_back_with_the_folders_value(stored):
    found = audit(stored, "lang")
    assert found["back"] == [{"text": "fine", "lang": "en"}, {"text": "좋아요", "lang": "ko"}, {"text": "별로", "lang": "ko"}]
    assert found["rows"] == [3, [1, 1], [2, 2]]
    assert found["columns"] == [["text"], ["text"]]
    assert found["intact"] == [True, True]


def test_a_changed_file_is_no_longer_intact(stored):
    pd.DataFrame({"text": ["bad"]}).to_parquet(stored / "lang=en" / "part-0.parquet", index=False)
    assert audit(stored, "lang")["intact"] == [False, True]


def test_a_file_that_nobody_listed_is_seen_on_disk(stored):
    pd.DataFrame({"text": ["?"]}).to_parquet(stored / "lang=en" / "part-1.parquet")
    found = audit(stored, "lang")
    assert set(found["on_disk"]) - set(found["paths"]) == {"lang=en/part-1.parquet"}


def test_a_missing_file_is_an_error(stored):
    (stored / "lang=ko" / "part-0.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="lang=ko"):
        audit(stored, "lang")
