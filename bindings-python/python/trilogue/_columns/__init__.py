"""Rows of a data frame answered by a model, one group of rows at a time: the worker of `trilogue.ray`, and of Spark and Dask.

- `worker`: rows to requests, and the lines of their answers to columns.
- `segments`: the log, of which each worker writes a segment of its own.
- `columns`: the columns of answers.
- `leases`: one limit and one budget for many workers.

Nothing here imports Ray, Spark or Dask.
"""
