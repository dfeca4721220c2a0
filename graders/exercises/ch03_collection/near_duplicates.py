"""MinHash signatures, locality-sensitive hashing in bands, and the exact similarity of the few pairs that are left."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

SIMILAR = "the similarity is the exact Jaccard index of the sets of shingles"
BANDS = "only pairs that share a whole band are compared"
BELOW = "pairs below the threshold are dropped, pairs at the threshold stay"
SHORT = "a text shorter than k is one shingle, an empty text pairs with nothing"
ORDER = "each pair comes once, in the order of the texts"
REFUSED = "hash functions that cannot be divided into bands are refused"

P = 2**32 - 5  # the largest prime below 2³²


def reference(texts: list[str], k: int, a: Any, b: Any, rows: int, threshold: float) -> dict[str, Any]:
    """Every pair looked at in every band, with Python's whole numbers."""
    if len(a) != len(b) or len(a) % rows != 0:
        raise ValueError("one a and one b per hash function are due, and whole bands of `rows` functions")
    sets = [{text[i : i + k] for i in range(len(text)) if i == 0 or i + k <= len(text)} for text in texts]
    signatures = []
    for shingles in sets:
        codes = [zlib.crc32(shingle.encode("utf-8")) for shingle in shingles]
        signatures.append([min((int(u) * x + int(v)) % P for x in codes) for u, v in zip(a, b, strict=True)] if codes else [])
    compared, pairs = 0, []
    for i, j in combinations(range(len(texts)), 2):
        starts = range(0, len(a) if sets[i] and sets[j] else 0, rows)
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in starts):
            compared += 1
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity >= threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


def functions(n: int, seed: int = 0) -> tuple[Any, Any]:
    """Coefficients of n hash functions: a from 1 to P - 1, b from 0 to P - 1."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, P, n, dtype=np.uint64), rng.integers(0, P, n, dtype=np.uint64)


WORDS = "데이터 수집 원천 정제 data raw source text clean store schema hash band pair 중복 문서 검색 image 저장 review".split()


def edited(rng: np.random.Generator, text: str, n_edits: int) -> str:
    """``text`` with a few words replaced."""
    words = text.split()
    for place in rng.permutation(len(words))[:n_edits]:
        words[place] = WORDS[rng.integers(len(WORDS))]
    return " ".join(words)


def corpus(rng: np.random.Generator, n: int) -> list[str]:
    """n random texts and as many edited copies of them, shuffled."""
    texts = [" ".join(WORDS[i] for i in rng.integers(len(WORDS), size=rng.integers(8, 20))) for _ in range(n)]
    texts += [edited(rng, text, int(rng.integers(0, 6))) for text in texts]
    return [texts[i] for i in rng.permutation(2 * n)]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No text, equal texts, short ones, then random collections under different bands."""
    a, b = functions(32, int(rng.integers(1_000_000)))
    yield Case(ORDER, ([], 3, a, b, 4, 0.5))
    yield Case(ORDER, (["abcdef"], 3, a, b, 4, 0.5))
    yield Case(ORDER, (["abcdef", "xyzuvw", "abcdef", "xyzuvw", "abcdef"], 3, a, b, 4, 0.9))
    yield Case(SHORT, (["", "ab", "", "ab", "a", "abc", "abcd"], 3, a, b, 32, 0.1))
    yield Case(SHORT, (["한", "한", "한글", "한글날", "글", ""], 2, a, b, 32, 0.1))
    yield Case(SIMILAR, (["aaaaaaa", "aaa", "aaaab"], 3, a, b, 1, 0.1))
    yield Case(SIMILAR, (["the cat sat on the mat", "on the mat the cat sat"], 4, a, b, 2, 0.2))
    yield Case(BELOW, (["abcdefgh", "abcdefgx", "abcdexyz"], 2, a, b, 1, 0.75))
    yield Case(BELOW, (["abcdefgh", "abcdefgx", "abcdexyz"], 2, a, b, 1, 0.4))
    for n_functions, rows, threshold in ((32, 2, 0.6), (32, 4, 0.5), (60, 5, 0.7), (24, 3, 0.3)):
        u, v = functions(n_functions, int(rng.integers(1_000_000)))
        yield Case(BANDS, (corpus(rng, 12), 4, u, v, rows, threshold))
    yield Case(REFUSED, (["abcdef"], 3, a[:31], b[:31], 4, 0.5), raises="ValueError")
    yield Case(REFUSED, (["abcdef"], 3, a[:31], b, 4, 0.5), raises="ValueError")
    yield Case(REFUSED, (["abcdef"], 3, a, b[:31], 4, 0.5), raises="ValueError")


