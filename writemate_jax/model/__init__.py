"""The networks of Graves (2013): LSTM layers, the soft window over the text and the mixture density head.

Axis letters in shapes: b = lines of a batch, t = points of a line, u = characters of a text, v = alphabet,
h = cells of a layer, l = layers, k = window components, m = mixture components.
"""
