"""The figures of Graves (2013), of any network and any real lines: `evaluate.py figures`."""
