package datasets

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

// numberOfPerson makes a valid number of 11 digits by the definition: date parts with the given additions to day and month, an
// individual number, and the two check digits; it draws until both check digits exist.
func numberOfPerson(r *rand.Rand, dayPlus, monthPlus int) string {
	for {
		s := fmt.Sprintf("%02d%02d%02d%03d", 1+r.IntN(28)+dayPlus, 1+r.IntN(12)+monthPlus, r.IntN(100), r.IntN(1000))
		check := func(weights string) int {
			sum := 0
			for i := range weights {
				sum += int(weights[i]-'0') * int(s[i]-'0')
			}
			return (11 - sum%11) % 11
		}
		k1 := check("376189452")
		if k1 == 10 {
			continue
		}
		s += fmt.Sprint(k1)
		if k2 := check("5432765432"); k2 != 10 {
			return s + fmt.Sprint(k2)
		}
	}
}

func TestNumberOfPerson(t *testing.T) {
	r := random.New(1, "identifiers")
	for _, plus := range [][2]int{{0, 0}, {40, 0}, {0, 40}, {0, 80}, {40, 40}, {40, 80}} {
		for range 200 {
			s := numberOfPerson(r, plus[0], plus[1])
			n, ok := elevenDigits(s)
			if !ok || !isNumberOfPerson(n) {
				t.Errorf("%s (day + %d, month + %d) is not recognised", s, plus[0], plus[1])
			}
			// One digit changed breaks a check digit: the weights and 11 have no common factor.
			at := r.IntN(11)
			d := (s[at]-'0'+byte(1+r.IntN(9)))%10 + '0'
			broken := s[:at] + string(d) + s[at+1:]
			if n, _ := elevenDigits(broken); isNumberOfPerson(n) {
				t.Errorf("%s, with a digit changed, is accepted", broken)
			}
		}
	}
	// A published example of Skatteetaten is not used: these dates do not exist.
	for _, s := range []string{"00010112345", "31040012345", "30020012345", "29020112345", "01130012345", "32010012345"} {
		if n, _ := elevenDigits(s); isNumberOfPerson(n) {
			t.Errorf("%s is accepted", s)
		}
	}
}

