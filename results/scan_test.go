package results

import (
	"fmt"
	"testing"

	"tiltakseffekt/datasets"
)

// TestScanReadsSpacedNumbers finds a national identity number that is written with a space or a dash in what people wrote, and no date with a
// number behind it.
func TestScanReadsSpacedNumbers(t *testing.T) {
	number := ""
	for i := 0; number == ""; i++ {
		if s := fmt.Sprintf("410180%05d", i); datasets.IsNationalNumber(s) {
			number = s
		}
	}
	for text, want := range map[string]bool{
		`"Sak ` + number[:6] + "-" + number[6:] + `"`: true, `"` + number[:6] + " " + number[6:] + `."`: true, `"` + number[:6] + "\u00a0" + number[6:] + `"`: true,
		`"1` + number[:6] + "-" + number[6:] + `"`: false, `"` + number[:6] + "-" + number[6:] + `0"`: false, `"` + number[:6] + "  " + number[6:] + `"`: false,
	} {
		hit := spacedDigits.FindSubmatch([]byte(text))
		if got := hit != nil && datasets.IsNationalNumber(string(hit[1])+string(hit[2])); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
