"""The same planners without Kubernetes: a folder of manifests stands in for the API server."""
