"""What releases of the agent are, and which to believe: asked by who signs them and by the node."""
