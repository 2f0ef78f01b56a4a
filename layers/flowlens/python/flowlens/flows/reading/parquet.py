"""Parquet files as tables: text by its distinct values, numbers as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from arro3.core import Array, DataType, RecordBatch, dictionary_dictionary, dictionary_indices
from arro3.io import read_parquet

from flowlens.flows.reading.cells import Cells, Table, Text, Whole
from flowlens.flows.reading.tally import Tally
from flowlens.kit import arrow
from flowlens.model.errors import Malformed

MAGIC = b"PAR1"
_ROWS = 1 << 16  # also what one part of a log holds, so it must stay as it is
_MAX_COLUMNS = 512
_CODES = DataType.dictionary(DataType.int32(), DataType.utf8())


def tables(stream: BinaryIO, tally: Tally) -> Iterator[Table]:
    """The stream can seek. Columns bear the log's names, with hyphens. Malformed by `file_parquet`."""
    try:
        batches = read_parquet(stream, batch_size=_ROWS)
        if len(batches.schema) > _MAX_COLUMNS:
            raise Malformed("file_header", f"{len(batches.schema):,} columns")
        for batch in batches:
            table = _table(batch)
            tally.count("lines", table.rows)
            yield table
    except (Malformed, GeneratorExit):
        raise
    except BaseException as error:  # a panic in Rust is no Exception, and arro3's errors have no class of their own
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise Malformed("file_parquet", str(error)[:200]) from error


def _table(batch: RecordBatch) -> Table:
    found: dict[str, Cells] = {}
    for name in batch.column_names:
        cells = _cells(batch.column(name))
        if cells is not None:
            found[name.replace("_", "-")] = cells
    return Table(batch.num_rows, found)


def _cells(array: Array) -> Cells | None:
    """None for a column of a type that no log field has."""
    kind = array.type
    if DataType.is_integer(kind):
        return Whole(*arrow.numbers(array.cast(DataType.int64()), np.dtype(np.int64)))
    if not (DataType.is_string(kind) or DataType.is_large_string(kind) or DataType.is_string_view(kind)):
        return None
    encoded = array.cast(_CODES)
    codes, said = arrow.numbers(dictionary_indices(encoded), np.dtype(np.int32))
    words = [str(word) for word in dictionary_dictionary(encoded).to_pylist()]
    return Text.of([*words, "-"], np.where(said, codes, len(words)))
