"""Near-identical submissions: which pairs share more code than chance and a short exercise explain, and where.

Each learner's code cells become tokens: names that a learner chooses are all "x", texts are all "s"; comments, layout and every
line of the frame that was handed out are gone. Every ``GRAM`` tokens in a row are one fingerprint; of each ``WINDOW`` fingerprints in a
row the smallest is kept (winnowing: Schleimer, Wilkerson & Aiken, SIGMOD 2003), so a common passage of ``GRAM + WINDOW - 1`` tokens
is always found, in whatever order functions stand. Fingerprints that many learners share are the exercise's, not a learner's: they do
not count. The similarity of a pair is the share of the smaller one's remaining fingerprints that the other one has too.

High similarity is a reason to look, not a proof: short exercises have few different right answers.

2,000 submissions of 18 exercises with no cell in common take about 25 s on one core, nearly all of it Python's own ``tokenize``.
"""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from nbformat import NotebookNode
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from graders.submissions import BLANK

__all__ = [
    "GRAM", "LEAST", "MANY", "THRESHOLD", "WINDOW", "Frame", "Pair", "Token", "code_of", "families", "fingerprints", "frame_of", "marked",
    "near_identical", "tokens",
]

GRAM = 15  # tokens of a fingerprint, about two lines
WINDOW = 5
THRESHOLD = 0.6  # of the smaller one's fingerprints
LEAST = 20  # fingerprints that a submission must have of its own, about 70 tokens
MANY = 0.1  # a fingerprint in more than this share of different submissions does not count ...
FEW = 6  # ... where these are more than so many submissions
BLOCK = 512

Fingerprints = NDArray[np.uint64]
Code = Mapping[str, str]

SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)
IMPORT = re.compile(r"^\s*(?:from\s+[\w.]+\s+)?import\s+(.+)$", re.MULTILINE)
ROUGH = re.compile(r"\w+|[^\w\s]")
KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))
LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING)
WEIGHTS = np.random.default_rng(2003).integers(1, 2**63, GRAM, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


class Token(NamedTuple):
    """One token: the symbol that is compared, and where it stands in the cell's text."""

    symbol: str
    start: int
    end: int


@dataclass(frozen=True)
class Frame:
    """What was handed out: its lines as symbols, and the names that it imports."""

    lines: frozenset[tuple[str, ...]]
    names: frozenset[str]


@dataclass(frozen=True)
class Pair:
    """Two learners; ``similarity`` 0 to 1; ``shared``: fingerprints in common."""

    a: str
    b: str
    similarity: float
    shared: int


def code_of(nb: NotebookNode) -> dict[str, str]:
    """The code that is the learner's to write, by cell id: ``nb`` as ``submissions.assemble`` made it."""
    return {c.id: c.source for c in nb.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("locked")}


def frame_of(source_nb: NotebookNode) -> Frame:
    """The instructor's code cells without the solutions."""
    texts = [SOLUTION.sub(BLANK, c.source) for c in source_nb.cells if c.cell_type == "code"]
    imported = " ".join(IMPORT.findall("\n".join(texts)))
    names = frozenset(re.findall(r"\w+", imported)) - {"as", "import"}
    bare = Frame(frozenset(), names)
    lines = {tuple(t.symbol for t in line) for text in [*texts, BLANK, "pass"] for line in _lines(text, names)}
    return Frame(frozenset(lines), bare.names)


def tokens(source: str, frame: Frame) -> list[Token]:
    """The learner's own tokens in a cell's ``source``: the frame's lines are left out.

    >>> [t.symbol for t in tokens("total = sum(v for v in values)  # add", Frame(frozenset(), frozenset()))]
    ['x', '=', 'sum', '(', 'x', 'for', 'x', 'in', 'x', ')']
    """
    return [t for line in _lines(source, frame.names) if tuple(t.symbol for t in line) not in frame.lines for t in line]


def _lines(source: str, names: frozenset[str]) -> list[list[Token]]:
    """``source`` as logical lines of tokens; lines that are only a text (docstrings) are dropped. Never fails."""
    try:
        found = list(_python(source, names))
    except (tokenize.TokenError, SyntaxError, ValueError):
        found = list(_rough(source, names))
    return [line for line in found if any(token.symbol != "s" for token in line)]


def _python(source: str, names: frozenset[str]) -> Iterator[list[Token]]:
    starts = np.cumsum([0, *(len(row) + 1 for row in source.split("\n"))]).tolist()
    line: list[Token] = []
    for kind, text, (row, column), (end_row, end_column), _text in tokenize.generate_tokens(io.StringIO(source).readline):
        if kind == tokenize.NEWLINE:
            yield line
            line = []
        elif kind not in LAYOUT and text.strip():
            symbol = _symbol(kind, text, names, bool(line) and line[-1].symbol == ".")
            line.append(Token(symbol, starts[row - 1] + column, starts[end_row - 1] + end_column))
    yield line


def _symbol(kind: int, text: str, names: frozenset[str], attribute: bool) -> str:
    if kind == tokenize.NAME:
        return text if attribute or text in KEPT or text in names else "x"
    return "s" if kind == tokenize.STRING or tokenize.tok_name[kind].startswith("FSTRING") else text


def _rough(source: str, names: frozenset[str]) -> Iterator[list[Token]]:
    """For code that Python cannot split: words and signs, line by line."""
    place = 0
    for row in source.split("\n"):
        line: list[Token] = []
        for match in ROUGH.finditer(row.partition("#")[0]):
            kind = tokenize.NAME if match[0].isidentifier() else tokenize.OP
            symbol = _symbol(kind, match[0], names, bool(line) and line[-1].symbol == ".")
            line.append(Token(symbol, place + match.start(), place + match.end()))
        yield line
        place += len(row) + 1


@lru_cache(maxsize=100_000)
def _number(symbol: str) -> int:
    return zlib.crc32(symbol.encode("utf-8", "replace"))


def _grams(found: list[Token]) -> Fingerprints:
    """A hash of every ``GRAM`` tokens in a row, (n - GRAM + 1,)."""
    if len(found) < GRAM:
        return np.empty(0, dtype=np.uint64)
    numbers = np.fromiter((_number(t.symbol) for t in found), dtype=np.uint64, count=len(found))
    return np.asarray((sliding_window_view(numbers, GRAM) * WEIGHTS).sum(axis=1, dtype=np.uint64))


def fingerprints(code: Code, frame: Frame) -> Fingerprints:
    """The distinct fingerprints that winnowing keeps of all cells, sorted; cell by cell, so that their order does not matter."""
    return np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *(_winnowed(source, frame) for source in code.values())]))


