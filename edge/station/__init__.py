"""The leaf server of a base station: run, configured and watched by the station's agent."""
