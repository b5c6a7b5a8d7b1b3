package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A register with a table satser prices as the same file does in the folder of data.catalog, and it is an input of the run.
func TestRegisterHasRates(t *testing.T) {
	once(t)
	register, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	const rates = "tiltakskode,enhet,kr,gyldig_fra,gyldig_til,kilde,bekreftet\nARBEIDSTRENING,maaned,8000,,2019-06-30,oppdiktet,nei\nARBEIDSTRENING,maaned,9000,2019-07-01,,oppdiktet,nei\n"
	priced, catalog := t.TempDir(), t.TempDir()
	if err := os.CopyFS(priced, os.DirFS(register)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{priced, catalog} {
		if err := os.WriteFile(filepath.Join(dir, "satser.csv"), []byte(rates), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	costs := func(data string) string {
		t.Helper()
		path := writeStudy(t, "study: priser\ndata: "+data+"\npopulation: {from: 2018-06, to: 2020-12}\ntiltak: [ARBEIDSTRENING]\nhorizon: 3\noutcomes: [{id: arbeid, kind: work}]\nmethods: [ebal]\n")
		stdout, stderr, status := runCLI(t, "describe", path, "--out", t.TempDir(), "--quiet")
		if status != 0 {
			t.Fatal(stderr)
		}
		text, err := os.ReadFile(filepath.Join(folderOf(t, stdout), "tables", "costs.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	unpriced, own, theirs := costs("{register: REGISTER}"), costs("{register: REGISTER, catalog: "+catalog+"}"), costs("{register: "+priced+"}")
	if own != theirs {
		t.Errorf("costs by the register's rates\n%s\nby the catalogue's\n%s", theirs, own)
	}
	if own == unpriced {
		t.Error("the rates change no cost")
	}
	if err := os.WriteFile(filepath.Join(priced, "satser.csv"), []byte(strings.Replace(rates, "8000", "åtte", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	path := writeStudy(t, "study: priser\ndata: {register: "+priced+"}\npopulation: {from: 2018-06, to: 2020-12}\ntiltak: [ARBEIDSTRENING]\nhorizon: 3\noutcomes: [{id: arbeid, kind: work}]\nmethods: [ebal]\n")
	if _, stderr, status := runCLI(t, "describe", path, "--quiet"); status != 3 || !strings.Contains(stderr, "`kr`") || strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
		t.Errorf("status %d: %s", status, stderr)
	}
}
