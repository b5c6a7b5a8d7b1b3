package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever the table, the command gives a document without NaN or one sentence with status 2 or 3: never a panic (status 1).
func TestDidRandomTables(t *testing.T) {
	once(t)
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	for range 300 {
		var b strings.Builder
		b.WriteString("id,t,g,y,x,c,w,r\n")
		units, periods := 1+rng.IntN(14), 1+rng.IntN(5)
		constant := rng.IntN(4) == 0
		for i := range units {
			g := pick("0", "1", "2", "3", "4", "9", "")
			x := rng.IntN(3)
			for p := range periods {
				if rng.IntN(25) == 0 {
					continue
				}
				y := fmt.Sprint(rng.IntN(3))
				if constant {
					y = "1"
				}
				if rng.IntN(40) == 0 {
					y = ""
				}
				fmt.Fprintf(&b, "u%d,%d,%s,%s,%d,c%d,%d,%d\n", i, p+1, g, y, x, i%3, rng.IntN(3), rng.IntN(2))
			}
		}
		estimator := pick("group-time", "group-time", "group-time", "twfe", "event-study", "sunab", "etwfe", "imputation", "two-stage", "bacon")
		args := []string{"did", "--format", "json", "--data", writeFile(t, b.String()), "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--estimator", estimator}
		if rng.IntN(2) == 0 {
			args = append(args, "--cluster", "c")
		}
		if estimator != "bacon" && rng.IntN(3) == 0 {
			args = append(args, "--weights", "w")
		}
		if estimator != "bacon" && estimator != "imputation" && estimator != "two-stage" && rng.IntN(2) == 0 {
			args = append(args, "--covariates", pick("x", "x:factor"))
		}
		if estimator == "group-time" {
			args = append(args, "--method", pick("dr", "ipw", "reg", "imp"), "--base", pick("varying", "universal"), "--anticipation", pick("0", "1"), "--panel", pick("balanced", "pairwise"))
			switch pick("", "never", "not-yet", "risk-set", "later-start", "by", "boot", "honest", "probe") {
			case "never":
				args = append(args, "--controls", "never")
			case "not-yet":
				args = append(args, "--controls", "not-yet")
			case "later-start":
				args = append(args, "--controls", "later-start")
			case "risk-set":
				args = append(args, "--controls", "risk-set", "--at-risk", "r")
			case "by":
				args = append(args, "--by", "c")
			case "boot":
				args = append(args, "--bootstrap", "100")
			case "honest":
				args = append(args, "--honest", pick("smoothness=0,1", "relative-magnitude=0.5"))
			case "probe":
				args = append(args, "--dip-probe", "2", "--balance-e", "1")
			}
		}
		stdout, stderr, status := runCLI(t, args...)
		switch {
		case status == 0 && !json.Valid([]byte(stdout)):
			t.Errorf("%v: no JSON: %s", args, stdout)
		case status == 0:
		case status != 2 && status != 3 || strings.Count(stderr, "\n") < 1:
			t.Fatalf("%v: status %d: %s\n%s", args, status, stderr, b.String())
		}
	}
}
