"""Training: losses, the optimisers, data parallelism and the loop that joins them."""
