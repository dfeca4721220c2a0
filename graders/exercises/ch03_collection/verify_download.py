"""A download against its manifest: are these the files that were meant, and do they hold what was promised?"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Entry = dict[str, Any]

CHECKSUM = "the checksum is taken over the bytes as they came"
COLUMNS = "the columns are compared by name and order"
ROWS = "rows are records, not lines"
ALL = "one problem does not hide another"
THERE = "files that are missing, too many or not text are named"
REFUSED = "a checksum that proves nothing is refused"


def reference(files: Mapping[str, bytes], manifest: Mapping[str, Entry]) -> list[tuple[str, str]]:
    """(name, problem) in the manifest's order, then files too many in the alphabet's; pandas reads the tables.

    Raises ValueError where the manifest's sha256 does not consist of 64 hexadecimal digits.
    """
    for name, entry in manifest.items():
        if not re.fullmatch("[0-9a-fA-F]{64}", entry["sha256"]):
            raise ValueError(f"this is no SHA-256 of {name}: {entry['sha256']}")
    problems = []
    for name, entry in manifest.items():
        if name not in files:
            problems.append((name, "missing"))
            continue
        if hashlib.sha256(files[name]).hexdigest().upper() != entry["sha256"].upper():
            problems.append((name, "checksum"))
        try:
            text = files[name].decode("utf-8")
        except UnicodeDecodeError:
            problems.append((name, "unreadable"))
            continue
        try:
            table = pd.read_csv(io.StringIO(text), header=None, dtype=str)
        except pd.errors.EmptyDataError:
            table = pd.DataFrame([])
        if table.head(1).to_numpy().ravel().tolist() != entry["columns"]:
            problems.append((name, "columns"))
        if len(table.iloc[1:]) != entry["rows"]:
            problems.append((name, "rows"))
    return problems + [(name, "extra") for name in sorted(set(files) - set(manifest))]


PENGUINS = b"id,species,note\n1,Adelie,\"calm\"\n2,Gentoo,\"bit me,\ntwice\"\n3,Adelie,ok\n"


def described(data: bytes, **changes: Any) -> Entry:
    """The manifest's entry that fits ``data``, but for ``changes``."""
    rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="")) if row]
    columns, n = (rows[0], len(rows) - 1) if rows else (["id"], 0)
    return {"sha256": hashlib.sha256(data).hexdigest(), "columns": columns, "rows": n, **changes}


