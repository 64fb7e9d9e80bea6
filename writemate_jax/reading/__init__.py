"""A small recogniser of our own, which reads the pen's movements: to choose among candidates, and to compare data."""
