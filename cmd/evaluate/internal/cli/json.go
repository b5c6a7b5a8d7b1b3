package cli

import (
	"encoding/json"
	"io"
	"math"

	"tiltakseffekt/internal/fault"
)

// number is a float64 that JSON writes as null where it is not finite: NaN never leaves the program.
type number float64

// MarshalJSON writes the shortest form that reads back to the same number, or null.
func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(f)
}

// header stands at the top of every JSON document.
type header struct {
	Schema  int    `json:"schema"`
	Version string `json:"version"`
	Command string `json:"command"`
	Level   number `json:"level"`
}

func newHeader(command string, level float64) header {
	return header{Schema: 1, Version: Version, Command: command, Level: number(level)}
}

// writeJSON writes one document, indented, without HTML escapes.
func writeJSON(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(document)
}

// warningsOf is never nil, so that JSON shows [] and not null.
func warningsOf(w []fault.Warning) []fault.Warning {
	if w == nil {
		return []fault.Warning{}
	}
	return w
}
