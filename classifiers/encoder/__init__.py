"""Sentence encoders: a text becomes a vector in which meanings, not words, lie side by side.

`choose.encoder()` gives the best that this machine can run. All are pure numpy: of the package
that carries the multilingual weights, only its data file is read; its compiled code never runs.
"""
