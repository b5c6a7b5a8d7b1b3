package register_test

import (
	"context"
	"fmt"
	"math"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Two persons, one of whom was refused a place and later took part in a wage subsidy, whose wage is no ordinary work.
func ExampleFromTables() {
	day := calendar.NewDate
	reg, err := register.FromTables(context.Background(), map[string]*datasets.Table{
		"person": datasets.NewTable(
			datasets.IntColumn("person_id", []int64{7, 3}),
			datasets.IntColumn("fodselsaar", []int64{1990, 1985}),
			datasets.TextColumn("kjonn", []string{"kvinne", "mann"}, nil),
			datasets.TextColumn("landgruppe", []string{"norge", "eos"}, nil),
			datasets.IntColumn("utdanning", []int64{4, 6})),
		"deltakelse": datasets.NewTable(
			datasets.IntColumn("deltakelse_id", []int64{1, 2}),
			datasets.IntColumn("person_id", []int64{7, 7}),
			datasets.TextColumn("tiltakskode", []string{"ARBTREN", "MIDLONTIL"}, nil),
			datasets.TextColumn("status", []string{"AVSLAG", "GJENN"}, nil),
			datasets.DateColumn("start_dato", []calendar.Date{day(2023, 1, 9), day(2023, 2, 1)}, nil),
			datasets.DateColumn("slutt_dato", []calendar.Date{day(2023, 3, 9), calendar.Open}, nil)),
		"arbeidssoker": datasets.NewTable(
			datasets.IntColumn("person_id", []int64{7}),
			datasets.DateColumn("fra", []calendar.Date{day(2022, 12, 5)}, nil),
			datasets.DateColumn("til", []calendar.Date{day(2023, 1, 31)}, nil),
			datasets.TextColumn("status", []string{"ledig"}, nil)),
		"maaned": datasets.NewTable(
			datasets.IntColumn("person_id", []int64{3, 7, 3}),
			datasets.IntColumn("maaned", []int64{202301, 202302, 202302}),
			datasets.FloatColumn("stillingsprosent", []float64{80, 100, 80}),
			datasets.FloatColumn("lonn", []float64{40000, 35000, math.NaN()})),
	}, register.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("cut", reg.Cut, "tiltak", reg.Tiltak)
	for i, id := range reg.Persons.IntID {
		h := reg.Panel.History(int32(i))
		fmt.Println(id, h.Position, h.Ordinary, h.Wage)
	}
	for _, e := range reg.Ledger {
		if e.Rows > 0 {
			fmt.Println(e.Table, e.Rule, e.Rows, e.Action)
		}
	}
	// Output:
	// cut 2023-02 tiltak [ARBEIDSTRENING MIDLERTIDIG_LONNSTILSKUDD]
	// 3 [8000 8000] [8000 8000] [4000000 0]
	// 7 [0 10000] [0 0] [0 3500000]
	// deltakelse tiltak_recoded 2 changed
	// deltakelse not_participation 1 kept
	// deltakelse part_time_missing 1 kept
	// maaned wage_missing 1 changed
	// maaned tiltak_wage_overlap 1 changed
}
