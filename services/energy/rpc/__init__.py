"""The gRPC service of energy."""
