package results_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

// The crate lists every file of the run with the hash of the manifest, refers to nothing that it does not describe, and is the
// same for the same run.
func TestCrate(t *testing.T) {
	run, tables := madeup.Make(2, 2)
	var before []byte
	for range 2 {
		dir, err := results.Write(t.TempDir(), run, tables, map[string][]byte{"figures/effekt æ.svg": []byte("<svg/>"), "report.nb.html": []byte("<html>")})
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "ro-crate-metadata.json"))
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && string(before) != string(b) {
			t.Error("two runs of the same question have different crates")
		}
		before = b
		var crate struct {
			Context string           `json:"@context"`
			Graph   []map[string]any `json:"@graph"`
		}
		if err := json.Unmarshal(b, &crate); err != nil || crate.Context != "https://w3id.org/ro/crate/1.1/context" {
			t.Fatalf("%v, context %q", err, crate.Context)
		}
		entity := map[string]map[string]any{}
		for _, e := range crate.Graph {
			id := e["@id"].(string)
			if entity[id] != nil {
				t.Errorf("%s is described twice", id)
			}
			entity[id] = e
		}
		var refer func(v any)
		refer = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				if id, ok := v["@id"].(string); ok && len(v) == 1 && entity[id] == nil && id != "https://w3id.org/ro/crate/1.1" {
					t.Errorf("%s is referred to and not described", id)
				}
				for _, x := range v {
					refer(x)
				}
			case []any:
				for _, x := range v {
					refer(x)
				}
			}
		}
		for _, e := range crate.Graph {
			for _, v := range e {
				refer(v)
			}
		}
		for _, key := range []string{"name", "description", "datePublished", "license"} { // what the specification asks of the root
			if s, _ := entity["./"][key].(string); s == "" {
				t.Errorf("the root has no %s", key)
			}
		}
		if got := entity["./"]["datePublished"]; got != "2024-12-31" {
			t.Errorf("datePublished %v", got)
		}
		manifest, err := results.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range manifest.Files {
			if f.Name == "ro-crate-metadata.json" {
				continue
			}
			if e := entity[f.Name]; e == nil || e["sha256"] != f.SHA256 || e["@type"] != "File" {
				t.Errorf("%s: %v", f.Name, e)
			}
		}
		if err := results.Check(dir); err != nil {
			t.Error(err)
		}
	}
}
