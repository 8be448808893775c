"""obspy and scipy, which the node's own code is compared with; for development only."""

from __future__ import annotations

import warnings
from pathlib import Path

with warnings.catch_warnings():
    # obspy 1.5 asks for its plugins in a way that Python 3.11 has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import obspy  # type: ignore[import-untyped]
    import obspy.geodetics as obspy_geodetics  # type: ignore[import-untyped]
    import obspy.signal.trigger as obspy_trigger  # type: ignore[import-untyped]
    from scipy import signal as scipy_signal  # type: ignore[import-untyped]

OBSPY = Path(obspy.__file__).parent

__all__ = ["OBSPY", "obspy", "obspy_geodetics", "obspy_trigger", "scipy_signal"]
