package register

import (
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
	for text, code := range map[string]string{
		"person_id arm dato\n10 1 2020-02-03\n10 0 2020-03-03":                  "duplicate_row",
		"person_id arm dato\n10 . 2020-02-03":                                   "missing_value",
		"person_id arm dato\n10 1 .":                                            "missing_value",
		"person_id arm dato\n10 0 2020-02-03\n20 2 2020-02-03":                  "bad_value",
		"person_id arm dato\n10 kanskje 2020-02-03":                             "column_type",
		"arm dato\n1 2020-02-03":                                                "missing_column",
		"person_id nav_enhet arm dato\n10 0301 1 2020-02-03":                    "missing_column",
		"person_id dato\n10 2020-02-03":                                         "missing_column",
		"person_id arm dato\n99 1 2020-02-03\n98 1 2020-02-03\n10 1 2020-02-03": "unknown_person",
	} {
		b["tildeling"] = text
		if _, err := read(t, b, Options{}); fault.CodeOf(err) != code {
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
	if mustRead(t, base(), Options{}).Assigned != nil {
		t.Error("a register without the table has assignments")
	}
}

func TestAssignmentsOfOffices(t *testing.T) {
	b := base()
	b["person_historikk"] = "person_id fra til nav_enhet\n10 2019-01-01 . 0301\n20 2019-01-01 . 0219"
	b["tildeling"] = "nav_enhet arm dato\n0301 ja 2020-02-01\n0219 nei 2020-02-01\n1601 ja 2020-02-01"
	a := mustRead(t, b, Options{}).Assigned
	if !a.Offices || len(a.Rows) != 2 || a.Rows[0].Office != 0 || a.Rows[0].Offered || a.Rows[1].Office != 1 || !a.Rows[1].Offered || a.Rows[1].Person != -1 {
		t.Errorf("%+v", a)
	}
}
