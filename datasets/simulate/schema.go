package simulate

import "tiltakseffekt/datasets"

// tableNames are the files of a register folder, in the order in which they are written.
var tableNames = []string{"person", "deltakelse", "arbeidssoker", "maaned"}

// quirkTables are the tables that quirks add, and quirkFile says what the ledger must find.
var quirkTables = []string{"person_kobling", "deltakelsesmengde"}

const quirkFile = "quirks.csv"

// ownFiles are the files that a simulated register can have.
func ownFiles() []string {
	files := []string{Counterfactual, quirkFile, areaTable + ".parquet"}
	for _, name := range append(append([]string(nil), tableNames...), quirkTables...) {
		files = append(files, name+".parquet")
	}
	return files
}

// nullable lists the columns that may have missing values, by table.
var nullable = map[string]map[string]bool{
	"person":       {"utdanning": true, "innvandret_aar": true, "dod_dato": true, "utvandret_dato": true},
	"deltakelse":   {"slutt_dato": true, "deltidsprosent": true, "status_aarsak": true, "arbeidsgiver_id": true, "lonnstilskudd_prosent": true, "anskaffelse": true},
	"arbeidssoker": {"til": true},
	"maaned":       {"arbeidsgiver_id": true},
}

// fields are the columns of a table as a writer takes them: the same whatever rows come. Quirks can empty any cell.
func fields(name string, t *datasets.Table, quirks bool) []datasets.Field {
	f := datasets.FieldsOf(t)
	for i := range f {
		f[i].Nullable = quirks || nullable[name][f[i].Name]
	}
	return f
}