@lru_cache(maxsize=50_000)
def _winnowed(source: str, frame: Frame) -> Fingerprints:
    """The fingerprints of one cell that are kept. Many cells of a cohort are the same: the blank ones, to begin with."""
    grams = _grams(tokens(source, frame))
    return sliding_window_view(grams, min(WINDOW, grams.size)).min(axis=1) if grams.size else grams


def near_identical(found: Mapping[str, Fingerprints], threshold: float = THRESHOLD) -> list[Pair]:
    """The pairs whose similarity is at least ``threshold``, most similar first. ``found``: fingerprints by learner.

    Submissions with exactly the same fingerprints count as one when it is asked how many share a passage, so that a solution
    that was passed on to half of the cohort stays visible; they are paired with the first of them.
    """
    same: dict[bytes, list[str]] = defaultdict(list)
    for name in sorted(found):
        if found[name].size >= LEAST:
            same[found[name].tobytes()].append(name)
    pairs = [Pair(group[0], other, 1.0, int(found[other].size)) for group in same.values() for other in group[1:]]
    firsts = [group[0] for group in same.values()]
    pairs += _alike(firsts, [found[name] for name in firsts], threshold)
    return sorted(pairs, key=lambda pair: (-pair.similarity, -pair.shared, pair.a, pair.b))


def _alike(names: list[str], found: list[Fingerprints], threshold: float) -> Iterator[Pair]:
    """Pairs of different submissions: a sparse table submission × fingerprint, times itself, some rows at a time."""
    if len(names) < 2:
        return
    values, columns = np.unique(np.concatenate(found), return_inverse=True)
    borders = np.cumsum([0, *(len(f) for f in found)])
    table = csr_array((np.ones(len(columns), dtype=np.int32), columns, borders), shape=(len(names), len(values)))
    counted = np.bincount(columns) <= max(FEW, MANY * len(names))
    table = table[:, np.flatnonzero(counted)]
    sizes = np.diff(table.indptr)
    for start in range(0, len(names), BLOCK):
        shared = (table[start : start + BLOCK] @ table.T).tocoo()
        rows, others = shared.row + start, shared.col
        smaller = np.minimum(sizes[rows], sizes[others])
        for i in np.flatnonzero((rows < others) & (smaller >= LEAST) & (shared.data >= threshold * smaller)):
            yield Pair(names[rows[i]], names[others[i]], float(shared.data[i] / smaller[i]), int(shared.data[i]))


def families(pairs: list[Pair]) -> list[list[str]]:
    """Learners who hang together by ``pairs``, largest group first."""
    names = sorted({name for pair in pairs for name in (pair.a, pair.b)})
    place = {name: i for i, name in enumerate(names)}
    links = ([place[p.a] for p in pairs], [place[p.b] for p in pairs])
    _n, label = connected_components(csr_array((np.ones(len(pairs)), links), shape=(len(names), len(names))), directed=False)
    groups: dict[int, list[str]] = defaultdict(list)
    for name, number in zip(names, label.tolist(), strict=True):
        groups[number].append(name)
    return sorted(groups.values(), key=lambda group: (-len(group), group))


def marked(code: Code, other: Code, frame: Frame) -> dict[str, list[tuple[str, bool]]]:
    """Each cell of ``code`` as pieces of text, True where all of ``GRAM`` tokens in a row occur in ``other`` too."""
    theirs = np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *(_grams(tokens(source, frame)) for source in other.values())]))
    return {cell: _pieces(source, tokens(source, frame), theirs) for cell, source in code.items()}


def _pieces(source: str, found: list[Token], theirs: Fingerprints) -> list[tuple[str, bool]]:
    common = np.zeros(len(found), dtype=bool)
    for i in np.flatnonzero(np.isin(_grams(found), theirs)):
        common[i : i + GRAM] = True
    pieces, place = [], 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], common.astype(np.int8), [0]])))
    for first, behind in edges.reshape(-1, 2).tolist():
        start, end = found[first].start, found[behind - 1].end
        pieces += [(source[place:start], False), (source[start:end], True)]
        place = end
    return [(text, mark) for text, mark in [*pieces, (source[place:], False)] if text]
