package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A draft of a mapping tells of every file that it does not use, and warns of those that could not be opened.
func TestDraftTellsOfFilesNotUsed(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"person.csv":    "person_id,fodselsaar,kjonn,landgruppe,utdanning\n1,1980,mann,norge,3\n",
		"lesmeg.csv":    "a,b\n1,2\n",
		"trygd.parquet": "ikke parquet",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	stdout, stderr, status := runCLI(t, "init", filepath.Join(out, "a.yaml"), "--register", dir, "--format", "json", "--quiet")
	var got struct {
		Others   []struct{ File, Why string }
		Warnings []struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 || stderr != "" {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if o := got.Others; len(o) != 2 || o[0].File != "trygd.parquet" || o[0].Why == "" || o[1].File != "lesmeg.csv" || o[1].Why != "looks like no table; its columns are a, b" {
		t.Errorf("others: %+v", o)
	}
	if w := got.Warnings; len(w) != 1 || w[0].Code != "file_unread" || !strings.HasPrefix(w[0].Message, "`trygd.parquet` cannot be read, and no table is guessed from it: ") {
		t.Errorf("warnings: %+v", w)
	}
	stdout, stderr, status = runCLI(t, "init", filepath.Join(out, "b.yaml"), "--register", dir)
	if status != 0 || !strings.Contains(stderr, "warning: `trygd.parquet` cannot be read") || !strings.Contains(stdout, "not used       lesmeg.csv: looks like no table") || strings.Contains(stdout, "trygd") {
		t.Errorf("status %d, %s%s", status, stderr, stdout)
	}
}
