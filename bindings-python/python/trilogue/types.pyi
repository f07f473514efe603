"""Types of requests and replies."""

from ._generated.params import *  # noqa: F403  (the lists of types are generated)
from ._generated.types import *  # noqa: F403
