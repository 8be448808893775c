"""EdgeApp: a program on the nodes that it selects, rolled out by steps and back by itself."""
