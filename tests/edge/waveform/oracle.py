"""obspy and scipy, which the node's own code is compared with; for development only."""

from __future__ import annotations

import warnings
from pathlib import Path

with warnings.catch_warnings():
    # obspy 1.5 asks for its plugins in a way that Python 3.11 has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import obspy
    import obspy.geodetics as obspy_geodetics
    import obspy.signal.trigger as obspy_trigger
    from scipy import signal as scipy_signal

OBSPY = Path(obspy.__file__).parent

__all__ = ["OBSPY", "obspy", "obspy_geodetics", "obspy_trigger", "scipy_signal"]
