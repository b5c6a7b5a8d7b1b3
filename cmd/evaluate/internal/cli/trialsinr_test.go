package cli

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/results"
)

// The lines of R in docs/trials.md, run as they stand there, give what the study found: the estimate and error of nearest neighbours, and
// the estimate of entropy balancing. R and its packages are Debian's (r-base-core, r-cran-sandwich, r-cran-lmtest).
func TestTrialsInR(t *testing.T) {
	if out, err := exec.Command("Rscript", "-e", `for (p in c("sandwich", "lmtest")) stopifnot(requireNamespace(p, quietly = TRUE))`).CombinedOutput(); err != nil {
		if os.Getenv("EVALUATE_REQUIRE_R") != "" {
			t.Fatalf("R with sandwich and lmtest is asked for and not here: %v %s", err, out)
		}
		t.Skipf("R with sandwich and lmtest is not here: %v %s", err, out)
	}
	doc := strings.Split(readDoc(t, "trials.md"), "\n")
	var lines []string
	for _, line := range doc {
		if strings.HasPrefix(line, "    d <- ") || strings.HasPrefix(line, "    m <- lm(") {
			lines = append(lines, line)
		}
		if strings.HasPrefix(line, "    lmtest::coeftest(m") {
			lines = append(lines, "x <- "+line)
		}
	}
	if len(lines) != 3 {
		t.Fatalf("docs/trials.md has the lines %q", lines)
	}
	ebal := "lm(arbeid_m12 ~ treated, data = d, weights = weight_ebal)"
	if !strings.Contains(strings.Join(doc, "\n"), "`"+ebal+"`") {
		t.Fatal("docs/trials.md has no line of entropy balancing")
	}
	study := writeStudy(t, strings.NewReplacer("horizon: 8", "horizon: 12", "month: 8", "month: 12", "groups: [alle, unge]", "groups: [alle]\nmethods: [nearest, ebal]", "method: ebal", "method: nearest",
		"tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]", "tiltak: [ARBEIDSTRENING]", ", {id: stabilt, kind: stable_work, months: 3, of: 3, position: 50}, {id: lonn, kind: earnings}", "").Replace(testStudy))
	dir := t.TempDir()
	if _, stderr, status := runCLI(t, "trials", study, "--out", filepath.Join(dir, "rader"), "--months", "12", "--csv", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	path := filepath.Join(dir, "r.R")
	script := strings.Join(lines, "\n") + "\ncat(sprintf(\"%.15g %.15g\\n\", x[2, 1], x[2, 2]))\ncat(sprintf(\"%.15g 0\\n\", coef(" + ebal + ")[2]))\n"
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("Rscript", path)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	fields := strings.Fields(string(out))
	if len(fields) != 4 {
		t.Fatalf("R prints %s", out)
	}
	var r [4]float64
	for i := range r {
		if r[i], err = strconv.ParseFloat(fields[i], 64); err != nil {
			t.Fatalf("R prints %s", out)
		}
	}
	stdout, stderr, status := runCLI(t, "run", study, "--out", filepath.Join(dir, "runs"), "--quiet")
	if status != 0 {
		t.Fatal(stderr)
	}
	_, tables, err := results.Load(folderOf(t, stdout))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, e := range tables.Estimates {
		if e.Month == nil || *e.Month != 12 || math.IsNaN(e.Estimate) {
			continue
		}
		seen++
		k := 0
		if e.Method == "ebal" {
			k = 2
		}
		if math.Abs(e.Estimate-r[k]) > 1e-10 || k == 0 && math.Abs(e.StdError-r[1]) > 1e-10 {
			t.Errorf("%s: %v (%v), R has %v (%v)", e.Method, e.Estimate, e.StdError, r[k], r[k+1])
		}
	}
	if seen != 2 {
		t.Errorf("%d figures compared", seen)
	}
}
