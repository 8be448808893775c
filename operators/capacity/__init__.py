"""CapacityPool and CapacityClaim: who may use what of a site, and until when."""
