"""Kills, repetitions and disorder around the real aggregate; then the database is compared with what was sent."""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from time import monotonic

from tests.faults import worker

Batch = list[bytes]
_PATIENCE = 60.0  # seconds for one batch; a worker that takes longer hangs
_FORK = multiprocessing.get_context("forkserver")  # a life costs a fork, not an import
_FORK.set_forkserver_preload(["tests.faults.preload"])


@contextmanager
def secrets_manager(secret: Mapping[str, str | int]) -> Generator[str]:
    """The address of a Secrets Manager that knows one secret."""
    body = json.dumps({"Name": "database", "SecretString": json.dumps(dict(secret))}).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: it would be noise in the test's output."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(slots=True)
class Chaos:
    """Delivers batches through workers that die. Everything random comes from `seed`."""

    seed: int
    kills: int
    without_ledger: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)

    def deliver(self, records: Sequence[bytes]) -> None:
        """Every record until it is acknowledged; 5 % of them again besides; by two workers at once, in any order."""
        chance = random.Random(self.seed)
        again = chance.sample(list(records), len(records) // 20)
        self.happened["repeated"] = len(again)
        todo = [*records, *again]
        chance.shuffle(todo)
        batches = _cut(todo, chance)
        halves = [batches[::2], batches[1::2]]
        lanes = [
            threading.Thread(target=self._lane, args=(half, random.Random(chance.random()), self.kills // 2))
            for half in halves
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()

    def _lane(self, batches: list[Batch], chance: random.Random, kills: int) -> None:
        life, took = _Life(self), 0.02
        while batches:
            batch = batches.pop(chance.randrange(len(batches)))
            began = monotonic()
            life.pipe.send(batch)
            # One batch in two meets a kill, at any moment of the time that a batch has been taking.
            doomed = kills > 0 and (chance.random() < 0.5 or len(batches) < kills)
            answered = life.pipe.poll(chance.uniform(0, took) if doomed else _PATIENCE)
            if doomed:
                kills -= 1
                life.kill()
                self.happened["killed before the answer" if not answered else "killed after the answer"] += 1
                life, answer = _Life(self), None
            elif answered:
                answer = life.pipe.recv()
                took = 0.9 * took + 0.1 * (monotonic() - began)
            else:
                raise TimeoutError("a worker hangs")
            batches += self._again(batch, answer, chance)
        life.kill()

    def _again(self, batch: Batch, answer: list[int] | None, chance: random.Random) -> list[Batch]:
        """What the stream would deliver once more: all of an unanswered batch, cut anew; or what failed."""
        if answer is None:
            self.happened["batches redelivered"] += 1
            return _cut(batch, chance)
        self.happened["batches answered"] += 1
        return [[batch[number] for number in answer]] if answer else []


class _Life:
    """One worker process."""

    def __init__(self, chaos: Chaos) -> None:
        self.pipe: Pipe[Batch, list[int]]
        self.pipe, theirs = _FORK.Pipe()
        self._process: BaseProcess = _FORK.Process(
            target=worker.serve, args=(theirs, dict(chaos.environment), chaos.without_ledger), daemon=True
        )
        self._process.start()
        theirs.close()
        self.pipe.recv()  # it is connected, so that a kill meets work

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _cut(records: Sequence[bytes], chance: random.Random) -> list[Batch]:
    batches, at = [], 0
    while at < len(records):
        size = chance.randint(1, 8)
        batches.append(list(records[at : at + size]))
        at += size
    return batches
