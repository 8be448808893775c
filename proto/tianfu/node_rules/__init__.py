"""What makes a set of rules for nodes a good one: asked by who signs it, and by the node itself."""
