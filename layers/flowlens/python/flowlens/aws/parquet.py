"""Columns of numbers as Parquet files."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from arro3.core import Array, Field, RecordBatch, Schema
from arro3.io import read_parquet, write_parquet
from numpy.typing import NDArray


def encode(columns: Mapping[str, NDArray[np.generic]], metadata: Mapping[str, str]) -> bytes:
    """One row group, compressed with zstd; the metadata is that of the schema.

    Plain values: dictionaries of columns that hardly repeat cost a quarter more time and half as many octets again.
    """
    arrays = [Array.from_numpy(np.ascontiguousarray(values)) for values in columns.values()]
    fields = [Field(name, array.type, nullable=False) for name, array in zip(columns, arrays, strict=True)]
    batch = RecordBatch.from_arrays(arrays, schema=Schema(fields, metadata=dict(metadata)))
    out = io.BytesIO()
    write_parquet(batch, out, compression="zstd(1)", dictionary_enabled=False)
    return out.getvalue()


def decode(data: bytes) -> tuple[dict[str, NDArray[np.generic]], dict[str, str]]:
    """The columns and the metadata again."""
    table = read_parquet(io.BytesIO(data)).read_all()
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    return columns, {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
