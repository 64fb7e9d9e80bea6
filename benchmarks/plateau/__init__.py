"""The study of docs/plateau.md: what keeps a reimplementation's loss from falling, one fault at a time."""
