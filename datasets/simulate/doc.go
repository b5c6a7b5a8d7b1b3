// Package simulate draws a register with known effects.
package simulate
