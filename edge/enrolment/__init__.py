"""Who this device is to the platform: its key, its credentials, and how they stay good."""
