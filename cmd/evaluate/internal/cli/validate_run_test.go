package cli

import (
	"strings"
	"testing"

	"tiltakseffekt/results"
)

// TestValidateRunTriesToSubtract writes a run whose flow hides a step that the estimates give away.
func TestValidateRunTriesToSubtract(t *testing.T) {
	for _, c := range []struct {
		start, code int
		says        string
	}{{112, 4, "less 110 analysed (estimates)"}, {-1, 0, "nothing was found"}} {
		month := 24
		tables := &results.Tables{
			Estimates: []results.Estimate{{Tiltak: "AFT", Group: "alle", Outcome: "lonn", Method: "ebal", Month: &month, Estimate: 100, MeanTreated: 1234.5, NStarts: 110, NStartsEligible: 110, NPersonsTreated: 106, NPersonsComparison: 2000}},
			Flow: []results.Flow{
				{Tiltak: "AFT", Group: "alle", Table: "deltakelse", Rule: "starts", Action: "start", Rows: c.start, Persons: c.start},
				{Tiltak: "AFT", Group: "alle", Table: "deltakelse", Step: 1, Rule: "outside_age", Action: "dropped", Rows: -1, Persons: -1, Reason: "suppressed"},
				{Tiltak: "AFT", Group: "alle", Table: "deltakelse", Step: 2, Rule: "analysed", Action: "analysed", Rows: -1, Persons: -1, Reason: "suppressed"},
			},
		}
		path, err := results.Write(t.TempDir(), &results.Run{Schema: 1, Study: "s", RunID: "0123456789abcdef", MinCell: 5}, tables, nil)
		if err != nil {
			t.Fatal(err)
		}
		out, errText, code := runCLI(t, "validate", path)
		if code != c.code || !strings.Contains(out+errText, c.says) {
			t.Errorf("start %d: exit %d, %s%s", c.start, code, out, errText)
		}
	}
}
