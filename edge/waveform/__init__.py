"""Ground motion on the node: records, picks, features. numpy only, and only when it is configured.

The extra ``waveform`` brings numpy. Nothing else of the agent imports this package before a
waveform driver is asked for, so that a gateway that reads meters stays as light as it was.
"""
