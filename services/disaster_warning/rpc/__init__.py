"""DisasterWarningService over gRPC."""
