// Package controlplane pins the parts of a Kubernetes control plane that tests and "make kube" run.
//
// They are programs of other modules, declared as tools in go.mod and held by go.sum; nothing here
// is shipped.
package controlplane
