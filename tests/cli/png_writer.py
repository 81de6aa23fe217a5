"""Writes PNG files for tests, with any of the filters."""

import struct
import zlib

import numpy as np


def write_png(path, pixels, kinds=(0, 1, 2, 3, 4), palette=None):
    """Write ``pixels`` (height, width, channels), uint8; its rows take the filters in turn."""
    height, width, channels = pixels.shape
    colour = 3 if palette is not None else {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    flat = pixels.reshape(height, -1).astype(int)
    left = np.pad(flat, ((0, 0), (channels, 0)))[:, :-channels]
    above = np.pad(flat, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(left, ((1, 0), (0, 0)))[:-1]
    guess = left + above - corner
    nearest = np.argmin([abs(guess - v) for v in (left, above, corner)], axis=0)
    predicted = [
        0 * flat,
        left,
        above,
        (left + above) // 2,
        np.choose(nearest, [left, above, corner]),
    ]
    rows = b""
    for row in range(height):
        kind = kinds[row % len(kinds)]
        rows += bytes([kind, *((flat[row] - predicted[kind][row]) % 256).tolist()])
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = [("IHDR", header)]
    parts += [("PLTE", palette.astype("uint8").tobytes())] if palette is not None else []
    packed = zlib.compress(rows)
    parts += [("IDAT", packed[:50]), ("IDAT", packed[50:]), ("IEND", b"")]
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, content in parts:
            body = name.encode() + content
            file.write(struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body)))
