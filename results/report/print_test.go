package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/results/internal/madeup"
)

// On paper a table that goes on over pages has its head on each of them: a button in the head would keep it to the first.
func TestPrintedHeads(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	pdftotext, err2 := exec.LookPath("pdftotext")
	if testing.Short() || err != nil || err2 != nil {
		t.Skip("no chromium or no pdftotext on this machine, or -short")
	}
	r, tables := madeup.Make(6, 12)
	dir := t.TempDir()
	page, pdf := filepath.Join(dir, "r.html"), filepath.Join(dir, "r.pdf")
	if err := os.WriteFile(page, []byte(strings.Replace(render(t, r, tables, "nb"), "</style>", "#evidence,#limits,#repeat{display:none}</style>", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf="+pdf, "file://"+page).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := exec.Command(pdftotext, "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	tablePages, heads := 0, 0
	for _, p := range strings.Split(string(text), "\f") {
		if strings.Contains(p, "Nedsatt arbeidsevne") {
			tablePages++
		}
		if strings.Contains(p, "Pris per deltaker") {
			heads++
		}
	}
	if heads < 2 || heads < tablePages {
		t.Errorf("the head of the first table stands on %d pages, its rows on %d", heads, tablePages)
	}
}
