"""Ink as pictures and as JSON."""
