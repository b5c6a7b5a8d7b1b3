package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
)

// latin1Register is the test register as CSV in Latin-1, with Norwegian letters in a code of `kjonn` and under other
// names of columns where asked for.
func latin1Register(t *testing.T, header func(string) string) string {
	t.Helper()
	from, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"person", "deltakelse", "arbeidssoker", "maaned"} {
		table, err := datasets.Read(context.Background(), filepath.Join(from, name+".parquet"), datasets.ReadOptions{Unchecked: true})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".csv")
		if err := datasets.WriteContext(context.Background(), path, table, datasets.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if name != "person" {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := bytes.Cut(b, []byte("\n"))
		b = append([]byte(header(string(first))+"\n"), rest...)
		b = bytes.ReplaceAll(b, []byte("æøå"), []byte{0xe6, 0xf8, 0xe5})
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What the messages say helps has to be there: --encoding of validate and run, data.encoding, --mapping of validate.
func TestRegisterInLatin1WithMapping(t *testing.T) {
	dir := latin1Register(t, func(h string) string { return strings.Replace(h, "kjonn", "KJæøå", 1) })
	if _, stderr, status := runCLI(t, "validate", dir); status != 3 || !strings.Contains(stderr, "--encoding latin1") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	mapping := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(mapping, []byte("person:\n  rename: {KJæøå: kjonn}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := runCLI(t, "validate", dir, "--encoding", "latin1", "--mapping", mapping); status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	study := strings.Replace(testStudy, "{register: REGISTER}", "{register: "+dir+", mapping: "+mapping+"}", 1)
	path := writeStudy(t, study)
	if _, stderr, status := runCLI(t, "validate", path); status != 3 || !strings.Contains(stderr, "--encoding latin1") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, stderr, status := runCLI(t, "run", path, "--out", t.TempDir()); status != 3 || !strings.Contains(stderr, "--encoding latin1") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, stderr, status := runCLI(t, "run", path, "--encoding", "latn1", "--out", t.TempDir()); status != 2 || !strings.Contains(stderr, "`--encoding` is utf-8 or latin1") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	byFlag, stderr, status := runCLI(t, "validate", path, "--encoding", "latin1")
	if status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	byStudy, stderr, status := runCLI(t, "validate", writeStudy(t, strings.Replace(study, "{register: ", "{encoding: ISO-8859-1, register: ", 1)))
	if status != 0 || byStudy != byFlag {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, stderr, status := runCLI(t, "validate", writeStudy(t, strings.Replace(study, "{register: ", "{encoding: koi8, register: ", 1))); status != 2 || !strings.Contains(stderr, "line 2: `data.encoding: koi8`") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, stderr, status := runCLI(t, "validate", path, "--mapping", mapping); status != 2 || !strings.Contains(stderr, "`data.mapping`") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

// A column that the search for identifiers refuses can be dropped in a mapping by every command on a table.
func TestMappingOfTables(t *testing.T) {
	dir := t.TempDir()
	data, mapping := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "mapping.yaml")
	var b strings.Builder
	b.WriteString("navn,behandlet,x,y,id,tid,start\n")
	for i := range 40 {
		for tid := range 3 {
			start := []string{"0", "2"}[i%2]
			b.WriteString(strings.Join([]string{"Kari", []string{"0", "1"}[i%2], string(rune('0' + i/2%7)), string(rune('0' + (i+tid*tid+i/3)%5)), string(rune('a'+i%20)) + string(rune('a'+i/20)), string(rune('0' + tid)), start}, ",") + "\n")
		}
	}
	if err := os.WriteFile(data, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mapping, []byte("data:\n  drop: [navn]\n  rename: {behandlet: treat}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"match", "--data", data, "--treatment", "treat", "--covariates", "x", "--outcome", "y", "--method", "ipw"},
		{"did", "--data", data, "--id", "id", "--time", "tid", "--start", "start", "--outcome", "y"},
	} {
		if _, stderr, status := runCLI(t, args...); status != 3 || !strings.Contains(stderr, "`navn` is a direct identifier") {
			t.Errorf("%s: status %d, stderr %q", args[0], status, stderr)
		}
		if _, stderr, status := runCLI(t, append(args, "--mapping", mapping)...); status != 0 {
			t.Errorf("%s with a mapping: status %d, stderr %q", args[0], status, stderr)
		}
	}
}
