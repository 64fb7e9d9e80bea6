"""Ink as files that are looked at, drawn by machines or read again, and back."""
