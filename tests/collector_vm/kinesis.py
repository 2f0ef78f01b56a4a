"""A Kinesis endpoint on loopback that speaks the protocol, keeps what it took, and refuses on purpose."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from flowlens.flows.batch import FLOWS

Refuse = Callable[[int], bool]


class Sink:
    """Answers PutRecords. `refuse(n)` says whether the n-th entry ever offered is throttled."""

    def __init__(self, refuse: Refuse | None = None) -> None:
        self.refuse = refuse
        self.records: list[tuple[str, bytes]] = []
        self.offered = 0
        self.calls = 0
        self.down = False
        self.sources: dict[str, str] = {}  # what the table of flow sources says
        self.last = 0.0  # when flows came last, by the monotonic clock
        self._lock = threading.Lock()

    def put(self, request: dict[str, list[dict[str, str]]]) -> dict[str, object]:
        with self._lock:
            self.calls += 1
            answers = [self._one(entry) for entry in request["Records"]]
        return {"FailedRecordCount": sum("ErrorCode" in answer for answer in answers), "Records": answers}

    def _one(self, entry: dict[str, str]) -> dict[str, str]:
        self.offered += 1
        if self.refuse and self.refuse(self.offered):
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
        data = base64.b64decode(entry["Data"])
        self.records.append((entry["PartitionKey"], data))
        if data[5] == FLOWS:
            self.last = time.monotonic()
        return {"SequenceNumber": str(len(self.records)), "ShardId": "shardId-000000000000"}

    def items(self) -> dict[str, object]:
        items = [{"exporter": {"S": exporter}, "state": {"S": state}} for exporter, state in self.sources.items()]
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, while it answers."""
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                target = self.headers.get("X-Amz-Target", "")
                answer: dict[str, object]
                if sink.down:
                    status, answer = 503, {"__type": "ServiceUnavailable"}
                elif target.endswith(".PutRecords"):
                    status, answer = 200, sink.put(request)
                else:  # DynamoDB, of which a collector only asks Query
                    status, answer = 200, sink.items()
                body = orjson.dumps(answer)
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
