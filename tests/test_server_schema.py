"""Schemathesis over the server's OpenAPI schema: what it makes of it is answered as the schema says, without a 5xx."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest

for package in ("schemathesis", "uvicorn", "fastapi"):
    pytest.importorskip(package, reason="needs schemathesis: pip install -r requirements-schema.txt")

import uvicorn  # noqa: E402

from test_server import FREE, LANES, model  # noqa: E402
from writemate_jax.sampling.writer import Writer  # noqa: E402
from writemate_jax.web.server.app import create_app  # noqa: E402

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "10")  # of each place and phase
# Not all that can be said of a text can be said in a schema: some that fits it has characters that cannot be written.
LEFT_OUT = "positive_data_acceptance"
# Too large a body is refused as such, before it is looked at.
REFUSED = "[checks.negative_data_rejection]\nexpected-statuses = [400, 404, 405, 413, 415, 422]\n"


def test_what_is_made_of_the_schema_is_answered_as_it_says(tmp_path):
    (tmp_path / "schemathesis.toml").write_text(REFUSED)
    app = create_app(Writer(model(), lanes=LANES), FREE)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            while not app.state.desk.ready:
                assert not app.state.desk.failed and thread.is_alive()
                app.state.desk._ready.wait(0.1)
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/openapi.json"
            command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")]
            command += ["run", url, "--seed", "1", "--max-examples", EXAMPLES, "--checks", "all"]
            command += ["--exclude-checks", LEFT_OUT]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        finally:
            server.should_exit = True
            thread.join()
