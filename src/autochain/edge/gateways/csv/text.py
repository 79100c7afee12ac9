"""The lines of a text file in whatever encoding and compression it comes, never more than a part of it in memory."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .refusals import BAD_MAPPING, CANNOT_OPEN, EMPTY, LINE_TOO_LONG, NOT_A_TABLE, ROW_TOO_LONG, TORN

CHUNK_BYTES = 256 * 1024
MAX_LINE_CHARACTERS = 128 * 1024
"""As many as Python's csv takes in one cell."""
MAX_ROW_CHARACTERS = 4 * 1024 * 1024
"""A row goes over many lines where its quoted cells hold line breaks, and may never end."""
MAX_CONTROL_SHARE = 0.02
MAX_CONTROLS = 8
"""A text has hardly any control characters; what has more of them than either is binary."""

_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive, as Excel and OpenDocument tables are"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "an Arrow table"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"MDF     ", "an MDF measurement"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "XML or HTML, as GPX and KML tracks are"),
)
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
"""The window argument that makes zlib read gzip."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "cp1252"
"""What Windows calls ANSI and others loosely call latin-1."""


class Reached(NamedTuple):
    """How far a file was read."""

    read_bytes: int
    size_bytes: int
    lines: int


class _Unpacker:
    """Unpacks gzip piece by piece; Python's own reader keeps back what stands before the place where a file is torn."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._stream = zlib.decompressobj(_GZIP_WINDOW)

    def read(self) -> bytes:
        piece = b""
        while not piece:
            packed = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            packed = packed or self._raw.read(CHUNK_BYTES)
            if self._stream.eof:
                if not packed.startswith(_GZIP):
                    return b""
                self._stream = zlib.decompressobj(_GZIP_WINDOW)
            piece = self._stream.decompress(packed, CHUNK_BYTES)
            if not piece and not packed and not self._stream.eof:
                raise TORN("its compressed data ends in the middle")
        return piece


@contextmanager
def open_text(path: Path, *, encoding: str) -> Iterator[TextFile]:
    """Opens a text file; without an encoding it is found from what the file begins with."""
    if path.is_dir():
        raise CANNOT_OPEN(f"{path} is a folder; replay the files in it one by one")
    if path.exists() and not path.is_file():
        raise CANNOT_OPEN(f"{path} is a pipe or a device; save what it gives in a file")
    try:
        raw = path.open("rb")
    except OSError as error:
        raise CANNOT_OPEN(f"{path}: {error.strerror or error}") from error
    with raw:
        yield TextFile(raw, size=path.stat().st_size, encoding=encoding)


class TextFile:
    """A text file, read once from its beginning to its end."""

    def __init__(self, raw: BinaryIO, *, size: int, encoding: str) -> None:
        self._raw = raw
        self._size = size
        packed = raw.read(len(_GZIP)) == _GZIP
        raw.seek(0)
        self.compression = "gzip" if packed else ""
        self._unpacker = _Unpacker(self._raw) if packed else None
        self._ahead = self._read()
        if not self._ahead.strip():
            raise EMPTY()
        self.encoding = encoding or _encoding_of(self._ahead)
        try:
            guessed = not encoding and self.encoding.startswith("utf-8")
            self._decoder = codecs.getincrementaldecoder(self.encoding)("strict" if guessed else "replace")
        except LookupError as error:
            raise BAD_MAPPING(f"encoding {encoding!r} is not known") from error
        _refuse_other_formats(self._ahead, self.encoding)
        self.characters = 0
        """How many characters were read, give or take a piece of the file."""
        self._rows_from = 0
        self.ends_open = False
        """Whether the last line was read and has no end, as where a recorder lost its power."""

    def reached(self, *, lines: int) -> Reached:
        """Says how far the file was read, of a compressed one in its compressed bytes."""
        return Reached(min(self._size, self._raw.tell()), self._size, lines)

    def begin_rows(self) -> None:
        """Begins to count anew the characters up to which rows have to end."""
        self._rows_from = self.characters

    def lines(self) -> Iterator[str]:
        """Goes through the lines, each with its line break except perhaps the last."""
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        rest, data, line = "", self._ahead, 1
        while data:
            # Blocks that were never written to disk come as zero bytes; they are no part of any text.
            text = rest + newlines.decode(self._decode(data)).replace("\0", "")
            end = text.rfind("\n") + 1
            rest = text[end:]
            self.characters += end
            whole = io.StringIO(text[:end]).readlines()
            short = len(whole) if max(map(len, whole), default=0) <= MAX_LINE_CHARACTERS else _first_long(whole)
            yield from whole[:short]
            line += short
            if short < len(whole) or len(rest) > MAX_LINE_CHARACTERS:
                raise LINE_TOO_LONG(f"line {line} has more than {MAX_LINE_CHARACTERS:,} characters")
            if self.characters - self._rows_from > MAX_ROW_CHARACTERS:
                raise ROW_TOO_LONG(f"it goes on in line {line}, after {MAX_ROW_CHARACTERS:,} characters")
            data = self._read()
        rest += newlines.decode(self._decode(b"", final=True), final=True)
        self.ends_open = bool(rest) and not rest.endswith("\n")
        yield from io.StringIO(rest)

    def _read(self) -> bytes:
        try:
            return self._raw.read(CHUNK_BYTES) if self._unpacker is None else self._unpacker.read()
        except (zlib.error, OSError) as error:
            raise TORN(str(error)) from error

    def _decode(self, data: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError:
            # What began like UTF-8 holds a western letter further down; numbers and dates are the same in both.
            pending = self._decoder.getstate()[0]
            self.encoding = _WESTERN
            self._decoder = codecs.getincrementaldecoder(_WESTERN)("replace")
            return self._decoder.decode(pending + data, final)


def _first_long(lines: Sequence[str]) -> int:
    return next(number for number, line in enumerate(lines) if len(line) > MAX_LINE_CHARACTERS)


def _encoding_of(head: bytes) -> str:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    even, odd = head[0::2].count(0) / len(head), head[1::2].count(0) / len(head)
    if max(even, odd) > 0.2 and min(even, odd) < 0.05:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _WESTERN
    return "utf-8"


def _refuse_other_formats(head: bytes, encoding: str) -> None:
    text = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    start = text[:16].encode("latin-1", errors="replace")
    for magic, name in _MAGIC:
        if head.startswith(magic) or (magic in (b"{", b"[", b"<") and start.startswith(magic)):
            raise NOT_A_TABLE(f"it is {name}")
    odd = sum(character == "\ufffd" or (character < " " and character not in "\t\n\r\f\v\0\x1a") for character in text)
    if odd > max(MAX_CONTROLS, MAX_CONTROL_SHARE * len(text)):
        raise NOT_A_TABLE("it is binary")
