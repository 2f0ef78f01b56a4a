"""Every scan of a tenant's table is confined to the tenant by the query itself, before row security is asked.

The planner says so: of each query's plan, made as somebody whom row security does not bind, each scan must have a
condition on `tenant_id` that goes back to a parameter. Then each clause is taken away in turn, and the plan must show
it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import pytest
from flowlens.store.connection import Connection
from flowlens.store.queries import Queries, modules

from tests.postgres import Server
from tests.store.test_queries import UTILITY, preparable

_CLAUSE = re.compile(r"(?<!SET )\b(?:\w+\.)?tenant_id = (?:%\(tenant\)s(?:::uuid)?|\w+\.tenant_id)")
_EQUAL = re.compile(r"\(?(\w+)\.tenant_id = ([\w.$]+)|(\$\d+)(?:::uuid)? = (\w+)\.tenant_id")
_STATEMENT = re.compile(r"^ *((?:SELECT|UPDATE|RETURN QUERY)\b.*?);", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"(?<![\w.'])(?:found_\.)?\w+\b(?![.(])")
ASKING = {"asking_session": 3, "asking_token": 2, "grants_held": 1}  # and how many statements each is
_BY_ID = "joined by an id of its own, which a row of the tenant names"
_UNKNOWN = "the tenant is not known yet: found by the digest of a secret, which row security asks for too"
_PERSON = "of a person, whichever tenant they are in: row security asks for the person too"
_DOOR = "what anybody may see before signing in: row security shows those alone that are shown"
_NAMES = "names of all tenants, for whoever runs the installation"
# What is confined by something else, and by what: (module, query) -> (how often each table, reason).
ELSEWISE: dict[tuple[str, str], tuple[dict[str, int], str]] = {
    ("attempts", "page"): ({"dependencies": 1, "assets": 1}, _BY_ID),
    ("dependencies", "page"): ({"assets": 2}, _BY_ID),
    ("retention", "assets"): ({"dependencies": 2}, _BY_ID),
    ("sightings", "of_dependency"): ({"assets": 2}, _BY_ID),
    ("topology", "dependencies"): ({"assets": 2}, _BY_ID),
    ("functions", "asking_token 1"): ({"api_tokens": 1}, _UNKNOWN),
    ("providers", "at_the_door"): ({"identity_providers": 1}, _DOOR),
    ("providers", "finish"): ({"sign_ins": 1}, _UNKNOWN),
    ("pushes", "named"): ({"push_gates": 1}, _UNKNOWN),
    ("providers", "of_relay"): ({"sign_ins": 1}, _UNKNOWN),
    ("links", "of_digest"): ({"links": 1}, _UNKNOWN),
    ("links", "use"): ({"links": 1}, _UNKNOWN),
    ("functions", "asking_session 1"): ({"sessions": 1}, _UNKNOWN),
    ("functions", "asking_session 2"): ({"sessions": 1}, _UNKNOWN),
    **{("sessions", name): ({"sessions": 1}, _PERSON) for name in ("of_user", "turn", "enter", "finish", "sweep")},
    ("members", "tenants_of"): ({"members": 1, "tenants": 1}, _PERSON),
    **{("members", name): ({"members": 1}, _PERSON) for name in ("memberships", "elsewhere")},
    **{("tenants", name): ({"tenants": 1}, _NAMES) for name in ("every", "listed", "name_taken")},
}


@pytest.fixture(scope="module")
def planner(postgres: Server) -> Generator[Connection]:
    """A superuser: row security adds nothing to what the queries say."""
    with postgres.admin(postgres.migrated()) as conn:
        yield conn


def tables(conn: Connection) -> frozenset[str]:
    found = conn.execute(
        """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
    )
    return frozenset(name for (name,) in found)


def queries(conn: Connection) -> Iterator[tuple[str, str, str]]:
    yield from functions(conn)
    for module in modules():
        for name in Queries(module).names():
            text = getattr(Queries(module), name)
            if not text.startswith(UTILITY):
                yield module, name, text


