"""Batches: many rows, and the log of their answers. The native runner sends and writes; this package hands rows over and reads their lines.

`options`: the options, and starting a run. `files`: runs from a file to a file. `rows`: runs of rows, as iterators. `row`: a finished row.
`frames`: rows of data frames, and data frames of finished rows.
"""
