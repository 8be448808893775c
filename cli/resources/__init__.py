"""What the verbs know of resources, all of it from the descriptors of the contract."""
