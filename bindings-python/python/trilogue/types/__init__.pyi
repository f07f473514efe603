"""Types of requests and replies."""

from .._generated.params import *  # noqa: F403  (the lists of types are generated)
from .._generated.types import *  # noqa: F403
from . import beta as beta
from . import chat as chat
from . import completion_usage as completion_usage
from . import message_create_params as message_create_params
from . import shared as shared
from . import shared_params as shared_params
from .aliases import *  # noqa: F403
