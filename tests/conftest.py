"""Settings of the whole suite, before JAX starts."""

import os
import tempfile

# Tests of data parallelism need several devices; every other test uses the first.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "8")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of the suite's time is LLVM's, for programs that run once or twice: so it is given less to compile, which it
# optimises less, in one piece, and all that is compiled is kept for all of the suite's processes.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=1 --xla_cpu_parallel_codegen_split_count=1 --xla_cpu_use_fusion_emitters=false",
)
_COMPILED = tempfile.TemporaryDirectory(prefix="writemate-tests-", ignore_cleanup_errors=True)  # gone at the end
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _COMPILED.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

from hypothesis import settings  # noqa: E402

# Compilation makes the first example slow, whatever the property.
settings.register_profile("writemate", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("writemate")
