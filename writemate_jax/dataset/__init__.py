"""Sets of labelled lines for training recognisers: `sample.py dataset`.

What a line is follows from its number alone (`plan`), so a set can be made in any order, on any number of devices, and
again: `texts` says what is written, `picture` how it looks on paper, `samples` and `shards` how it is stored, and
`making` writes what is still missing.
"""
