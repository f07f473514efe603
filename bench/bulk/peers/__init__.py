"""The clients: each module has `run(job)`, which returns answers and errors by row, and the seconds until it could begin."""
