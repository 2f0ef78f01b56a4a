"""Every query of every .sql file is understood by the migrated database."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from flowlens.store.connection import Connection, connect
from flowlens.store.queries import Queries, modules

from tests.postgres import OWNER, Server

_PARAMETER = re.compile(r"%\((\w+)\)[sb]")
UTILITY = ("CREATE ", "LOCK ", "ALTER ", "DROP ")  # PREPARE takes none of these; the other tests run them
_COPY = re.compile(r"^COPY \((.*)\) TO STDOUT \(FORMAT binary\)$", re.DOTALL | re.IGNORECASE)
ALL = [(module, name) for module in modules() for name in Queries(module).names()]


@pytest.fixture(scope="module")
def database(postgres: Server) -> Generator[Connection]:
    """One database for all queries: none of them runs."""
    with connect(postgres.secret(OWNER, postgres.migrated())) as conn:
        yield conn


def preparable(text: str) -> str:
    """The statement with numbered parameters; of a COPY, the query in it."""
    inner = _COPY.match(text)
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", inner[1] if inner else text)
    return numbered.replace("%%", "%")


@pytest.mark.parametrize(("module", "name"), ALL)
def test_a_query_can_be_prepared(database: Connection, module: str, name: str) -> None:
    queries = Queries(module)
    text = getattr(queries, name)
    if text.startswith(UTILITY):
        assert not _PARAMETER.search(text)
        return
    with database.transaction():
        for stage in queries.names():
            if stage.startswith("stage_"):
                database.execute(getattr(queries, stage))
        database.execute(f"PREPARE query AS {preparable(text)}")
        database.execute("DEALLOCATE query")


def test_an_unknown_name_says_which_file_lacks_it() -> None:
    with pytest.raises(AttributeError, match=r"assets\.sql has no query 'nothing'"):
        Queries("assets").nothing  # noqa: B018


def test_every_file_has_queries_and_no_text_before_the_first() -> None:
    assert ALL
    for module in modules():
        assert Queries(module).names(), module
