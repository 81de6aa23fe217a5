"""The trees by which HDF5 finds the members of groups and the pieces of data sets.

HDF5 goes down such a tree from node to node. Where a node has itself below it, there is no end to
that but the end of the stack, and the process dies; where many nodes have the same one below them,
it goes there each time. So each node's level must be that of the one node above it less one.

Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, III.A and IV.A.2.i.
"""

import re
import struct
from typing import Any

from kerasette.errors import FileError
from kerasette.saving.heaps import unpacked

NODE, NEWER = b"TREE", b"BTHD"
_NODE = struct.Struct("<4sBBHQQ")
_NEWER = struct.Struct("<4sBBIHH")
_GROUP, _PIECES = 0, 1  # what a tree is for
_DEEPEST = 8  # a tree of such a depth has more entries than any disk
# How a data set says where its tree is, in the three versions of that: with its rank and one.
_LAYOUT = re.compile(
    rb"(?=\x03\x02([\x02-\x21])(.{8})|[\x01\x02]([\x02-\x21])\x02.{5}(.{8}))", re.DOTALL
)
_BLOCK, _OVERLAP = 2**20, 16


def check_trees(file: Any, starts: list[int], newer: list[int], base: int) -> None:
    """Look through the trees of a file, whose addresses count from ``base``.

    Raises: FileError for one that does not go down level by level.
    """
    for start in newer:
        header = unpacked(file, start, _NEWER)
        if header is not None and header[-1] > _DEEPEST:
            raise FileError(f"its tree at byte {start} has {header[-1]} levels")
    nodes = {start: found for start in starts if (found := unpacked(file, start, _NODE))}
    roots, parents = set[int](), dict[int, int]()
    for start, (_, kind, level, *_) in nodes.items():
        if level and kind == _GROUP:
            _check_children(file, nodes, start, 8, base, parents)
        elif level and kind == _PIECES:
            roots.add(start - base)
    for address, rank in _layouts(file, roots) if roots else ():
        below, parents = [base + address], {}
        while below:
            start = below.pop()
            if nodes[start][2]:
                below += _check_children(file, nodes, start, 8 + 8 * rank, base, parents)


def _check_children(
    file: Any, nodes: Any, start: int, key: int, base: int, parents: dict[int, int]
) -> list[int]:
    """The nodes below one; a key is before each of them. ``parents`` are of those found so far."""
    _, kind, level, count, *_ = nodes[start]
    file.seek(start + _NODE.size)
    data = file.read(count * (key + 8))
    found = []
    for place in range(key, len(data) - 7, key + 8):
        child = base + int.from_bytes(data[place : place + 8], "little")
        if child in nodes:  # HDF5 refuses what is no node
            if nodes[child][1:3] != (kind, level - 1):
                raise FileError(f"its tree at byte {start} leads to a node of another level")
            if child in parents:
                raise FileError(f"its trees lead to the node at byte {child} in two ways")
            parents[child] = start
            found.append(child)
    return found


def _layouts(file: Any, roots: set[int]) -> list[tuple[int, int]]:
    """``(address of the tree, rank and one)`` of the data sets whose trees are among ``roots``."""
    found = set()
    file.seek(0)
    block = file.read(_BLOCK)
    while block:
        for match in _LAYOUT.finditer(block):
            for rank, address in (match.groups()[:2], match.groups()[2:]):
                if rank is not None and int.from_bytes(address, "little") in roots:
                    found.add((int.from_bytes(address, "little"), rank[0]))
        more = file.read(_BLOCK)
        block = block[-_OVERLAP:] + more if more else b""
    return sorted(found)
