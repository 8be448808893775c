"""The gateway: every public RPC by HTTP, sign-in for browsers, and the console's files."""
