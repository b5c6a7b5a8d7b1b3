package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

func TestAssignments(t *testing.T) {
	b := base()
	b["tildeling"] = "person_id arm dato stratum\n20 1 2020-02-03 nord\n10 0 2020-02-03 soer"
	r := mustRead(t, b, Options{})
	a := r.Assigned
	if a == nil || a.Offices || len(a.Rows) != 2 {
		t.Fatalf("%+v", a)
	}
	for i, want := range []Assignment{{Person: 0, Office: -1, Day: date("2020-02-03"), Stratum: 1}, {Person: 1, Office: -1, Offered: true, Day: date("2020-02-03"), Stratum: 0}} {
		if a.Rows[i] != want {
			t.Errorf("row %d: %+v, want %+v", i, a.Rows[i], want)
		}
	}
	for text, want := range map[string]string{
		"person_id arm dato\n10 1 2020-02-03\n20 1 2020-02-03\n10 0 2020-03-03\n10 1 2020-03-03": "duplicate_row person_id 3 the same person is assigned again in 2 of 4 rows (the first is data row 3); keep the first",
		"person_id arm dato\n10 . 2020-02-03":                                                    "missing_value arm 1 `arm` is missing in 1 of 1 row (the first is data row 1); it is 1",
		"person_id arm dato\n10 1 .":                                                             "missing_value dato 1 `dato` is missing or no date in 1 of 1 row",
		"person_id arm dato\n10 0 2020-02-03\n20 2 2020-02-03\n30 3 2020-02-03":                  "bad_value arm 2 `arm` is neither 0 nor 1 in 2 of 3 rows (the first is data row 2, \"2\"); it is 1",
		"person_id arm dato\n10 -9 2020-02-03":                                                   "bad_value arm 1 `arm` is neither",
		"person_id arm dato\n10 2,0 2020-02-03":                                                  "bad_value arm 1 `arm` is neither",
		"person_id arm dato\n10 NaN 2020-02-03":                                                  "bad_value arm 1 `arm` is neither",
		"person_id arm dato\n10 0,5 2020-02-03":                                                  "bad_value arm 1 `arm` is neither",
		"person_id arm dato\n10 kanskje 2020-02-03":                                              "column_type arm 1 ",
		"arm dato\n1 2020-02-03":                                                                 "missing_column person_id 0 ",
		"person_id nav_enhet arm dato\n10 0301 1 2020-02-03":                                     "missing_column person_id 0 ",
		"person_id dato\n10 2020-02-03":                                                          "missing_column arm 0 ",
		"person_id arm dato\n99 1 2020-02-03\n98 1 2020-02-03\n10 1 2020-02-03":                  "unknown_person person_id 0 ",
	} {
		b["tildeling"] = text
		if _, err := read(t, b, Options{}); !strings.HasPrefix(said(err), want) {
			t.Errorf("%q: %s, want %s", text, said(err), want)
		}
	}
	b["tildeling"] = "person_id arm dato\n10 1 2020-02-03"
	blank := tables(b)
	blank["tildeling"].Column("arm").Levels[0] = " "
	if _, err := FromTables(t.Context(), blank, Options{}); !strings.HasPrefix(said(err), "bad_value arm 1 `arm` is neither 0 nor 1 in 1 of 1 row (the first is data row 1, \" \")") {
		t.Errorf("a blank: %s", said(err))
	}
	if mustRead(t, base(), Options{}).Assigned != nil {
		t.Error("a register without the table has assignments")
	}
}

func TestAssignmentsOfOffices(t *testing.T) {
	b := base()
	b["person_historikk"] = "person_id fra til nav_enhet\n10 2019-01-01 . 0301\n20 2019-01-01 . 0219"
	b["tildeling"] = "nav_enhet arm dato\n0301 ja 2020-02-01\n0219 nei 2020-02-01\n1601 ja 2020-02-01"
	r := mustRead(t, b, Options{Rules: Rules{MaxStrangers: 0.5}})
	a := r.Assigned
	if !a.Offices || len(a.Rows) != 2 || a.Rows[0].Office != 0 || a.Rows[0].Offered || a.Rows[1].Office != 1 || !a.Rows[1].Offered || a.Rows[1].Person != -1 {
		t.Errorf("%+v", a)
	}
	if want := (Entry{Rule: "office_unknown", Table: "tildeling", Rows: 1, Action: Dropped}); !slices.Contains(r.Ledger, want) {
		t.Errorf("no %+v in %+v", want, r.Ledger)
	}
	for text, want := range map[string]string{
		"0301 ja 2020-02-01\n301 nei 2020-02-01\n219 nei 2020-02-01": "unknown_office nav_enhet 2 2 of 3 rows concern offices in which nobody of the register lives (the first is data row 2, \"301\"); write `nav_enhet` as person.csv and person_historikk.csv do, leading zeros included",
		"0301 ja 2020-02-01\n. nei 2020-02-01":                       "missing_value nav_enhet 2 `nav_enhet` is missing in 1 of 2 rows",
		"0301 ja 2020-02-01\n0219 ja 2020-02-01\n0301 ja 2020-02-01": "duplicate_row nav_enhet 3 the same office is assigned again in 1 of 3 rows",
		"0301 9 2020-02-01": "bad_value arm 1 ",
	} {
		b["tildeling"] = "nav_enhet arm dato\n" + text
		if _, err := read(t, b, Options{}); !strings.HasPrefix(said(err), want) {
			t.Errorf("%q: %s, want %s", text, said(err), want)
		}
	}
	// An office that participations alone name is one in which nobody lives.
	b["deltakelse"] = "deltakelse_id person_id tiltakskode status start_dato slutt_dato nav_enhet\n1 10 ARBEIDSTRENING FULLF 2020-02-10 2020-03-31 301"
	b["tildeling"] = "nav_enhet arm dato\n0301 ja 2020-02-01\n301 nei 2020-02-01"
	if _, err := read(t, b, Options{}); fault.CodeOf(err) != "unknown_office" {
		t.Error(err)
	}
}

// said is a refusal as its code, column, row and sentence.
func said(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%s %s %d %s", f.Code, f.Column, f.Row, f.Message)
}
