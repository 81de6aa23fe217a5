"""The event files that TensorBoard reads, written without TensorFlow.

An event file is a row of records; each is its length, a checksum of that, the bytes of a protocol
buffer message of type ``Event``, and their checksum (CRC-32C, "masked"). Of protocol buffers only
the wire format is needed: fields of a number and a kind (protobuf.dev, "Encoding").
"""

import os
import socket
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

_MASK = 0xA282EAD8
_POLYNOMIAL = 0x82F63B78  # of CRC-32C, reflected
_numbers = iter(range(2**31))  # so that no two files of a process have the same name


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """The CRC-32C (Castagnoli) of ``data``.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF)


# Protocol buffers


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def whole(number: int, value: int) -> bytes:
    """A field of an integer."""
    return _varint(number << 3) + _varint(value)


def double(number: int, value: float) -> bytes:
    """A field of a double."""
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def single(number: int, value: float) -> bytes:
    """A field of a float."""
    return _varint(number << 3 | 5) + struct.pack("<f", value)


def message(number: int, value: bytes | str) -> bytes:
    """A field of a text, of bytes, or of a message."""
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def doubles(number: int, values: Any) -> bytes:
    """A field of several doubles."""
    return message(number, np.asarray(values, "<f8").tobytes())


# What a summary may hold


def scalar(value: float) -> bytes:
    return single(2, value)


def histogram(values: np.ndarray, buckets: int = 30) -> bytes:
    values = np.asarray(values, "float64").reshape(-1)
    values = values[np.isfinite(values)]
    if not values.size:
        values = np.zeros(1)
    counts, edges = np.histogram(values, buckets)
    return message(
        5,
        double(1, float(values.min()))
        + double(2, float(values.max()))
        + double(3, values.size)
        + double(4, float(values.sum()))
        + double(5, float((values**2).sum()))
        + doubles(6, edges[1:])
        + doubles(7, counts),
    )


def image(pixels: np.ndarray) -> bytes:
    """``pixels`` of shape ``(height, width, 1 or 3)``, uint8, as a PNG."""
    height, width, channels = pixels.shape
    kind = {1: 0, 3: 2}[channels]

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels))
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return message(4, whole(1, height) + whole(2, width) + whole(3, channels) + message(4, png))


def graph(nodes: list[tuple[str, str, list[str]]]) -> bytes:
    """A GraphDef of nodes ``(name, kind, names of inputs)``."""
    found = b""
    for name, kind, inputs in nodes:
        node = message(1, name) + message(2, kind) + b"".join(message(3, i) for i in inputs)
        found += message(1, node)
    return found + message(4, whole(1, 987))  # the version of GraphDef that this follows


class EventFile:
    """Writes events into a file in ``folder``: a new one, or what ``place`` gave of an older one.

    What an older file holds beyond that place is dropped.
    """

    def __init__(self, folder: str | os.PathLike[str], place: tuple[str, int] | None = None):
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._file: Any
        if place is not None and (Path(folder) / place[0]).exists():
            self._file = open(Path(folder) / place[0], "r+b")  # noqa: SIM115
            self._file.truncate(min(place[1], self._file.seek(0, os.SEEK_END)))
            self._file.seek(0, os.SEEK_END)
            return
        host = socket.gethostname()
        name = f"events.out.tfevents.{int(time.time())}.{host}.{os.getpid()}.{next(_numbers)}.v2"
        self._file = open(Path(folder) / name, "wb")  # noqa: SIM115
        self._write(message(3, "brain.Event:2"))

    def place(self) -> tuple[str, int]:
        """The file's name, and how long it is."""
        self._file.flush()
        return Path(self._file.name).name, self._file.tell()

    def _write(self, content: bytes) -> None:
        event = double(1, time.time()) + content
        length = struct.pack("<Q", len(event))
        self._file.write(length + _masked(length) + event + _masked(event))

    def add(self, tag: str, value: bytes, step: int) -> None:
        """Write one value, made by ``scalar``, ``histogram`` or ``image``."""
        self._write(whole(2, step) + message(5, message(1, message(1, tag) + value)))

    def add_graph(self, content: bytes) -> None:
        """Write a graph, made by ``graph``."""
        self._write(message(4, content))

    def flush(self) -> None:
        """Make what was written visible to readers."""
        self._file.flush()

    def close(self) -> None:
        """Write the rest, and close the file."""
        self._file.close()
