package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A word that is longer than its column may grow takes the columns after it along; letters are counted, not bytes.
func TestAlignedLongWord(t *testing.T) {
	got := aligned([]field{{title: "fil", most: 10}, {title: "n", right: true}}, [][]string{{"Arbeidssøkerperioder.parquet a", "1"}, {"æøå b", "22"}})
	want := "fil                            n\nArbeidssøkerperioder.parquet   1\na\næøå b                         22\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A p-value is never shown as 0, and a figure in bokmål has decimal commas.
func TestMatchSmallPAndFigures(t *testing.T) {
	if got := []string{equalP(0.0001), equalP(0.0126), equalP(number(math.NaN()))}; !slices.Equal(got, []string{"< 0.001", "= 0.013", "= –"}) {
		t.Errorf("%q", got)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "t.csv")
	var rows strings.Builder
	rows.WriteString("t,x\n")
	for i := range 60 {
		fmt.Fprintf(&rows, "%d,%d\n", min(i%3, 1), (i*i)%17)
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "ut æøå")
	if _, stderr, status := runCLI(t, "match", "--data", file, "--treatment", "t", "--covariates", "x", "--method", "ipw", "--out", out); status != 0 {
		t.Fatal(stderr)
	}
	svg, err := os.ReadFile(filepath.Join(out, "weights.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`veier som [^<]*`).FindString(string(svg)); !strings.Contains(m, ",") || regexp.MustCompile(`\d\.\d`).MatchString(m) {
		t.Errorf("the caption is %q", m)
	}
}
