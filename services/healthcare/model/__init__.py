"""The healthcare service's decisions: pure functions of values, with time as a parameter."""
