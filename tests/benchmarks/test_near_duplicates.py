"""Near duplicates at scale: the course's own solutions on 100,000 short texts and 20,000 images, beside datasketch, imagehash, all pairs.

Run by hand: ``python -m pytest -n 0 -s tests/benchmarks/test_near_duplicates.py``. It writes data/near_duplicate_times.csv, which
chapter 3-9 draws, and fails where a search finds other pairs than its rival.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import imagehash
import numpy as np
import pandas as pd
import pytest
from datasketch import MinHash, MinHashLSH
from PIL import Image
from skimage import color

from datacentric_helpers import datasets
from tests.graders.course import namespace, solution
from tests.graders.mutation import define

PACKAGES = ("networkx", "numpy", "scipy", "statsmodels", "matplotlib", "sklearn", "pandas", "transformers", "sympy")
K, N, ROWS, THRESHOLD = 5, 126, 6, 0.8
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
ALL_PAIRS_UP_TO = 3_000


def learned(name: str) -> Any:
    """A function as the graded notebook's own solution has it."""
    return define(solution("ch03_collection", name), name, namespace("ch03_collection"))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def shingles(text: str) -> set[str]:
    return {text[i : i + K] for i in range(max(1, len(text) - K + 1))}


def jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def all_pairs(texts: list[str]) -> list[tuple[int, int]]:
    sets = [shingles(text) for text in texts]
    return [(i, j) for i, j in combinations(range(len(texts)), 2) if jaccard(sets[i], sets[j]) >= THRESHOLD]


def by_datasketch(texts: list[str]) -> list[tuple[int, int]]:
    """The library's index with the same shingles, hash, bands and exact comparison at the end."""
    index, first, found = MinHashLSH(num_perm=N, params=(N // ROWS, ROWS)), MinHash(num_perm=N), []
    for j, text in enumerate(texts):
        sketch = MinHash(num_perm=N, hashfunc=zlib.crc32, permutations=first.permutations, scheme=first.scheme)
        sketch.update_batch([s.encode() for s in shingles(text)])
        found += [(i, j) for i in index.query(sketch)]
        index.insert(j, sketch)
    return sorted((i, j) for i, j in found if jaccard(shingles(texts[i]), shingles(texts[j])) >= THRESHOLD)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """100,000 real paragraphs, no two equal, shuffled with a fixed seed."""
    found: dict[str, None] = {}
    for package in PACKAGES:
        found |= dict.fromkeys(datasets.package_paragraphs(package))
    order = np.random.default_rng(0).permutation(len(found))
    every = list(found)
    return [every[i] for i in order[: max(SIZES)]]


@pytest.fixture(scope="module")
def measured() -> Iterator[list[dict[str, Any]]]:
    """Rows of measurements, printed and written to data/near_duplicate_times.csv when all have been taken."""
    rows: list[dict[str, Any]] = []
    yield rows
    table = pd.DataFrame(rows)
    print("\n" + table.to_string())
    table.to_csv(datasets.DATA / "near_duplicate_times.csv", index=False, float_format="%.3f")


def test_texts(texts: list[str], measured: list[dict[str, Any]]) -> None:
    ours = learned("near_duplicates")
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 2**32 - 5, N, dtype=np.uint64), rng.integers(0, 2**32 - 5, N, dtype=np.uint64)
    assert len(texts) == max(SIZES)
    for size in SIZES:
        part = texts[:size]
        result, seconds = timed(lambda part=part: ours(part, K, a, b, ROWS, THRESHOLD))
        rival, rival_seconds = timed(lambda part=part: by_datasketch(part))
        pairs = {(i, j) for i, j, _ in result["pairs"]}
        row = {"what": "texts", "n": size}
        measured.append({**row, "method": "the exercise", "seconds": seconds, "compared": result["compared"], "found": len(pairs)})
        measured.append({**row, "method": "datasketch", "seconds": rival_seconds, "found": len(rival)})
        assert len(pairs ^ set(rival)) <= 0.01 * len(pairs) + 1  # other hash functions miss other pairs
        if size <= ALL_PAIRS_UP_TO:
            naive, seconds = timed(lambda part=part: all_pairs(part))
            every = size * (size - 1) // 2
            measured.append({**row, "method": "all pairs", "seconds": seconds, "compared": every, "found": len(naive)})
            assert len(pairs ^ set(naive)) <= 1


def pictures(n: int, seed: int) -> list[Any]:
    """n crops of the course's photographs, 72 × 72 gray pixels, each followed by a brighter, noisier copy of itself."""
    rng = np.random.default_rng(seed)
    photos = [photo if photo.ndim == 2 else color.rgb2gray(photo) * 255 for photo in datasets.photographs().values()]
    made: list[Any] = []
    while len(made) < n:
        photo = photos[rng.integers(len(photos))]
        y, x = rng.integers(photo.shape[0] - 144), rng.integers(photo.shape[1] - 144)
        crop = photo[y : y + 144, x : x + 144].reshape(72, 2, 72, 2).mean(axis=(1, 3))
        made += [crop.astype(np.uint8), np.clip(1.1 * crop + rng.normal(0, 4, crop.shape), 0, 255).astype(np.uint8)]
    return made[:n]


def all_images(images: list[Any]) -> list[tuple[int, int]]:
    """The library's hash of each image, and every pair compared."""
    hashes = [imagehash.dhash(Image.fromarray(image)) for image in images]
    return [(i, j) for i, j in combinations(range(len(hashes)), 2) if hashes[i] - hashes[j] <= 4]


def test_images(measured: list[dict[str, Any]]) -> None:
    ours = learned("image_near_duplicates")
    images = pictures(20_000, seed=0)
    for size in (500, 1_000, 2_000, 20_000):
        found, seconds = timed(lambda size=size: ours(images[:size], 4))
        partners = sum(i % 2 == 0 and j == i + 1 for i, j, _ in found)
        row = {"what": "images", "n": size}
        measured.append({**row, "method": "the exercise", "seconds": seconds, "found": len(found), "copies": partners})
        if size <= ALL_PAIRS_UP_TO:
            pairs, seconds = timed(lambda size=size: all_images(images[:size]))
            measured.append({**row, "method": "all pairs", "seconds": seconds, "found": len(pairs)})
