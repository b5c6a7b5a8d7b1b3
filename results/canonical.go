package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/datasets"
)

// Canonical is the one JSON text of a value: keys sorted by their bytes, no white space, no HTML escapes, whole numbers
// without fraction or exponent (12.0 and 1.2e1 are 12), other numbers in the shortest form that reads back to the same
// float64. Integers beyond 2⁵³ keep every digit. It follows RFC 8785 except in those integers and in the order of keys
// outside the basic plane.
//
// The error is that of encoding/json: NaN, infinities and types that JSON does not know.
func Canonical(v any) ([]byte, error) {
	raw, ok := v.(json.RawMessage)
	if !ok {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, fmt.Errorf("canonical JSON: %w", err)
		}
		raw = b.Bytes()
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	if dec.More() {
		return nil, fmt.Errorf("canonical JSON: more than one document")
	}
	var b bytes.Buffer
	if err := writeCanonical(&b, tree); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeCanonical(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, k)
			b.WriteByte(':')
			if err := writeCanonical(b, v[k]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeCanonical(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case json.Number:
		s, err := canonicalNumber(string(v))
		if err != nil {
			return err
		}
		b.WriteString(s)
	case string:
		writeString(b, v)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	default:
		b.WriteString("null")
	}
	return nil
}

func writeString(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	b.Truncate(b.Len() - 1)
}

func canonicalNumber(s string) (string, error) {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			return "0", nil
		}
		return s, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return "", fmt.Errorf("canonical JSON: %w", err)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10), nil
	}
	b, err := json.Marshal(f) // the shortest form, as ECMAScript writes it
	return string(b), err
}

// RunID is the name of a run by its content: the first 16 hex digits of SHA-256 over the canonical JSON of
// {"inputs": [[name, sha256], …], "program": …, "study": …}. Inputs are sorted by name; a name is relative to the
// register, and belongs to the content because hive folders carry values. Program is the release version or the SHA-256
// of the executable. Workers, language, output folder and places of files are not in it.
//
// It panics where resolved is not JSON: the study that was resolved wrote it.
func RunID(resolved []byte, inputs []datasets.Fingerprint, program string) string {
	type document struct {
		Inputs  [][2]string     `json:"inputs"`
		Program string          `json:"program"`
		Study   json.RawMessage `json:"study"`
	}
	d := document{Inputs: [][2]string{}, Program: program, Study: resolved}
	for _, in := range inputs {
		d.Inputs = append(d.Inputs, [2]string{in.Name, in.SHA256})
	}
	slices.SortFunc(d.Inputs, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	text, err := Canonical(d)
	if err != nil {
		panic("results: RunID of a study that is not JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
