"""Writing with a trained network: a compiled loop over points, and `Writer` around it."""
