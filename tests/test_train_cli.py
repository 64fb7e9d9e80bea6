"""The command line of train.py: what it says where it cannot begin."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import tiny
import train
from writemate_jax import compilation_cache
from writemate_jax.training import loop, parallel

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--config=configs/absent.py"], "no configuration file configs/absent.py; those that come along are in"),
        (["--config", "configs/absent.py"], "no configuration file configs/absent.py; those that come along are in"),
        (["adapt"], '"adapt" comes first: train.py adapt'),
        (["config.seed=3"], "'config.seed=3' is no option; a field is --config.FIELD=VALUE"),
        (["--config.nope=3"], "the configuration has no field nope; writemate_jax/config.py lists all"),
        (["--config.optimizer.learning_rte=1"], 'no field learning_rte; Did you mean "learning_rate" instead of'),
        (["--config.optimizr.learning_rate=1"], 'no field optimizr; Did you mean "optimizer" instead of'),
        (["--config.corpus=absent.npz"], "no corpus file 'absent.npz'"),
        (["--config.batch_size=-3"], "batch_size is -3"),  # the short name of config.data.batch_size
        (["--config.data.arrangement=iam"], "no lines in split ['testset_v']"),
        (["--workdir=/dev/null/run"], "/dev/null"),
        (["--processes=2", "--process=0"], "--processes and --process need --coordinator"),
    ],
)
def test_what_cannot_begin_is_said_and_exits_with_2(tmp_path, flags, message):
    corpus = tiny.config(tmp_path).corpus
    result = subprocess.run(
        [sys.executable, "train.py", "--config=configs/smoke.py", f"--config.corpus={corpus}",
         f"--workdir={tmp_path / 'run'}", *flags],
        cwd=ROOT, env=os.environ | {"JAX_NUM_CPU_DEVICES": "1"}, capture_output=True, text=True,
    )
    assert result.returncode == 2, result.stderr
    assert "train.py: " in result.stderr and message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "run" / "last").exists()


@pytest.mark.parametrize("mistake", ['os.environ["WRITEMATE_ABSENT"]', "os.absent"])
def test_a_mistake_in_a_configuration_file_keeps_its_traceback(tmp_path, mistake):
    (tmp_path / "mine.py").write_text(f"import os\n\n\ndef get_config():\n    return {mistake}\n")
    result = subprocess.run(
        [sys.executable, "train.py", f"--config={tmp_path / 'mine.py'}", f"--workdir={tmp_path / 'run'}"],
        cwd=ROOT, env=os.environ | {"JAX_NUM_CPU_DEVICES": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode and "mine.py" in result.stderr and "has no field" not in result.stderr


@pytest.mark.parametrize(
    ("coordinator", "folder", "used"), [(None, None, True), ("auto", None, False), ("auto", "/shared", True)]
)
def test_several_processes_keep_compiled_code_where_all_share_a_folder_alone(monkeypatch, coordinator, folder, used):
    asked = []
    monkeypatch.setattr(compilation_cache, "use_compilation_cache", lambda: asked.append(True))
    monkeypatch.setattr(parallel, "initialize", lambda *_: None)
    monkeypatch.setattr(loop, "run", lambda *_: SimpleNamespace(step=1))
    monkeypatch.delenv(compilation_cache.VARIABLE, raising=False)
    if folder:
        monkeypatch.setenv(compilation_cache.VARIABLE, folder)
    for flag, value in (("CONFIG", SimpleNamespace(training=SimpleNamespace(steps=1))), ("WORKDIR", "run"),
                        ("COORDINATOR", coordinator), ("PROCESSES", None), ("PROCESS", None)):  # fmt: skip
        monkeypatch.setattr(train, flag, SimpleNamespace(value=value))
    train.main(None)
    assert asked == [True] * used


def test_a_bug_keeps_its_traceback(monkeypatch):
    def bug(*_):
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr(loop, "run", bug)
    monkeypatch.setattr(compilation_cache, "use_compilation_cache", lambda: None)
    for flag in ("CONFIG", "WORKDIR", "COORDINATOR", "PROCESSES", "PROCESS"):
        monkeypatch.setattr(train, flag, SimpleNamespace(value=None))
    with pytest.raises(ValueError, match="broadcast"):
        train.main(None)