def table(rng: np.random.Generator, n_rows: int, newline: str = "\n") -> bytes:
    """A CSV file of ``n_rows`` records; some notes hold commas and line breaks."""
    notes = ["ok", "wet, cold", "two\nlines", "세 번째"]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=newline)
    writer.writerow(["id", "grams", "note"])
    writer.writerows([i, int(rng.integers(3000, 6000)), notes[rng.integers(4)]] for i in range(n_rows))
    return text.getvalue().encode()


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No files, files as promised, one thing wrong at a time, several at once, then checksums to refuse."""
    one, two = table(rng, 12), table(rng, 7, "\r\n")
    yield Case(CHECKSUM, ({}, {}))
    yield Case(CHECKSUM, ({"a.csv": one, "b.csv": two}, {"a.csv": described(one), "b.csv": described(two)}))
    yield Case(CHECKSUM, ({"b.csv": two.replace(b"\r\n", b"\n")}, {"b.csv": described(two)}))
    changed = bytearray(PENGUINS)
    changed[18 + int(rng.integers(4))] ^= 1
    yield Case(CHECKSUM, ({"p.csv": bytes(changed)}, {"p.csv": described(PENGUINS)}))
    yield Case(CHECKSUM, ({"p.csv": PENGUINS + b"\n"}, {"p.csv": described(PENGUINS)}))
    yield Case(CHECKSUM, ({"p.csv": one}, {"p.csv": described(one, sha256=hashlib.sha256(one).hexdigest().upper())}))
    yield Case(CHECKSUM, ({"p.csv": one}, {"p.csv": described(one, sha256=hashlib.sha256(one).hexdigest()[:60] + "ffff")}))
    yield Case(COLUMNS, ({"p.csv": one}, {"p.csv": described(one, columns=["id", "note", "grams"])}))
    yield Case(COLUMNS, ({"p.csv": one}, {"p.csv": described(one, columns=["id", "grams", "Note"])}))
    yield Case(COLUMNS, ({"p.csv": one}, {"p.csv": described(one, columns=["id", "grams"])}))
    quoted = b"\"id\",\"a, b\"\n1,2\n"
    yield Case(COLUMNS, ({"p.csv": quoted}, {"p.csv": described(quoted)}))
    unended = one.rstrip(b"\n")
    yield Case(ROWS, ({"p.csv": unended, "q.csv": PENGUINS}, {"p.csv": described(unended), "q.csv": described(PENGUINS, rows=5)}))
    gappy = b"id\n1\n\n2\n\n"
    yield Case(ROWS, ({"p.csv": gappy}, {"p.csv": described(gappy)}))
    yield Case(ROWS, ({"p.csv": one}, {"p.csv": described(one, rows=int(rng.choice([11, 13])))}))
    header = b"id,name\n"
    yield Case(ROWS, ({"p.csv": header, "q.csv": header}, {"p.csv": described(header), "q.csv": described(header, rows=1)}))
    cut = one[: one.rindex(b"\n10,")]
    yield Case(ALL, ({"p.csv": cut}, {"p.csv": described(one)}))
    yield Case(ALL, ({"b.csv": one, "a.csv": two}, {"b.csv": described(two), "a.csv": described(one, columns=["x"], rows=0)}))
    yield Case(ALL, ({"p.csv": b""}, {"p.csv": described(b"")}))
    yield Case(ALL, ({"z.csv": one, "x.csv": b"\xff\xfe\x00", "y.csv": one}, {"w.csv": described(one), "x.csv": described(one)}))
    korean = "이름\n펭귄\n".encode("cp949")
    yield Case(THERE, ({"k.csv": korean}, {"k.csv": described(korean)}))
    yield Case(THERE, ({"b": one, "a": one}, {}))
    yield Case(THERE, ({}, {"b": described(one), "a": described(two)}))
    for wrong in (hashlib.md5(one).hexdigest(), "", "g" * 64, hashlib.sha256(one).hexdigest()[:12], "0" * 65):
        yield Case(REFUSED, ({"p.csv": one}, {"p.csv": described(one, sha256=wrong)}), raises="ValueError")
    yield Case(REFUSED, ({}, {"p.csv": described(one, sha256="1234")}), raises="ValueError")


exercise = Exercise(
    id="verify_download",
    title="A download, verified",
    points=5,
    minutes=15,
    hints=(
        "`hashlib.sha256(data).hexdigest()` of the bytes, in small letters; the manifest may write it in capitals.",
        "`csv.reader(io.StringIO(text, newline=\"\"))` gives records; a record may span several lines. Leave out empty ones.",
        "`data.decode(\"utf-8\")` raises UnicodeDecodeError for what is not UTF-8: report it, and go on with the next file.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(CHECKSUM, ({"p.csv": PENGUINS}, {"p.csv": described(PENGUINS)})),
        Case(CHECKSUM, ({"p.csv": PENGUINS.replace(b"2,Gentoo", b"2,Adelie")}, {"p.csv": described(PENGUINS)})),
        Case(COLUMNS, ({"p.csv": PENGUINS}, {"p.csv": described(PENGUINS, columns=["species", "id", "note"])})),
        Case(ROWS, ({"p.csv": PENGUINS}, {"p.csv": described(PENGUINS, rows=4)})),
        Case(ALL, ({"p.csv": PENGUINS[: PENGUINS.index(b"3,")]}, {"p.csv": described(PENGUINS)})),
        Case(THERE, ({"q.csv": PENGUINS}, {"p.csv": described(PENGUINS)})),
        Case(THERE, ({"p.csv": b"id\n\xb0\xa1\n"}, {"p.csv": described(b"id\n\xb0\xa1\n")})),
        Case(REFUSED, ({"p.csv": PENGUINS}, {"p.csv": described(PENGUINS, sha256=hashlib.sha256(PENGUINS).hexdigest()[:16])}), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_csv(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        if hashlib.sha256(data).hexdigest() != entry["sha256"].lower():
            found.append((name, "checksum"))
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if (records[0] if records else []) != entry["columns"]:
            found.append((name, "columns"))
        if max(len(records) - 1, 0) != entry["rows"]:
            found.append((name, "rows"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]


@exercise.right
def with_bytes_and_a_warning(files, manifest):
    import warnings

    problems = {name: [] for name in [*manifest, *sorted(set(files) - set(manifest))]}
    for name, entry in manifest.items():
        if len(bytes.fromhex(entry["sha256"])) != 32 or len(entry["sha256"]) != 64:
            raise ValueError(f"not a SHA-256: {entry['sha256']}")
        if name not in files:
            problems[name] = ["missing"]
            continue
        digest = hashlib.sha256()
        digest.update(files[name])
        if digest.digest() != bytes.fromhex(entry["sha256"]):
            problems[name].append("checksum")
        try:
            text = str(files[name], "utf-8")
        except UnicodeError:
            warnings.warn(f"{name} is not UTF-8")
            problems[name].append("unreadable")
            continue
        lines = filter(None, csv.reader(text.splitlines(keepends=True)))
        if next(lines, []) != entry["columns"]:
            problems[name].append("columns")
        if sum(1 for _ in lines) != entry["rows"]:
            problems[name].append("rows")
    for name in set(files) - set(manifest):
        problems[name] = ["extra"]
    return [(name, problem) for name, list_ in problems.items() for problem in list_]


@exercise.wrong(
    "You count lines. A record may hold line breaks within quotes, a file may end without one, and empty lines hold nothing: let `csv` or "
    "pandas count the records.",
    share=2 / 6,
)
def counts_lines(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        if hashlib.sha256(data).hexdigest() != entry["sha256"].lower():
            found.append((name, "checksum"))
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if (records[0] if records else []) != entry["columns"]:
            found.append((name, "columns"))
        if data.count(b"\n") - 1 != entry["rows"]:
            found.append((name, "rows"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]


@exercise.wrong(
    "You look at the checksum alone. It proves that this is the file that somebody hashed; whether that file has the promised columns and rows "
    "it does not say.",
    share=2 / 6,
)
def checksum_only(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        if name not in files:
            found.append((name, "missing"))
        elif hashlib.sha256(files[name]).hexdigest() != entry["sha256"].lower():
            found.append((name, "checksum"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]


@exercise.wrong(
    "A file with a wrong checksum is not looked at further. Its columns and rows tell what happened (cut off? another version? another file?), and "
    "whoever has to ask for it again wants to say so.",
    share=5 / 6,
)
def stops_at_the_checksum(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        if hashlib.sha256(data).hexdigest() != entry["sha256"].lower():
            found.append((name, "checksum"))
            continue
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if (records[0] if records else []) != entry["columns"]:
            found.append((name, "columns"))
        if max(len(records) - 1, 0) != entry["rows"]:
            found.append((name, "rows"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]


@exercise.wrong(
    "You hash the text after reading it, with line ends made alike and blanks cut off. A checksum is about bytes: hash what came, before anything "
    "touches it.",
    share=5 / 6,
)
def hashes_the_text(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        neat = data.replace(b"\r\n", b"\n").strip() + b"\n"
        if entry["sha256"].lower() not in (hashlib.sha256(data).hexdigest(), hashlib.sha256(neat).hexdigest()):
            found.append((name, "checksum"))
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if (records[0] if records else []) != entry["columns"]:
            found.append((name, "columns"))
        if max(len(records) - 1, 0) != entry["rows"]:
            found.append((name, "rows"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]


@exercise.wrong(
    "Columns in another order pass in your function. Code that reads by position, and every appended file, then puts grams under notes without "
    "a word: compare the lists, not the sets.",
    share=5 / 6,
)
def columns_as_a_set(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        if hashlib.sha256(data).hexdigest() != entry["sha256"].lower():
            found.append((name, "checksum"))
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if set(records[0] if records else []) != set(entry["columns"]):
            found.append((name, "columns"))
        if max(len(records) - 1, 0) != entry["rows"]:
            found.append((name, "rows"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]


@exercise.wrong(
    "Files that the manifest does not name pass unseen. One that nobody vouches for, in a folder that a script reads as a whole, becomes training data: "
    "report it as `extra`.",
    share=4 / 6,
)
def extra_passes(files, manifest):
    found = []
    for name, entry in manifest.items():
        if len(entry["sha256"]) != 64 or set(entry["sha256"].lower()) - set("0123456789abcdef"):
            raise ValueError(f"{name}: 64 hexadecimal digits are due")
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        if hashlib.sha256(data).hexdigest() != entry["sha256"].lower():
            found.append((name, "checksum"))
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if (records[0] if records else []) != entry["columns"]:
            found.append((name, "columns"))
        if max(len(records) - 1, 0) != entry["rows"]:
            found.append((name, "rows"))
    return found


@exercise.wrong(
    "You accept a checksum of which only the beginning is given. To twelve digits another file can be found by trying, and of MD5 sums two "
    "files with the same one are made in seconds. Ask for all 64 digits and refuse the rest.",
    share=5 / 6,
)
def beginning_is_enough(files, manifest):
    found = []
    for name, entry in manifest.items():
        data = files.get(name)
        if data is None:
            found.append((name, "missing"))
            continue
        if not hashlib.sha256(data).hexdigest().startswith(entry["sha256"].lower()):
            found.append((name, "checksum"))
        try:
            records = [r for r in csv.reader(io.StringIO(data.decode(), newline="")) if r]
        except UnicodeDecodeError:
            found.append((name, "unreadable"))
            continue
        if (records[0] if records else []) != entry["columns"]:
            found.append((name, "columns"))
        if max(len(records) - 1, 0) != entry["rows"]:
            found.append((name, "rows"))
    return found + [(name, "extra") for name in sorted(files) if name not in manifest]
