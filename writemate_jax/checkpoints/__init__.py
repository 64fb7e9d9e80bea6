"""Trained networks as folders: the state of a training, and what writes with it."""
