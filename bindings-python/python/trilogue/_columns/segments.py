"""The log of many workers: a folder on any filesystem of pyarrow or fsspec, with a segment for each worker.

Invariant: a worker writes its own segment only, and reads the others once, when it starts. A segment is JSON lines as those of `Client.batch`. A line
that was cut off at the end of a segment belongs to a worker that has died: its row has no answer.

Files of this machine are appended to. Object stores can't append, so there a segment is a file for each group of lines.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_right
from decimal import Decimal
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from .._native import LineIndex

if TYPE_CHECKING:
    from typing import BinaryIO

#: Bytes that are read at once.
_BLOCK = 8 << 20
#: Lines whose distance in a file is less than this are read together.
_GAP = 64 << 10


def open_folder(path: str | os.PathLike[str], filesystem: Any = None) -> tuple[Any, str]:
    """Return the filesystem of a folder, and the folder's path in it. `filesystem`: one of pyarrow or fsspec; by default that of the path's scheme."""
    fs: Any = import_module("pyarrow.fs")
    location = os.fspath(path)
    if filesystem is None:
        if "://" not in location:
            return fs.LocalFileSystem(), os.path.abspath(location)
        try:
            opened: tuple[Any, str] = fs.FileSystem.from_uri(location)
            return opened
        except ValueError:
            # A scheme that only fsspec knows.
            core: Any = import_module("fsspec.core")
            filesystem, location = core.url_to_fs(location)
    if not isinstance(filesystem, fs.FileSystem):
        filesystem = fs.PyFileSystem(fs.FSSpecHandler(filesystem))
    return filesystem, location.rstrip("/")


class Segments:
    """The segments of a log: those that exist, and the one of this worker."""

    def __init__(self, path: str | os.PathLike[str], filesystem: Any = None) -> None:
        """Read the segments. Raises OSError, and InvalidRequestError for a file that is no segment."""
        self._filesystem, self._folder = open_folder(path, filesystem)
        self._filesystem.create_dir(self._folder, recursive=True)
        self._index = LineIndex()
        #: The paths of the segments, and the position of each in the index.
        self._paths: list[str] = []
        self._starts: list[int] = []
        #: The costs of the segments by their paths, in dollars.
        self.costs: dict[str, Decimal] = {}
        self._read_all()
        #: The path of this worker's segment, without its ending.
        self.name = self._new_name()
        self._parts = 0
        self._file: BinaryIO | None = None
        #: Groups of rows in several threads append to one segment.
        self._lock = Lock()

    def _new_name(self) -> str:
        """Return the name of a new segment: names sort by time, and no two workers have the same."""
        return f"{self._folder}/{time.time_ns() // 1_000_000:013}-{os.urandom(6).hex()}"

    def _read_all(self) -> None:
        fs: Any = import_module("pyarrow.fs")
        files = self._filesystem.get_file_info(fs.FileSelector(self._folder))
        position = 0
        for path in sorted(
            info.path for info in files if info.type == fs.FileType.File and info.path.endswith(".jsonl")
        ):
            self._paths.append(path)
            self._starts.append(position)
            position += self._read(path, position)
        self._index.finish()

    def _read(self, path: str, position: int) -> int:
        """Read a segment into the index. Returns the length of its whole lines."""
        length, rest, number, cost = 0, b"", 0, Decimal(0)
        with self._filesystem.open_input_stream(path) as file:
            while block := file.read(_BLOCK):
                lines = rest + block
                end = lines.rfind(b"\n") + 1
                count, spent = self._index.add(lines[:end], position + length, path, number)
                number, cost = number + count, cost + Decimal(spent)
                length, rest = length + end, lines[end:]
        self.costs[path] = cost
        return length

    def find(self, keys: list[str], *, answered_only: bool = False) -> list[str | None]:
        """Return the lines of rows; `None` for a row without one, and with `answered_only` for one that has failed."""
        lines: list[str | None] = [None] * len(keys)
        found = sorted(
            (at, length, number) for number, at, length in self._index.find(keys, answered_only=answered_only)
        )
        first = 0
        while first < len(found):
            # Rows of one group usually have lines that are close to each other.
            start, last = found[first][0], first
            segment = bisect_right(self._starts, start) - 1
            limit = self._starts[segment + 1] if segment + 1 < len(self._starts) else None
            while last + 1 < len(found) and self._is_near(found[last], found[last + 1], limit):
                last += 1
            end = found[last][0] + found[last][1]
            with self._filesystem.open_input_file(self._paths[segment]) as file:
                block = file.read_at(end - start, start - self._starts[segment])
            for at, length, number in found[first : last + 1]:
                lines[number] = block[at - start : at - start + length].decode()
            first = last + 1
        return lines

    @staticmethod
    def _is_near(one: tuple[int, int, int], other: tuple[int, int, int], limit: int | None) -> bool:
        return other[0] - (one[0] + one[1]) < _GAP and (limit is None or other[0] < limit)

    def append(self, lines: bytes) -> None:
        """Append whole lines to this worker's segment. They are durable after `sync`. Raises OSError if they can't be written."""
        if not lines:
            return
        if self.appends:
            with self._lock:
                self._append_to_file(lines)
            return
        with self._lock:
            number, self._parts = self._parts, self._parts + 1
        with self._filesystem.open_output_stream(f"{self.name}-{number:06}.jsonl") as part:
            part.write(lines)

    def _append_to_file(self, lines: bytes) -> None:
        if self._file is None:
            self._file = open(f"{self.name}.jsonl", "ab")  # noqa: SIM115  (closed by `close`)
        try:
            self._file.write(lines)
            self._file.flush()
        except OSError:
            # A part of a line may be in the file, which is allowed at its end only.
            self._file, self.name = None, self._new_name()
            raise

    @property
    def appends(self) -> bool:
        """Whether the segment is one file, to which few lines may be appended at a time."""
        return bool(self._filesystem.type_name == "local")

    def sync(self) -> None:
        """Make the appended lines durable."""
        with self._lock:
            if self._file is not None:
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the segment."""
        if self._file is not None:
            self._file.close()
            self._file = None
