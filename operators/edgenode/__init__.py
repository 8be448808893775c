"""EdgeNode: a host at a base station, or a gateway, brought into the platform and kept there."""
