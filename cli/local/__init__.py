"""The local platform: the same servers, services and agents as anywhere, on one machine."""
