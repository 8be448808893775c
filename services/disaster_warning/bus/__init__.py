"""What comes and goes by NATS: features, receipts, readings; bulletins and calls."""
