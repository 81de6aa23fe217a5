"""Hashes of bytes that Keras's text layers use: FarmHash's fingerprint, and SipHash.

FarmHash: Geoff Pike, 2014 (the 64-bit fingerprint, fixed for ever). SipHash-2-4: Aumasson and
Bernstein, 2012. Both are plain arithmetic modulo 2 ** 64.
"""

import struct

_ALL = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_CAT = 0xC6A4A7935BD1E995


def fingerprint(data: bytes) -> int:
    """FarmHash's 64-bit fingerprint.

    >>> fingerprint(b"") == 0x9AE16A3B2F90404F
    True
    """
    size = len(data)
    if size <= 16:
        return _to_16(data)
    if size <= 32:
        return _to_32(data)
    return _to_64(data) if size <= 64 else _longer(data)


def joined(first: int, second: int) -> int:
    """The fingerprint of a pair of fingerprints."""
    mixed = first ^ _CAT ^ (_mixed(second * _CAT) * _CAT & _ALL)
    return _mixed(_mixed(mixed * _CAT) * _CAT)


def keyed(data: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 of data under a key of two 64-bit numbers: strong against chosen collisions."""
    k0, k1 = (part & _ALL for part in key)
    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]
    whole = len(data) // 8 * 8
    last = data[whole:].ljust(7, b"\0") + bytes([len(data) & 255])
    for place in range(0, whole + 8, 8):
        word = _at(data, place) if place < whole else _at(last, 0)
        v[3] ^= word
        _sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    _sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _sip_rounds(v: list[int], count: int) -> None:
    for _ in range(count):
        for a, b, turn, half in ((0, 1, 13, True), (2, 3, 16, False)):
            v[a] = (v[a] + v[b]) & _ALL
            v[b] = _left(v[b], turn) ^ v[a]
            if half:
                v[a] = _left(v[a], 32)
        for a, b, turn, half in ((0, 3, 21, False), (2, 1, 17, True)):
            v[a] = (v[a] + v[b]) & _ALL
            v[b] = _left(v[b], turn) ^ v[a]
            if half:
                v[a] = _left(v[a], 32)


def _left(x: int, places: int) -> int:
    return (x << places | x >> (64 - places)) & _ALL


def _right(x: int, places: int) -> int:
    x &= _ALL
    return (x >> places | x << (64 - places)) & _ALL


def _at(data: bytes, place: int) -> int:
    return struct.unpack_from("<Q", data, place)[0]


def _mixed(x: int) -> int:
    x &= _ALL
    return x ^ x >> 47


def _pair(u: int, v: int, factor: int) -> int:
    a = _mixed((u ^ v) * factor)
    return _mixed((v ^ a) * factor) * factor & _ALL


def _to_16(data: bytes) -> int:
    size = len(data)
    factor = _K2 + size * 2
    if size >= 8:
        a, b = _at(data, 0) + _K2, _at(data, size - 8)
        return _pair(
            (_right(b, 37) * factor + a) & _ALL, (_right(a, 25) + b) * factor & _ALL, factor
        )
    if size >= 4:
        first, last = (struct.unpack_from("<I", data, place)[0] for place in (0, size - 4))
        return _pair(size + (first << 3), last, factor)
    if size:
        y, z = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return _mixed((y * _K2 & _ALL) ^ (z * _K0 & _ALL)) * _K2 & _ALL
    return _K2


def _to_32(data: bytes) -> int:
    size = len(data)
    factor = _K2 + size * 2
    a, b = _at(data, 0) * _K1, _at(data, 8)
    c, d = _at(data, size - 8) * factor, _at(data, size - 16) * _K2
    return _pair(
        (_right(a + b, 43) + _right(c, 30) + d) & _ALL,
        (a + _right(b + _K2, 18) + c) & _ALL,
        factor,
    )


def _to_64(data: bytes) -> int:
    size = len(data)
    factor = _K2 + size * 2
    a, b = _at(data, 0) * _K2, _at(data, 8)
    c, d = _at(data, size - 8) * factor, _at(data, size - 16) * _K2
    y = (_right(a + b, 43) + _right(c, 30) + d) & _ALL
    z = _pair(y, (a + _right(b + _K2, 18) + c) & _ALL, factor)
    e, f = _at(data, 16) * factor, _at(data, 24)
    g = (y + _at(data, size - 32)) * factor
    h = (z + _at(data, size - 24)) * factor
    return _pair(
        (_right(e + f, 43) + _right(g, 30) + h) & _ALL,
        (e + _right(f + a, 18) + g) & _ALL,
        factor,
    )


def _weak(data: bytes, place: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = struct.unpack_from("<4Q", data, place)
    a += w
    b = _right(b + a + z, 21)
    c = a
    a += x + y
    b += _right(a, 44)
    return (a + z) & _ALL, (b + c) & _ALL


def _longer(data: bytes) -> int:
    """More than 64 bytes: blocks of 64, then the last 64 once more with another factor."""
    rest = (len(data) - 1) & 63
    end = len(data) - 1 - rest
    x = (81 * _K2 + _at(data, 0)) & _ALL
    y = (81 * _K1 + 113) & _ALL
    z = _mixed(y * _K2 + 113) * _K2 & _ALL
    v, w = (0, 0), (0, 0)
    factor, twist = _K1, 1
    for place in (*range(0, end, 64), end + rest - 63):
        if place == end + rest - 63:
            factor, twist = _K1 + ((z & 255) << 1), 9
            w = ((w[0] + rest) & _ALL, w[1])
            v = ((v[0] + w[0]) & _ALL, v[1])
            w = ((w[0] + v[0]) & _ALL, w[1])
        x = _right(x + y + v[0] + _at(data, place + 8), 37) * factor & _ALL
        y = _right(y + v[1] + _at(data, place + 48), 42) * factor & _ALL
        x ^= w[1] * twist & _ALL
        y = (y + v[0] * twist + _at(data, place + 40)) & _ALL
        z = _right(z + w[0], 33) * factor & _ALL
        v = _weak(data, place, v[1] * factor, x + w[0])
        w = _weak(data, place + 32, z + w[1], y + _at(data, place + 16))
        z, x = x, z
    return _pair(
        (_pair(v[0], w[0], factor) + _mixed(y) * _K0 + z) & _ALL,
        (_pair(v[1], w[1], factor) + x) & _ALL,
        factor,
    )
