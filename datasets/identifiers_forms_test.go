package datasets

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNumbersInOtherForms refuses national identity numbers with a dash or a hard space behind the date in any column of text,
// in a key also in other dress, and in a column of whole numbers that is no key. Amounts of 11 digits pass.
func TestNumbersInOtherForms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var numbers []string
	for len(numbers) < 40 {
		s := fmt.Sprintf("%02d%02d%02d%05d", 41+r.IntN(28), 1+r.IntN(12), r.IntN(100), r.IntN(100000)) // D-numbers: no leading 0
		if IsNationalNumber(s) {
			numbers = append(numbers, s)
		}
	}
	dress := map[string]func(s string) string{
		"plain": func(s string) string { return s }, "dash": func(s string) string { return s[:6] + "-" + s[6:] },
		"hard space": func(s string) string { return s[:6] + "\u00a0" + s[6:] }, "around": func(s string) string { return " " + s + " " }, "decimal": func(s string) string { return s + ".0" },
		"prefix": func(s string) string { return "p_" + s }, "groups": func(s string) string { return s[:2] + " " + s[2:4] + " " + s[4:6] + " " + s[6:] },
	}
	read := func(name, column string, values []string) error {
		file := filepath.Join(t.TempDir(), name+".csv")
		text := column + ",y\n"
		for i, v := range values {
			text += fmt.Sprintf("%s,%d\n", v, i)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(context.Background(), file, ReadOptions{})
		return err
	}
	for name, f := range dress {
		var values []string
		for _, n := range numbers {
			values = append(values, f(n))
		}
		for _, column := range []string{"person_id", "merknad"} {
			if column == "merknad" && (name == "prefix" || name == "groups" || name == "decimal") {
				continue
			}
			if err := read(name, column, values); err == nil || !strings.Contains(err.Error(), "national identity number") {
				t.Errorf("%s in %s: %v", name, column, err)
			}
		}
	}
	for _, column := range []string{"person_id", "belop", "kode"} {
		var values []string
		for range 3000 {
			v := fmt.Sprint(10_000_000_000 + r.Int64N(90_000_000_000))
			if column == "kode" { // a key of letters and digits, and no text that a number stands alone in
				v = "k" + v
			}
			values = append(values, v)
		}
		if err := read("random", column, values); err != nil {
			t.Errorf("random numbers in %s: %v", column, err)
		}
	}
}
