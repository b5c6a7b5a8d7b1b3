// Package synthesis puts estimates together: meta-analysis of several evaluations of the same thing. It knows arrays of
// estimates and errors, not tiltak.
package synthesis
