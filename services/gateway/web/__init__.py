"""What the gateway speaks: HTTP with browsers and programs, gRPC with the services."""
