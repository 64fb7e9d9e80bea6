"""What may be asked for at most; without JAX, so that commands can refuse at once."""

MAX_CHARACTERS = 128  # of a line; a primer may add as many
MAX_POINTS = 2**16  # of unconditional ink: the arrays for it are made in advance
MAX_CANDIDATES = 64
LARGEST_SEED = 2**32 - 1
LARGEST_BIAS = 50.0  # the pen is still long before; far above, exp(-b) and pi (1 + b) leave float32
