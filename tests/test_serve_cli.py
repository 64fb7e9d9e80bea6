"""The command line of the server: what its options come to, and what it says where it cannot serve."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import pytest

for package in ("fastapi", "httptools", "prometheus_client", "uvicorn"):
    pytest.importorskip(package, reason="needs fastapi, httptools, prometheus-client and uvicorn")

import uvicorn  # noqa: E402

from writemate_jax.sampling.writer import Writer  # noqa: E402
from writemate_jax.shipped import PREDICTION, shipped  # noqa: E402
from writemate_jax.strokes import UNIT  # noqa: E402
from writemate_jax.web.server import app, command, connections  # noqa: E402
from writemate_jax.web.server.command import main  # noqa: E402
from writemate_jax.web.server.settings import Settings  # noqa: E402

GIVEN = (
    "--host 0.0.0.0 --port 0 --checkpoint runs/mine --lanes 7 --waiting 11 --seconds 2.5 --rate 0.5 --burst 3 "
    "--proxies 2 --fit-room 256 --no-batching --log error"
).split()


@pytest.fixture(autouse=True)
def no_compilation_cache(monkeypatch):
    monkeypatch.setenv("WRITEMATE_CACHE", "")


@pytest.fixture
def served(monkeypatch) -> list[tuple]:
    """What uvicorn is told to serve, with which keywords; nothing is."""
    calls = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **keywords: calls.append((app, keywords)))
    return calls


@pytest.fixture
def recorded(monkeypatch) -> list[tuple]:
    """What networks are asked for, and stand-ins for whatever is made of their answers."""
    asked = []

    def load(checkpoint=None, *, lanes=None):
        asked.append((checkpoint, lanes))
        return network()

    monkeypatch.setattr(Writer, "load", load)
    monkeypatch.setattr(app, "create_app", lambda writer, settings: (writer.model.unit, settings))
    monkeypatch.setattr(connections, "limited", lambda *limits: ("limited", *limits))
    return asked


def network(window: bool = True, unit: str = UNIT) -> SimpleNamespace:
    """As much of a writer as the command looks at."""
    return SimpleNamespace(model=SimpleNamespace(network=lambda: SimpleNamespace(window=window), unit=unit))


def keywords(**changed) -> dict:
    """What uvicorn is told whatever the options are: it neither logs who asks, nor says what it is, nor believes
    headers, which the server reads by itself."""
    usual = Settings()
    return {
        "access_log": False, "server_header": False, "proxy_headers": False,
        "timeout_keep_alive": 15, "timeout_graceful_shutdown": 30,
        "http": ("limited", usual.send_seconds, usual.body_seconds, usual.body),
        "limit_concurrency": usual.connections,
    } | changed  # fmt: skip


def test_every_option_comes_to_where_it_counts(served, recorded):
    given, usual = (vars(command._parser().parse_args(arguments)) for arguments in (GIVEN, []))
    assert not [name for name in usual if given[name] == usual[name]]  # or nothing is said of that option here
    assert main(GIVEN) == 0
    settings = Settings(waiting=11, seconds=2.5, rate=0.5, burst=3, proxies=2, fit_room=256, batching=False)
    assert recorded == [(Path("runs/mine"), 7)]
    assert served == [((UNIT, settings), keywords(host="0.0.0.0", port=0, log_level="error"))]


@pytest.mark.parametrize(("backend", "lanes"), [("cpu", 32), ("gpu", 256)])
def test_without_options_this_machine_alone_is_served_with_the_embedded_network(
    served, recorded, monkeypatch, backend, lanes
):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    assert main([]) == 0
    assert recorded == [(None, lanes)]
    assert served == [((UNIT, Settings()), keywords(host="127.0.0.1", port=8000, log_level="info"))]


@pytest.mark.parametrize("unfit", [{"window": False}, {"unit": "IAM-OnDB raw unit"}])
def test_a_network_that_writes_no_texts_in_x_heights_is_not_served(served, recorded, monkeypatch, capsys, unfit):
    monkeypatch.setattr(Writer, "load", lambda *_, **__: network(**unfit))
    assert main([]) == 2 and not served
    assert capsys.readouterr().err.startswith("serve.py: error: this checkpoint writes no texts in x-heights")


@pytest.mark.parametrize(("folder", "said"), [("absent", "absent"), (shipped(PREDICTION), "writes no texts")])
def test_a_checkpoint_that_cannot_be_served_is_said_in_a_line(served, tmp_path, capsys, folder, said):
    assert main(["--checkpoint", str(tmp_path / folder), "--lanes", "1"]) == 2 and not served
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("serve.py: error: ") and said in line


@pytest.mark.parametrize("package", ["fastapi", "httptools", "prometheus_client", "uvicorn"])
def test_what_is_not_installed_is_named_with_what_installs_it(served, recorded, monkeypatch, capsys, package):
    monkeypatch.setitem(sys.modules, package, None)
    assert main([]) == 2 and not served
    assert capsys.readouterr().err == f"serve.py: error: {package} is missing; pip install -r requirements.txt\n"
