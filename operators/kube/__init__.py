"""How operators read and write Kubernetes: quantities, conditions, server-side apply."""
