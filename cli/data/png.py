"""PNG files without another package: 8 bits a channel, not interlaced (W3C, PNG, third edition)."""

import struct
import zlib
from pathlib import Path

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_MOST_PIXELS = 100_000_000


class OtherPng(ValueError):
    """A PNG of a kind that is not read here: interlaced, or not of 8 bits."""


def read_png(path: Path) -> np.ndarray:
    """Pixels ``(height, width, channels)``, uint8: grey, grey and alpha, RGB or RGBA.

    Raises ``OtherPng`` for other kinds, ``ValueError`` for a file that is damaged or no PNG.
    """
    chunks = _chunks(path.read_bytes())
    if "IHDR" not in chunks or len(chunks["IHDR"]) != 13:
        raise ValueError("it is no PNG file, or is damaged")
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", chunks["IHDR"])
    if depth != 8 or interlaced or kind not in _CHANNELS:
        raise OtherPng("it is interlaced, or has other than 8 bits a channel")
    if not 0 < width * height <= _MOST_PIXELS:
        raise ValueError(f"its size, {width} by {height}, cannot be")
    channels = _CHANNELS[kind]
    length = height * (1 + width * channels)
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(chunks.get("IDAT", b""), length)
    except zlib.error as error:
        raise ValueError(f"it is damaged: {error}") from None
    if len(data) < length:
        raise ValueError("it is cut short")
    rows = np.frombuffer(data, "uint8").reshape(height, -1)
    pixels = _unfiltered(rows, channels).reshape(height, width, channels)
    return _from_palette(pixels, chunks) if kind == 3 else pixels


def _chunks(data: bytes) -> dict[str, bytes]:
    """The contents by chunk type; those of the same type put together."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("it is no PNG file")
    found: dict[str, list[bytes]] = {}
    place = len(_SIGNATURE)
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4])
        name = data[place + 4 : place + 8].decode("latin-1")
        found.setdefault(name, []).append(data[place + 8 : place + 8 + length])
        place += 12 + length
    return {name: b"".join(parts) for name, parts in found.items()}


def _unfiltered(rows: np.ndarray, channels: int) -> np.ndarray:
    """Undo the filter that each row names in its first byte."""
    kinds, rows = rows[:, 0], rows[:, 1:]
    found = np.empty_like(rows)
    above = np.zeros(rows.shape[1], "uint8")
    for index, (kind, row) in enumerate(zip(kinds, rows, strict=True)):
        if kind == 0:
            above = row
        elif kind == 1:
            above = row.reshape(-1, channels).cumsum(axis=0, dtype="uint8").reshape(-1)
        elif kind == 2:
            above = row + above
        elif kind in (3, 4):
            predict = _average if kind == 3 else _paeth
            above = _by_neighbours(row.tolist(), above.tolist(), channels, predict)
        else:
            raise ValueError(f"it is damaged: there is no filter {kind}")
        found[index] = above
    return found


def _by_neighbours(row: list[int], above: list[int], channels: int, predict) -> np.ndarray:  # type: ignore[no-untyped-def]
    """A row whose values are differences from what the neighbours left and above predict."""
    left, corner = [0] * channels + row, [0] * channels + above
    for place, value in enumerate(row):
        guess = predict(left[place], above[place], corner[place])
        left[place + channels] = (value + guess) & 255
    return np.array(left[channels:], "uint8")


def _average(left: int, above: int, corner: int) -> int:
    return (left + above) // 2


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    by_left, by_above, by_corner = abs(guess - left), abs(guess - above), abs(guess - corner)
    if by_left <= by_above and by_left <= by_corner:
        return left
    return above if by_above <= by_corner else corner


def _from_palette(pixels: np.ndarray, chunks: dict[str, bytes]) -> np.ndarray:
    colours = np.frombuffer(chunks.get("PLTE", b""), "uint8")
    if not len(colours) or len(colours) % 3 or pixels.max() >= len(colours) // 3:
        raise ValueError("it is damaged: its palette lacks a colour")
    return colours.reshape(-1, 3)[pixels[:, :, 0]]
