"""Warning colours (预警级别): blue IV, yellow III, orange II, red I."""

from __future__ import annotations

import enum
from typing import Final


class Colour(enum.IntEnum):
    """A warning's level; the greater, the graver. NONE is below every threshold."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


COLOURS: Final = (Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)
"""Those that can be issued, from the least to the gravest."""
