"""Hands of people: the styles that a few lines of their ink become, and the named ones of the package."""
