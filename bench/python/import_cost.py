"""Print the cost of the code in the argument in a fresh process, as one line of JSON: CPU, time, memory.

Imports as little as possible before: a module that is already loaded would cost nothing.
"""

import sys
import time


def memory() -> int:
    """Return the resident memory of this process in KB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


before, used, start = memory(), time.process_time(), time.perf_counter()
exec(sys.argv[1])  # noqa: S102  # the caller's own code
used, took = time.process_time() - used, time.perf_counter() - start
added = (memory() - before) / 1024
print(f'{{"cpu_ms": {used * 1e3:.3f}, "wall_ms": {took * 1e3:.3f}, "mb": {added:.3f}, "modules": {len(sys.modules)}}}')
