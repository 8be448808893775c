"""What operators know of the fleet service: its nodes, followed by one watch, and what it does."""
