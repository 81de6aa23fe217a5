"""Make the small data sets that the configs in examples/configs train on.

    python examples/data/make_data.py [FOLDER]

They are drawn by a seeded generator and follow rules that a model can find: ``houses.csv`` (a table
of mixed columns with missing values), ``reviews.csv`` (texts of two kinds), ``river.csv`` (a series
with the seasons in it), ``pairs.npz`` (pairs of the digits that come with kerasette, every second
pair two of the same) and ``shapes`` (pictures of crosses, discs and squares). FOLDER is that of
this script where none is given; there they lie already.
"""

import csv
import math
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def houses(random: np.random.Generator) -> list[list[object]]:
    """Prices by size, age, town, date of sale and remark; a tenth of the ages is missing."""
    worth = {"Ashby": 1.0, "Brook": 1.3, "Cole": 0.8, "Dene": 1.1}
    remarks = {"bright and quiet": 1.05, "needs some work": 0.85, "large garden": 1.15, "": 1.0}
    rows: list[list[object]] = [["size", "age", "town", "sold", "remark", "price"]]
    for _ in range(800):
        size, age = random.normal(110, 30), random.exponential(30)
        town, remark = random.choice(list(worth)), random.choice(list(remarks))
        month = int(random.integers(1, 13))
        price = size * 2.4 * worth[town] * remarks[remark] * math.exp(-age / 200)
        price *= 1 + 0.05 * math.sin(2 * math.pi * month / 12) + random.normal(0, 0.03)
        shown = "" if random.random() < 0.1 else round(age)
        date = f"2024-{month:02}-{random.integers(1, 29):02}"
        rows.append([round(size), shown, town, date, remark, round(price, 1)])
    return rows


def reviews(random: np.random.Generator) -> list[list[object]]:
    """Short texts, good and bad by their words; a few words stand in both."""
    own = {
        "good": "lovely fine great warm clever bright charming moving".split(),
        "bad": "dull poor awful cold clumsy flat tiresome empty".split(),
    }
    shared = "the a it was film story end and with very this her his of".split()
    rows: list[list[object]] = [["text", "label"]]
    for number in range(600):
        kind = ("good", "bad")[number % 2]
        other = ("bad", "good")[number % 2]
        words = [*random.choice(shared, 9), *random.choice(own[kind], 3), random.choice(own[other])]
        random.shuffle(words)
        rows.append([" ".join(words), kind])
    return rows


def river(random: np.random.Generator) -> list[list[object]]:
    """Level, rain and temperature of a river, day by day: yesterday's rain raises the level."""
    rows: list[list[object]] = [["day", "level", "rain", "temperature"]]
    level, before = 2.0, 0.0
    for day in range(1500):
        season = math.sin(2 * math.pi * day / 365)
        rain = max(0.0, random.normal(1 - season, 2))
        level = 0.9 * level + 0.15 * before + 0.1 + random.normal(0, 0.02)
        rows.append([day, round(level, 3), round(rain, 2), round(12 + 9 * season, 1)])
        before = rain
    return rows


def shapes(random: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Crosses, discs and squares of different size and place on a noisy ground, 16 by 16 pixels."""
    rows, columns = np.mgrid[:16, :16]
    for number in range(30):
        for kind in ("cross", "disc", "square"):
            y, x, size = random.integers(5, 11), random.integers(5, 11), random.integers(3, 6)
            down, right = abs(rows - y), abs(columns - x)
            inside = {
                "cross": (np.minimum(down, right) < 1) & (np.maximum(down, right) <= size),
                "disc": down**2 + right**2 <= size**2,
                "square": np.maximum(down, right) <= size - 1,
            }[kind]
            pixels = np.where(inside, 200, 60) + 16 * random.integers(-1, 2, (16, 16))
            yield f"{kind}/{number:02}.png", pixels.astype("uint8")


def pairs(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Two digits of 8 by 8 pixels, whether they are the same digit, and their sum."""
    with np.load(ROOT / "kerasette" / "datasets" / "data" / "digits.npz") as digits:
        x, y = digits["images"], digits["labels"]
    left, right = random.integers(0, len(x), (2, 2400))
    for number in range(0, len(left), 2):
        right[number] = random.choice(np.flatnonzero(y == y[left[number]]))
    return {
        "left": x[left].astype("uint8"),
        "right": x[right].astype("uint8"),
        "same": (y[left] == y[right]).astype("uint8"),
        "sum": (y[left] + y[right]).astype("float32"),
    }


def png(pixels: np.ndarray) -> bytes:
    """A grey picture as a PNG file, its rows unfiltered and unpacked, the same everywhere."""
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    parts += [(b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")]
    found = b"\x89PNG\r\n\x1a\n"
    for name, content in parts:
        check = struct.pack(">I", zlib.crc32(name + content))
        found += struct.pack(">I", len(content)) + name + content + check
    return found


def main() -> None:
    """Write the files."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for number, make in enumerate((houses, reviews, river)):
        with open(folder / f"{make.__name__}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(make(np.random.default_rng(number)))
    np.savez(folder / "pairs.npz", **pairs(np.random.default_rng(4)))
    for name, pixels in shapes(np.random.default_rng(3)):
        (folder / "shapes" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "shapes" / name).write_bytes(png(pixels))


if __name__ == "__main__":
    main()
