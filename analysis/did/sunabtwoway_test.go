package did

import (
	"testing"

	"tiltakseffekt/internal/oracle"
)

// withPeriods is the panel clustered by unit and by period.
func withPeriods(p *Panel) *Panel {
	q := *p
	unit := make([]int32, len(p.Start))
	for i := range unit {
		unit[i] = int32(i)
	}
	q.Clusters = [][]int32{unit}
	var rows [][]int32
	for t := range p.Times {
		c := make([]int32, len(p.Start))
		for i := range c {
			c[i] = int32(t)
		}
		rows = append(rows, c)
	}
	q.RowClusters = [][][]int32{rows}
	return &q
}

// Sun and Abraham clustered by unit and period.
func TestSunAbrahamTwoWay(t *testing.T) {
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	m := mpdta(t)
	plain, _ := panelOf(m, nil, nil)
	r, err := Regress(withPeriods(plain), SunAbraham, RegressionOptions{Rule: SmallSample{PosDef: true}})
	if err != nil {
		t.Fatal(err)
	}
	checkSunab(t, ref, "mpdta_sunab_", "twoway_county_year", r, 1e-8)
	d := readLong(t, "fixest_twfe/base_stagg.csv", "id", "year", "year_treated", "y")
	p, _ := panelOf(d, [][]float64{d.column("x1")}, nil)
	for i, g := range p.Start {
		if g == 10000 {
			p.Start[i] = Never
		}
	}
	if r, err = Regress(withPeriods(p), SunAbraham, RegressionOptions{Rule: SmallSample{PosDef: true}}); err != nil {
		t.Fatal(err)
	}
	checkSunab(t, ref, "stagg_sunab_", "twoway_id_year", r, 1e-8)
}
