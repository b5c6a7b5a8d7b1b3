package simulate

import "tiltakseffekt/datasets"

// tableNames are the files of a register folder, in the order in which they are written.
var tableNames = []string{"person", "deltakelse", "arbeidssoker", "maaned"}

// nullable lists the columns that may have missing values, by table.
var nullable = map[string]map[string]bool{
	"person":       {"utdanning": true, "innvandret_aar": true, "dod_dato": true, "utvandret_dato": true},
	"deltakelse":   {"slutt_dato": true, "deltidsprosent": true, "status_aarsak": true, "arbeidsgiver_id": true, "lonnstilskudd_prosent": true},
	"arbeidssoker": {"til": true},
	"maaned":       {"arbeidsgiver_id": true},
}

// fields are the columns of a table as a writer takes them: the same whatever rows come.
func fields(name string, t *datasets.Table) []datasets.Field {
	f := datasets.FieldsOf(t)
	for i := range f {
		f[i].Nullable = nullable[name][f[i].Name]
	}
	return f
}
