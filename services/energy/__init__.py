"""Energy: key energy-using units, dispatch, demand response, base stations, carbon."""
