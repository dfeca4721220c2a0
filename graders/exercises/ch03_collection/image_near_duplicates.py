"""Images that look the same: the difference hash and the Hamming distance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import imagehash
import numpy as np
from skimage.measure import block_reduce

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

SAME = "a brighter or paler copy has the same hash"
DISTANCE = "the distance counts the bits that differ"
LIMIT = "pairs up to max_distance are reported, and none beyond"
BLANK = "an image without any contrast pairs with nothing"
REFUSED = "an image that cannot be divided into 8 × 9 blocks is refused"


def reference(images: list[Any], max_distance: int) -> list[tuple[int, int, int]]:
    """Block means by scikit-image, distances by the library imagehash."""
    hashes, blank = [], []
    for image in images:
        height, width = np.shape(image)
        if height % 8 != 0 or width % 9 != 0:
            raise ValueError("8 rows and 9 columns of blocks are due")
        means = block_reduce(np.asarray(image, dtype=float), (height // 8, width // 9), np.mean)
        hashes.append(imagehash.ImageHash(means[:, 1:] > means[:, :-1]))
        blank.append(np.ptp(means) == 0)
    found = []
    for i, j in combinations(range(len(images)), 2):
        distance = int(hashes[i] - hashes[j])
        if not blank[i] and not blank[j] and distance <= max_distance:
            found.append((i, j, distance))
    return found


def scene(rng: np.random.Generator, height: int = 16, width: int = 18) -> Any:
    """A picture of soft shapes, gray values 40 to 200."""
    y, x = np.mgrid[0:height, 0:width]
    total = np.zeros((height, width))
    for _ in range(4):
        total += np.cos(rng.uniform(0.1, 0.7) * x + rng.uniform(-0.5, 0.5) * y + rng.uniform(0, 6))
    low, high = total.min(), total.max()
    return np.round(40 + 160 * (total - low) / (high - low)).astype(np.uint8)


def blocks(values: Any, height: int = 2, width: int = 2) -> Any:
    """The picture of 8 × 9 blocks with these gray values."""
    return np.kron(np.asarray(values), np.ones((height, width))).astype(np.uint8)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No image, one image, blocks of one pixel, steps of one gray level, then random pictures and copies."""
    yield Case(LIMIT, ([], 5))
    yield Case(LIMIT, ([scene(rng)], 5))
    picture = scene(rng)
    even = (picture // 2 * 2).astype(np.uint8)
    yield Case(SAME, ([even, even - 30, even + 30, even // 2, scene(rng)], 3))
    yield Case(SAME, ([blocks(np.tile([200, 10], 36).reshape(8, 9)), blocks(np.tile([101, 100], 36).reshape(8, 9), 3, 1)], 3))
    grid = np.tile(np.arange(9) * 20, (8, 1))
    for count in (1, 5, 6):
        other = grid.copy()
        other[:count, 8] = 0  # each row changes one bit
        yield Case(LIMIT, ([blocks(grid), blocks(other)], 5))
    yield Case(DISTANCE, ([blocks(grid), blocks(grid[:, ::-1]), blocks(np.full((8, 9), 7) + (np.arange(9) == 4))], 100))
    yield Case(DISTANCE, ([grid.astype(np.uint8), blocks(np.tile(np.arange(8)[:, None] * 20, (1, 9)) + (np.arange(9) == 8))], 100))
    yield Case(DISTANCE, ([picture, scene(rng, 64, 72), scene(rng, 8, 9)], 100))
    mixed = picture.copy()
    mixed[0, 0], mixed[15, 17] = 255, 0
    yield Case(DISTANCE, ([picture, mixed, picture.T[:16, :9], scene(rng)], 100))
    yield Case(BLANK, ([np.zeros((16, 18), np.uint8), np.full((16, 18), 255, np.uint8), picture, np.full((8, 9), 9)], 100))
    yield Case(BLANK, ([np.tile(np.arange(8)[:, None] * 20, (1, 9)), np.tile(np.arange(8)[:, None] * 10, (1, 9))], 3))
    for _ in range(3):
        originals = [scene(rng) for _ in range(4)]
        copies = [np.clip(image + rng.normal(0, 8, image.shape), 0, 255).astype(np.uint8) for image in originals]
        yield Case(LIMIT, (originals + copies, int(rng.integers(2, 12))))
    yield Case(REFUSED, ([picture, picture[:, :17]], 5), raises="ValueError")
    yield Case(REFUSED, ([picture, picture[:15]], 5), raises="ValueError")


FIRST = scene(np.random.default_rng(1))
SECOND = scene(np.random.default_rng(2))
NOISY = np.clip(FIRST + np.random.default_rng(3).normal(0, 6, FIRST.shape), 0, 255).astype(np.uint8)
RAMP = np.tile(np.arange(9) * 20, (8, 1))
BENT = RAMP.copy()
BENT[:3, 8] = 0

exercise = Exercise(
    id="image_near_duplicates",
    title="Images that look the same",
    points=4,
    minutes=15,
    hints=(
        "An image of 8·p × 9·q pixels, reshaped to `(8, p, 9, q)`, has its blocks on the axes 1 and 3: `mean(axis=(1, 3))` gives the 8 × 9 block means.",
        "`means[:, 1:] > means[:, :-1]` are the 64 bits. Of two such arrays, `!=` marks the bits that differ.",
        "An image all of whose block means are equal has no bit that says anything: leave it out before you pair.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(SAME, ([FIRST, FIRST // 2 * 2 - 24, FIRST // 2 * 2, SECOND], 3)),
        Case(DISTANCE, ([FIRST, NOISY, SECOND], 100)),
        Case(LIMIT, ([blocks(RAMP), blocks(BENT)], 3)),
        Case(LIMIT, ([blocks(RAMP), blocks(BENT)], 2)),
        Case(BLANK, ([np.full((8, 9), 255), np.full((16, 18), 255), np.zeros((8, 9)), FIRST], 10)),
        Case(REFUSED, ([FIRST, FIRST[:, :10]], 3), raises="ValueError"),
        Case(REFUSED, ([FIRST, FIRST[:12]], 3), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_reshape(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError(f"image {number} has {height} × {width} pixels")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        if means.min() < means.max():
            hashes[number] = (np.diff(means, axis=1) > 0).ravel()
    pairs = []
    for i, j in combinations(hashes, 2):
        distance = np.count_nonzero(hashes[i] != hashes[j])
        if distance <= max_distance:
            pairs.append((i, j, distance))
    return pairs


@exercise.right
def with_whole_numbers(images, max_distance):
    codes = []
    for image in images:
        if len(image) % 8 != 0 or len(image[0]) % 9 != 0:
            raise ValueError("8 × 9 blocks are due")
        p, q = len(image) // 8, len(image[0]) // 9
        sums = [[int(np.sum(image[p * r : p * r + p, q * c : q * c + q], dtype=float)) for c in range(9)] for r in range(8)]
        code = 0
        for row in sums:
            for left, right in zip(row, row[1:]):
                code = code * 2 + (right > left)
        codes.append(code if len({s for row in sums for s in row}) > 1 else None)
    result = []
    for i in range(len(codes)):
        for j in range(i + 1, len(codes)):
            if codes[i] is not None and codes[j] is not None:
                distance = (codes[i] ^ codes[j]).bit_count()
                if distance <= max_distance:
                    result.append([i, j, distance])
    return result


@exercise.right
def with_a_warning(images, max_distance):
    import warnings

    if max_distance > 16:
        warnings.warn("at such a distance unlike images pair as well")
    if any(image.shape[0] % 8 or image.shape[1] % 9 for image in images):
        raise ValueError("8 × 9 blocks are due")
    means = [np.mean([np.hsplit(strip, 9) for strip in np.vsplit(image, 8)], axis=(2, 3)) for image in images]
    bits = [np.greater(m[:, 1:], m[:, :-1]) for m in means]
    found = [(i, j, int(np.sum(bits[i] ^ bits[j]))) for i, j in combinations(range(len(images)), 2) if np.ptp(means[i]) and np.ptp(means[j])]
    return [triple for triple in found if triple[2] <= max_distance]


@exercise.wrong(
    "Your hash compares each block with the mean of the image: that is the average hash. The difference hash compares each block with its *right neighbour*, and so "
    "follows edges, not which half of the picture is bright.",
    share=3 / 5,
)
def average_hash(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        if means.min() < means.max():
            hashes[number] = means.size * means[:, :8] > means.sum()
    found = [(i, j, np.sum(hashes[i] != hashes[j])) for i, j in combinations(hashes, 2)]
    return [t for t in found if t[2] <= max_distance]


@exercise.wrong(
    "You compared each block with the one below it. Eight rows of nine blocks give 64 comparisons *along* the rows: right neighbour against left.",
    share=2 / 5,
)
def down_the_columns(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        if means.min() < means.max():
            hashes[number] = means[1:] > means[:-1]
    found = [(i, j, np.sum(hashes[i] != hashes[j])) for i, j in combinations(hashes, 2)]
    return [t for t in found if t[2] <= max_distance]


@exercise.wrong(
    "Gray values are bytes, and you subtracted bytes: 3 - 5 is 254 there, so every change counts as brighter. Turn the means into floats (or compare with `>`) before you subtract.",
    share=2 / 5,
)
def bytes_subtracted(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        small = means.astype(np.uint8)
        if means.min() < means.max():
            hashes[number] = (small[:, 1:] - small[:, :-1]) > 0
    found = [(i, j, np.sum(hashes[i] != hashes[j])) for i, j in combinations(hashes, 2)]
    return [t for t in found if t[2] <= max_distance]


@exercise.wrong(
    "A pair at exactly max_distance is missing: `<=`, not `<`.",
    share=4 / 5,
)
def limit_excluded(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        if means.min() < means.max():
            hashes[number] = means[:, 1:] > means[:, :-1]
    found = [(i, j, np.sum(hashes[i] != hashes[j])) for i, j in combinations(hashes, 2)]
    return [t for t in found if t[2] < max_distance]


@exercise.wrong(
    "Your blank images are near duplicates of each other, black ones of white ones. No block differs from its neighbour there, so the hash is all zeros and says nothing: scanned "
    "empty pages and night shots would swallow each other. Leave images without contrast out.",
    share=4 / 5,
)
def blanks_paired(images, max_distance):
    hashes = []
    for image in images:
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        hashes.append(means[:, 1:] > means[:, :-1])
    found = [(i, j, np.sum(hashes[i] != hashes[j])) for i, j in combinations(range(len(images)), 2)]
    return [t for t in found if t[2] <= max_distance]


@exercise.wrong(
    "You took one pixel of each block instead of the block's mean. A speck of dust or a block border of a JPEG then decides a bit; the mean is what makes the hash calm.",
    share=2 / 5,
)
def one_pixel_per_block(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        small = image[:: height // 8, :: width // 9].astype(float)
        if small.min() < small.max():
            hashes[number] = small[:, 1:] > small[:, :-1]
    found = [(i, j, np.sum(hashes[i] != hashes[j])) for i, j in combinations(hashes, 2)]
    return [t for t in found if t[2] <= max_distance]


@exercise.wrong(
    "The distance is a share of the 64 bits. Here it is a count, 0 to 64: the literature's limits (5, 8, 10 bits) mean counts.",
    share=3 / 5,
)
def share_of_bits(images, max_distance):
    hashes = {}
    for number, image in enumerate(images):
        height, width = image.shape
        if height % 8 or width % 9:
            raise ValueError("8 × 9 blocks are due")
        means = image.reshape(8, height // 8, 9, width // 9).mean(axis=(1, 3))
        if means.min() < means.max():
            hashes[number] = means[:, 1:] > means[:, :-1]
    found = [(i, j, np.mean(hashes[i] != hashes[j])) for i, j in combinations(hashes, 2)]
    return [t for t in found if 64 * t[2] <= max_distance]
