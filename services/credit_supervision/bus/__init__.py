"""What the service says of itself on NATS."""