// TestRandomKeys: a million random keys of 11 digits pass, 0.2 % of which look like numbers of persons (LIBRARIES and CONTRACT).
func TestRandomKeys(t *testing.T) {
	const rows, few = 1_000_000, 50_000
	r := random.New(2, "identifiers")
	ints, texts := make([]int64, rows), make([]string, rows)
	valid := 0
	digits := make([]byte, 0, 11*rows) // one string for all of them
	for i := range rows {
		ints[i] = r.Int64N(1e11)
		if isNumberOfPerson(ints[i]) {
			valid++
		}
		for unit := int64(1e10); unit > 0; unit /= 10 {
			digits = append(digits, '0'+byte(ints[i]/unit%10))
		}
	}
	all := string(digits)
	for i := range rows {
		texts[i] = all[11*i : 11*i+11]
	}
	share := float64(valid) / float64(rows)
	// 36 of 100 months × 61 % of 100 days × (1/11)² of check digits, given that both exist (10/11)², is 0.0015–0.0022.
	if share < 0.001 || share > 0.003 {
		t.Errorf("%.4f of random keys are valid", share)
	}
	path := filepath.Join(t.TempDir(), "keys.parquet")
	read := func(table *Table, opt ReadOptions) error {
		t.Helper()
		if err := Write(path, table, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err := Read(t.Context(), path, opt)
		return err
	}
	if err := read(NewTable(TextColumn("nokkel", texts, nil)), ReadOptions{IDs: []string{"nokkel"}}); err != nil {
		t.Error(err)
	}
	if err := read(NewTable(IntColumn("person_id", ints[:few]), TextColumn("deltakelse_id", texts[:few], nil)), ReadOptions{}); err != nil {
		t.Error(err)
	}
	// As a column that no one says holds keys, one is too many.
	if err := read(NewTable(TextColumn("nokkel", texts[:few], nil)), ReadOptions{}); fault.CodeOf(err) != "identifier" {
		t.Error(err)
	}
}

func TestKeysOfPersons(t *testing.T) {
	r := random.New(3, "identifiers")
	const rows = 1000
	for _, c := range []struct {
		share   float64
		plus    [2]int
		refused bool
	}{
		{1, [2]int{0, 0}, true}, {1, [2]int{40, 0}, true}, {1, [2]int{0, 40}, true}, {1, [2]int{0, 80}, true},
		{0.07, [2]int{0, 0}, true}, {0.04, [2]int{0, 0}, false}, {0, [2]int{0, 0}, false},
	} {
		texts, ints, floats := make([]string, 0, 3*rows), make([]int64, 0, 3*rows), make([]float64, 0, 3*rows)
		for i := range rows {
			s := fmt.Sprintf("%011d", 99_000_000_000+int64(i)) // day 99 does not exist
			if float64(i) < c.share*rows {
				s = numberOfPerson(r, c.plus[0], c.plus[1])
			}
			n, _ := elevenDigits(s)
			for range 1 + r.IntN(5) { // distinct values count, not rows
				texts, ints, floats = append(texts, s), append(ints, n), append(floats, float64(n))
			}
		}
		for _, column := range []*Column{TextColumn("person_id", texts, nil), IntColumn("person_id", ints), FloatColumn("person_id", floats)} {
			path := filepath.Join(t.TempDir(), "x.parquet")
			if err := Write(path, NewTable(column, IntColumn("y", ints)), WriteOptions{Rows: 300}); err != nil {
				t.Fatal(err)
			}
			for _, columns := range [][]string{nil, {"person_id"}, {"y"}} { // also where the column is not asked for
				_, err := Read(t.Context(), path, ReadOptions{Columns: columns})
				if (fault.CodeOf(err) == "identifier") != c.refused || err != nil != c.refused {
					t.Errorf("%s keys, %g %% of them numbers of persons, read %v: %v", column.Kind, 100*c.share, columns, err)
				}
				if err != nil && fault.StatusOf(err) != fault.Data {
					t.Errorf("status %d", fault.StatusOf(err))
				}
			}
		}
	}
}

func TestFindIdentifier(t *testing.T) {
	r := random.New(4, "identifiers")
	fnr := numberOfPerson(r, 0, 0)
	for text, want := range map[string]string{
		fnr:                             "a national identity number",
		"fnr: " + fnr + ", ring i dag":  "a national identity number",
		fnr[:6] + " " + fnr[6:]:         "a national identity number",
		"x" + fnr:                       "",
		fnr + "1":                       "",
		"ola.nordmann@nav.no":           "an e-mail address",
		"Skriv til <kari@epost.co.uk>!": "an e-mail address",
		"a@b":                           "",
		"@nav.no":                       "",
		"pris 3 @ 4.50":                 "",
		"+47 912 34 567":                "a telephone number",
		"+4791234567":                   "a telephone number",
		"004722123456":                  "a telephone number",
		"tlf:91234567":                  "a telephone number",
		"912 34 567":                    "a telephone number",
		"Ring 22 12 34 56 i kveld":      "a telephone number",
		"+46 70 123 45 67":              "a telephone number",
		"20240331":                      "", // a date
		"99991231":                      "", // open end
		"31.03.2024":                    "",
		"912345678":                     "", // an organisation number
		"85.31":                         "",
		"0.91234567":                    "",
		"46012345-225":                  "",
		"e91234567":                     "",
		"12 345 678":                    "",
		"ledig":                         "",
		"":                              "",
		"ÆØÅ 912":                       "",
		"2022-09-01 2026-01-01":         "",
	} {
		if got := findIdentifier(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDirectNames(t *testing.T) {
	for name, want := range map[string]bool{
		"fnr": true, "FNR": true, "bruker_fnr": true, "Fødselsnummer": true, "fodselsnr": true, "d-nummer": true, "navn": true,
		"Navn": true, "deltaker_navn": true, "e-post": true, "epost": true, "E_POST": true, "kontaktEpost": true, "telefon": true,
		"tlf": true, "mobilnr": true, "adresse": true, "personIdent": true, "etternavn": true, "email": true, "person navn": true,
		"person_id": false, "fodselsaar": false, "tiltaksnavn": false, "arrangor_navn": false, "kommune_navn": false, "nav_enhet": false,
		"navnet": false, "stillingsprosent": false, "identitet": false, "": false, "_": false, "name": false, "educ": false, "fnr_hash": false,
	} {
		if got := isDirectName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	for name, want := range map[string]bool{"id": true, "person_id": true, "personId": true, "ID": true, "arbeidsgiver_id": true, "valid": false, "grid": false} {
		if got := isIDName(name); got != want {
			t.Errorf("key %q: %v", name, got)
		}
	}
}

// TestOrganisations: organisation numbers are refused outside columns of keys; other numbers of nine digits pass.
func TestOrganisations(t *testing.T) {
	// Published examples: Brønnøysundregistrene 974 760 673, Nav 889 640 782, Skatteetaten 974 761 076.
	for _, n := range []int64{974760673, 889640782, 974761076} {
		if !isOrganisation(n) || isOrganisation(n+1) {
			t.Errorf("%d", n)
		}
	}
	r := random.New(6, "identifiers")
	var numbers, others []int64
	for len(numbers) < 500 {
		if n := lowestOrganisation + r.Int64N(200_000_000); isOrganisation(n) {
			numbers = append(numbers, n)
		}
		if len(others) < 500 {
			others = append(others, lowestOrganisation+r.Int64N(200_000_000))
		}
	}
	texts := func(values []int64) []string {
		out := make([]string, len(values))
		for i, v := range values {
			out[i] = fmt.Sprint(v)
		}
		return out
	}
	for _, c := range []struct {
		name    string
		values  []int64
		refused bool
	}{{"x", numbers, true}, {"arbeidsgiver_id", numbers, false}, {"x", others, false}, {"lonn", []int64{1, 2, 974760673}, false}} {
		for _, column := range []*Column{IntColumn(c.name, c.values), TextColumn(c.name, texts(c.values), nil)} {
			path := filepath.Join(t.TempDir(), "x.parquet")
			if err := Write(path, NewTable(column, BoolColumn("y", make([]bool, len(c.values)))), WriteOptions{Rows: 100}); err != nil {
				t.Fatal(err)
			}
			for _, columns := range [][]string{nil, {"y"}} {
				if _, err := Read(t.Context(), path, ReadOptions{Columns: columns}); (fault.CodeOf(err) == "identifier") != c.refused || (err != nil) != c.refused {
					t.Errorf("%s %s, read %v: %v", column.Kind, c.name, columns, err)
				}
			}
		}
	}
}

func TestRefusedByName(t *testing.T) {
	path := write(t, "p.csv", "person_id,fnr,alder\n1,2,3\n")
	_, err := Open(path, ReadOptions{})
	var e *fault.Error
	if !errors.As(err, &e) || e.Column != "fnr" || e.Status != fault.Data || !strings.Contains(e.Message, "drop it in the mapping") {
		t.Error(err)
	}
	mapping, err := ParseMapping("m.yaml", []byte("person: {drop: [fnr]}"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := Read(t.Context(), path, ReadOptions{Mapping: mapping, Table: "person"})
	if err != nil || table.Column("fnr") != nil || len(table.Columns) != 2 {
		t.Error(table, err)
	}
	if mapping, err = ParseMapping("m.yaml", []byte("person: {rename: {fnr: nokkel}}")); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(path, ReadOptions{Mapping: mapping, Table: "person"}); fault.CodeOf(err) != "identifier" {
		t.Errorf("renamed: %v", err)
	}
}

// TestRefusedText: one value is enough in a text column, also in one that is not asked for, and its row is named but
// not its value. A dropped column is exempt.
func TestRefusedText(t *testing.T) {
	for _, bad := range []string{"ring ola@nav.no", "+47 912 34 567", "01010112345x 01010112345"} {
		rows := make([]string, 500)
		numbers := make([]int64, 500)
		for i := range rows {
			rows[i], numbers[i] = fmt.Sprint("merknad ", i%7), int64(i)
		}
		if strings.HasPrefix(bad, "0101") {
			bad = "se " + numberOfPerson(random.New(5, "identifiers"), 40, 80)
		}
		rows[321] = bad
		table := NewTable(IntColumn("id", numbers), TextColumn("merknad", rows, nil))
		for _, name := range []string{"x.parquet", "x.csv"} {
			path := filepath.Join(t.TempDir(), name)
			if err := Write(path, table, WriteOptions{Rows: 200}); err != nil {
				t.Fatal(err)
			}
			for _, columns := range [][]string{nil, {"id"}} {
				_, err := Read(t.Context(), path, ReadOptions{Columns: columns})
				var e *fault.Error
				if !errors.As(err, &e) || e.Code != "identifier" || e.Column != "merknad" || e.File != path {
					t.Fatalf("%s %v: %v", name, columns, err)
				}
				if strings.Contains(e.Error(), bad) {
					t.Errorf("the message repeats the identifier: %v", err)
				}
				if columns == nil && e.Row != 322 {
					t.Errorf("%s: row %d, want 322", name, e.Row)
				}
			}
			mapping, err := ParseMapping("m.yaml", []byte("data: {drop: [merknad]}"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Read(t.Context(), path, ReadOptions{Mapping: mapping, Table: "data"}); err != nil {
				t.Error(err)
			}
			if _, err := Read(t.Context(), path, ReadOptions{Unchecked: true}); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSketch: exact up to its size, close beyond it, and the same in any order and division.
func TestSketch(t *testing.T) {
	for _, n := range []int{0, 1, 1000, sketchSize, 300_000} {
		var whole, a, b sketch
		for i := range n {
			mark := i%20 == 0
			whole.add(mix(uint64(i)), mark)
			j := n - 1 - i
			if j%3 == 0 {
				a.add(mix(uint64(j)), j%20 == 0)
			} else {
				b.add(mix(uint64(j)), j%20 == 0)
			}
			b.add(mix(uint64(j)), j%20 == 0)
		}
		a.merge(&b)
		d1, m1 := whole.count()
		d2, m2 := a.count()
		if d1 != d2 || m1 != m2 {
			t.Errorf("%d values: %d/%d and, in another order, %d/%d", n, m1, d1, m2, d2)
		}
		if want := (n + 19) / 20; n <= sketchSize && (d1 != n || m1 != want) {
			t.Errorf("%d values, %d marked: %d, %d", n, want, d1, m1)
		}
		// five standard errors of a share of 5 % in a sample of 16,384
		if share := float64(m1) / float64(max(d1, 1)); n > sketchSize && (share < 0.0415 || share > 0.0585) {
			t.Errorf("share %.4f, want 0.05", share)
		}
	}
}
