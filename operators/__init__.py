"""Kopf operators: what is applied to Kubernetes is made true at the edge."""
