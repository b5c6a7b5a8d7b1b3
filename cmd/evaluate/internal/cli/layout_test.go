package cli

import "testing"

// A word that is longer than its column may grow takes the columns after it along; letters are counted, not bytes.
func TestAlignedLongWord(t *testing.T) {
	got := aligned([]field{{title: "fil", most: 10}, {title: "n", right: true}}, [][]string{{"Arbeidssøkerperioder.parquet a", "1"}, {"æøå b", "22"}})
	want := "fil                            n\nArbeidssøkerperioder.parquet   1\na\næøå b                         22\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
