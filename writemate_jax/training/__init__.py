"""Training: losses, the optimisers, data parallelism, checkpoints and the loop that joins them."""
