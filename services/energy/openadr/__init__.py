"""OpenADR 3 over HTTP: clients and their tokens, the objects' paths, webhooks."""