def functions(conn: Connection) -> Iterator[tuple[str, str, str]]:
    """What the functions that say who asks read and write, as if they were queries: what they found is a parameter."""
    found = conn.execute(
        r"""SELECT p.proname, p.prosrc, p.proargnames[:p.pronargs], p.proargtypes::regtype[]::text[],
                  (SELECT array_agg(ARRAY[a.attname, format_type(a.atttypid, a.atttypmod)]) FROM pg_attribute a
                    WHERE a.attrelid = substring(p.prosrc from 'found_ (\w+);')::regclass AND a.attnum > 0)
             FROM pg_proc p WHERE p.proname = ANY (%s) ORDER BY p.proname""",
        [list(ASKING)],
    ).fetchall()
    assert [name for name, *_ in found] == sorted(ASKING)
    for name, source, arguments, types, columns in found:
        known = dict(zip(arguments, types, strict=True))
        known |= {f"found_.{column}": kind for column, kind in columns or ()}
        statements = _STATEMENT.findall(source) or [source]
        assert len(statements) == ASKING[name], name
        for number, statement in enumerate(statements, 1):
            text = re.sub(r"^RETURN QUERY|INTO found_(?= )", "", statement.strip())
            yield "functions", f"{name} {number}", _VARIABLE.sub(partial(_as_parameter, known), text)


def _as_parameter(known: dict[str, str], match: re.Match[str]) -> str:
    name = match[0].removeprefix("found_.").removesuffix("_id")
    return f"%({name})s::{known[match[0]]}" if match[0] in known else match[0]


def plan(conn: Connection, module: str, text: str) -> dict[str, Any]:
    known = Queries(module) if module != "functions" else None
    with conn.transaction(force_rollback=True):
        for stage in known.names() if known else ():
            if stage.startswith("stage_"):
                conn.execute(getattr(known, stage))
        found = conn.execute(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {preparable(text)}".encode()).fetchone()
    return dict(found[0][0]["Plan"]) if found else {}


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from nodes(inner)


def unconfined(found: dict[str, Any], of_tenants: frozenset[str]) -> Counter[str]:
    """The tables of tenants that are scanned without a condition on the tenant."""
    said = [str(v) for n in nodes(found) for k, v in n.items() if k.endswith(("Cond", "Filter"))]
    equal: set[tuple[str, str]] = set()
    for left, right, parameter, other in (match for one in said for match in _EQUAL.findall(one)):
        equal.add((left or other, (right or parameter).removesuffix(".tenant_id")))
    confined = {alias for alias, to in equal if to.startswith("$")}
    while more := {a for one, two in equal for a, b in ((one, two), (two, one)) if b in confined} - confined:
        confined |= more
    scans = [n for n in nodes(found) if "Scan" in n["Node Type"] and n.get("Relation Name") in of_tenants]
    return Counter(n["Relation Name"] for n in scans if n["Alias"] not in confined)


def test_every_query_is_confined_to_the_tenant_or_says_by_what_else(planner: Connection) -> None:
    of_tenants = tables(planner)
    found = {
        (module, name): open_
        for module, name, text in queries(planner)
        if (open_ := unconfined(plan(planner, module, text), of_tenants))
    }
    assert found == {where: Counter(open_) for where, (open_, _) in ELSEWISE.items()}


def without(text: str) -> Iterator[str]:
    """The query without each of its clauses in turn."""
    for clause in _CLAUSE.finditer(text):
        yield text[: clause.start()] + "true" + text[clause.end() :]


def test_every_tenant_clause_is_needed(planner: Connection, record_property: Callable[[str, object], None]) -> None:
    of_tenants = tables(planner)
    survivors, tried = [], 0
    for module, name, text in queries(planner):
        before = unconfined(plan(planner, module, text), of_tenants)
        for mutant in without(text):
            tried += 1
            if unconfined(plan(planner, module, mutant), of_tenants) <= before:
                survivors.append((module, name, mutant))
    assert tried > 150
    assert survivors == []
    record_property("taken away: tenant clauses of queries", tried)
