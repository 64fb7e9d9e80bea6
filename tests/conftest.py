"""Settings of the whole suite, before JAX starts."""

import os

# Tests of data parallelism need several devices; every other test uses the first.
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "8")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from hypothesis import settings  # noqa: E402

# Compilation makes the first example slow, whatever the property.
settings.register_profile("writemate", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("writemate")