NOTICES = [
    "The store closes at noon on Sundays.",
    "The store closes at nine on Sundays.",
    "Fresh bread is baked here every day.",
    "The store closes at noon on Sunday.",
    "The shop shuts early, at lunch time.",
]
FIRST = functions(12, 1)

exercise = Exercise(
    id="near_duplicates",
    title="Near duplicates by MinHash and bands",
    points=6,
    minutes=25,
    hints=(
        "Write three small steps: text to set of shingles, set to signature, signatures to candidate pairs. `zlib.crc32(shingle.encode())` gives x.",
        "For the bands, a `defaultdict(list)` from (number of the band, the band's values as a tuple) to the texts that have them; every two texts in one list are candidates.",
        "Collect candidates in a `set`: a pair may share several bands. Only then compute the exact similarity, for the candidates alone.",
    ),
    compare=close(),  # quotients of two whole numbers
    reference=reference,
    public=(
        Case(SIMILAR, (["abcabcabc", "abcab", "cabcd"], 3, *FIRST, 1, 0.2)),
        Case(BANDS, (NOTICES, 4, *FIRST, 2, 0.3)),
        Case(BANDS, (NOTICES, 4, *FIRST, 6, 0.3)),
        Case(BELOW, (["abcdef", "abcdeg", "abxyef"], 2, *FIRST, 1, 2 / 3)),
        Case(SHORT, (["ok", "ok", "", "", "okay"], 3, *FIRST, 12, 0.5)),
        Case(ORDER, (["zebra", "apple", "apple", "zebra", "apple"], 3, *FIRST, 3, 0.8)),
        Case(REFUSED, (NOTICES, 4, *FIRST, 5, 0.3), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_numpy(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} - {""} for t in texts]
    full = [i for i, s in enumerate(sets) if s]
    found = set()
    if full:
        signatures = []
        for i in full:
            x = np.array([zlib.crc32(s.encode()) for s in sets[i]], dtype=np.uint64)
            signatures.append((np.outer(x, a) + b).__mod__(np.uint64(2**32 - 5)).min(axis=0))
        for band in np.split(np.array(signatures), len(a) // rows, axis=1):
            same = (band[:, None] == band[None]).all(axis=2)
            found |= {(full[i], full[j]) for i, j in zip(*np.nonzero(np.triu(same, 1)))}
    scored = [(i, j, len(sets[i] & sets[j]) / len(sets[i] | sets[j])) for i, j in sorted(found)]
    return {"compared": len(found), "pairs": [p for p in scored if p[2] >= threshold]}


@exercise.right
def with_buckets(texts, k, a, b, rows, threshold):
    n = len(a)
    if n != len(b) or n % rows != 0:
        raise ValueError(f"{n} hash functions do not make whole bands of {rows}")
    sets, buckets = [], defaultdict(list)
    for number, text in enumerate(texts):
        shingles = set()
        if 0 < len(text) < k:
            shingles.add(text)
        for start in range(len(text) - k + 1):
            shingles.add(text[start : start + k])
        sets.append(shingles)
        if not shingles:
            continue
        codes = [zlib.crc32(s.encode("utf-8")) for s in shingles]
        signature = [min((int(a[i]) * x + int(b[i])) % 4294967291 for x in codes) for i in range(n)]
        for start in range(0, n, rows):
            buckets[start, tuple(signature[start : start + rows])].append(number)
    candidates = sorted({pair for bucket in buckets.values() for pair in combinations(bucket, 2)})
    pairs = []
    for i, j in candidates:
        common = len(sets[i] & sets[j])
        similarity = common / (len(sets[i]) + len(sets[j]) - common)
        if similarity >= threshold:
            pairs.append([i, j, similarity])
    return {"pairs": pairs, "compared": len(candidates)}


@exercise.right
def with_a_warning(texts, k, a, b, rows, threshold):
    import warnings

    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    warnings.warn(f"a pair at the threshold is missed with probability {(1 - threshold**rows) ** (len(a) // rows):.2g}")
    sets = [{t[i : i + k] for i in range(max(len(t) - k, 0) + 1)} if t else set() for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    bands = [
        {(s // rows, *(min((int(a[h]) * x + int(b[h])) % (2**32 - 5) for x in c) for h in range(s, s + rows))) for s in range(0, len(a), rows)} if c else set()
        for c in codes
    ]
    candidates = [(i, j) for i, j in combinations(range(len(texts)), 2) if bands[i] & bands[j]]
    scored = [(i, j, len(sets[i] & sets[j]) / len(sets[i] | sets[j])) for i, j in candidates]
    return {"compared": len(candidates), "pairs": [p for p in scored if p[2] >= threshold]}


@exercise.wrong(
    "You compared every pair. That is right and hopeless: 100,000 texts have five thousand million pairs. Only pairs that agree in a whole band may be compared; that some pairs "
    "are missed is the price, and the S-curve in the statement says how many.",
    share=3 / 6,
)
def every_pair(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} if t else set() for t in texts]
    full = [i for i, s in enumerate(sets) if s]
    scored = [(i, j, len(sets[i] & sets[j]) / len(sets[i] | sets[j])) for i, j in combinations(full, 2)]
    return {"compared": len(scored), "pairs": [p for p in scored if p[2] >= threshold]}


@exercise.wrong(
    "Your similarity is the share of equal places in the two signatures. That is MinHash's *estimate*; it jumps in steps of 1/n and errs by about 1/√n. The candidates are few, "
    "so compute their Jaccard index exactly, from the sets.",
    share=3 / 6,
)
def estimate_reported(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} if t else set() for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in range(0, len(a), rows)):
            compared += 1
            similarity = sum(x == y for x, y in zip(signatures[i], signatures[j])) / len(a)
            if similarity >= threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


@exercise.wrong(
    "All candidates were returned. Sharing a band is a hint, not a verdict: two unlike texts can agree in one band by chance. Drop the candidates whose exact similarity is below "
    "the threshold.",
    share=4 / 6,
)
def not_verified(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} if t else set() for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    pairs = []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in range(0, len(a), rows)):
            pairs.append((i, j, len(sets[i] & sets[j]) / len(sets[i] | sets[j])))
    return {"compared": len(pairs), "pairs": pairs}


@exercise.wrong(
    "A pair at exactly the threshold is missing. As in the statement, `similarity >= threshold` is a near duplicate.",
    share=5 / 6,
)
def threshold_excluded(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} if t else set() for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in range(0, len(a), rows)):
            compared += 1
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity > threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


@exercise.wrong(
    "One equal place in the signature was enough for you. Then nearly every pair becomes a candidate: a band demands that all its `rows` places agree, which has the "
    "probability s to the power of rows.",
    share=4 / 6,
)
def one_row_is_enough(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} if t else set() for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        if any(x == y for x, y in zip(signatures[i], signatures[j])):
            compared += 1
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity >= threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


@exercise.wrong(
    "A pair that shares several bands was counted, or reported, several times. Collect the candidates in a set before you compare them.",
    share=2 / 6,
)
def once_per_band(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} if t else set() for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        for s in range(0, len(a), rows):
            if signatures[i][s : s + rows] == signatures[j][s : s + rows]:
                compared += 1
                similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
                if similarity >= threshold:
                    pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


@exercise.wrong(
    "Texts shorter than k are lost: they have no window of k characters, so your set is empty. A short text is one shingle itself, or all your one-word reviews are never "
    "checked.",
    share=5 / 6,
)
def short_texts_lost(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(len(t) - k + 1)} for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in range(0, len(a), rows)):
            compared += 1
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity >= threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


@exercise.wrong(
    "You treat the empty text as a shingle, so all empty texts are duplicates of each other. Nothing is known about them: an empty text has no shingles and pairs with "
    "nothing. (Whether it may stay at all is a matter for cleaning.)",
    share=5 / 6,
)
def empty_texts_pair(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [{t[i : i + k] for i in range(max(1, len(t) - k + 1))} for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations(range(len(texts)), 2):
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in range(0, len(a), rows)):
            compared += 1
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity >= threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}


@exercise.wrong(
    "Your shingles are words. Here they are all windows of k characters, spaces included, moved by one: that works for Korean endings and typing errors as well, where whole words "
    "would differ.",
    share=3 / 6,
)
def words_as_shingles(texts, k, a, b, rows, threshold):
    if len(a) != len(b) or len(a) % rows:
        raise ValueError("whole bands are due")
    sets = [set(t.split()) for t in texts]
    codes = [[zlib.crc32(s.encode()) for s in shingles] for shingles in sets]
    signatures = [[min((int(u) * x + int(v)) % (2**32 - 5) for x in c) for u, v in zip(a, b)] if c else [] for c in codes]
    compared, pairs = 0, []
    for i, j in combinations([i for i, c in enumerate(codes) if c], 2):
        if any(signatures[i][s : s + rows] == signatures[j][s : s + rows] for s in range(0, len(a), rows)):
            compared += 1
            similarity = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if similarity >= threshold:
                pairs.append((i, j, similarity))
    return {"compared": compared, "pairs": pairs}
