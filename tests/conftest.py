"""Settings every test runs under: nothing may reach AWS, whatever the machine holds."""

from __future__ import annotations

import os

import pytest

# Powertools' Tracer reads the environment when it is imported, so these come before any of our modules.
os.environ.update(
    AWS_ACCESS_KEY_ID="local",
    AWS_SECRET_ACCESS_KEY="local",  # noqa: S106
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_TRACE_DISABLED="true",
    POWERTOOLS_SERVICE_NAME="flowlens",
    POWERTOOLS_METRICS_NAMESPACE="FlowLens",
    JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION="20",
)
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

pytest_plugins = ["tests.postgres", "tests.stack"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was taken away to see whether it is missed (tests/mutants): a test that counts it has a property."""
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            if name.startswith("taken away: "):
                terminalreporter.write_line(f"{name}, {number} in turn, and each was missed")
