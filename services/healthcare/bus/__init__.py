"""What comes in by NATS, and what falls due."""
