"""Reading compressed files that stand in text, up to a bound. What is not read is noted, never taken for nothing."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

_MOST = 1 << 22
"""Bytes that are read of all the compressed files of a text together."""
_LIBRARIES: Mapping[bytes, str] = {
    b"\x1f\x8b": "zlib",
    **{bytes((0x78, level)): "zlib" for level in (0x01, 0x5E, 0x9C, 0xDA)},
    b"BZh": "bz2",
    b"\xfd7zXZ": "lzma",
    b"\x5d\0\0": "lzma",
}
"""The module of the standard library that reads a compressed file, by its first bytes."""
_ZIP = b"PK\3\4"
_OTHERS = (b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x04\x22\x4d\x18")
"""The first bytes of files that the standard library does not read: zstd, 7z, rar and lz4."""
_DECOMPRESSORS: Mapping[str, Callable[[ModuleType], Any]] = {
    "zlib": lambda module: module.decompressobj(wbits=zlib.MAX_WBITS | 32),  # the header of gzip or of zlib
    "bz2": lambda module: module.BZ2Decompressor(),
    "lzma": lambda module: module.LZMADecompressor(),
}


@dataclass
class Budget:
    """How many bytes may still be read of compressed files, and whether something was left unread."""

    left: int = _MOST
    is_exceeded: bool = False


def is_compressed(data: bytes) -> bool:
    """Whether data begins as a compressed file does."""
    return data.startswith((*_LIBRARIES, _ZIP, *_OTHERS))


def inflated(data: bytes, budget: Budget) -> Iterator[bytes]:
    """The files in a compressed file, as far as the budget allows; none where it is damaged, or no such file."""
    if data.startswith(_ZIP):
        yield from _zipped(data, budget)
    elif data.startswith(_OTHERS):
        budget.is_exceeded = True
    elif name := next((name for magic, name in _LIBRARIES.items() if data.startswith(magic)), None):
        try:
            module = import_module(name)
        except ImportError:  # a Python that was built without the library
            budget.is_exceeded = True
        else:
            yield _members(data, module, _DECOMPRESSORS[name], budget)


def _members(
    data: bytes, module: ModuleType, decompressor: Callable[[ModuleType], Any], budget: Budget
) -> bytes:
    """The members of a file, one after the other: programs read them as one."""
    damaged = tuple(getattr(module, name) for name in ("error", "LZMAError") if hasattr(module, name))
    content = b""
    while data:
        if budget.left <= 0:
            budget.is_exceeded = True
            break
        reader = decompressor(module)
        try:
            part = reader.decompress(data, budget.left)
        except (OSError, EOFError, ValueError, *damaged):
            break
        budget.left -= len(part)
        budget.is_exceeded = budget.is_exceeded or (budget.left <= 0 and not reader.eof)
        content += part
        data = reader.unused_data if reader.eof else b""
    return content


def _zipped(data: bytes, budget: Budget) -> Iterator[bytes]:
    """The files in a zip file, their names first."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield "\n".join(archive.namelist()).encode()
            for name in archive.namelist():
                with archive.open(name) as file:
                    content = file.read(max(0, budget.left) + 1)
                budget.left -= len(content)
                budget.is_exceeded = budget.is_exceeded or budget.left < 0
                yield content
    except (OSError, EOFError, ValueError, RuntimeError, LookupError, zipfile.BadZipFile, zlib.error):
        budget.is_exceeded = True  # damaged, encrypted, or packed in a way that is not read
