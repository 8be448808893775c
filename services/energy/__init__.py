"""Energy: units and their meters, quotas, dispatch, demand response, base stations, carbon."""
