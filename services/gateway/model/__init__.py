"""What the gateway decides, without a network."""
