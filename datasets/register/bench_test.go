package register

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// large is a register of persons × months rows in maaned, by person or by month, with integer or text ids.
func large(persons, months int, byMonth, text bool) memory {
	r := rand.New(rand.NewPCG(4, 4))
	n := persons * months
	ids, month := make([]int64, n), make([]calendar.Date, n)
	position, wage := make([]float64, n), make([]float64, n)
	benefit := make([]bool, n)
	first := calendar.NewMonth(2015, 1)
	row := 0
	add := func(i, m int) {
		ids[row] = int64(1000000 + 3*i)
		month[row] = (first + calendar.Month(m)).First()
		position[row] = float64(r.IntN(101))
		wage[row] = float64(r.IntN(50000))
		benefit[row] = r.IntN(4) == 0
		row++
	}
	if byMonth {
		for m := range months {
			for i := range persons {
				add(i, m)
			}
		}
	} else {
		for i := range persons {
			for m := range months {
				add(i, m)
			}
		}
	}
	unique := make([]int64, persons)
	born, zero := make([]int64, persons), make([]int64, persons)
	name := make([]string, persons)
	for i := range unique {
		unique[i] = int64(1000000 + 3*i)
		born[i] = int64(1950 + i%50)
		name[i] = fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15)
	}
	constant := func(column, v string) *datasets.Column {
		return &datasets.Column{Name: column, Kind: datasets.String, Codes: make([]uint32, persons), Levels: []string{v}}
	}
	dates := make([]calendar.Date, persons)
	ends := make([]calendar.Date, persons)
	for i := range dates {
		dates[i] = (first + calendar.Month(r.IntN(months))).First()
		ends[i] = dates[i] + calendar.Date(r.IntN(300))
	}
	personID, id := datasets.IntColumn("person_id", unique), datasets.IntColumn("person_id", ids)
	if text {
		personID = datasets.TextColumn("person_id", name, nil)
		id = &datasets.Column{Name: "person_id", Kind: datasets.String, Levels: name, Codes: make([]uint32, n)}
		for k, v := range ids {
			id.Codes[k] = uint32((v - 1000000) / 3)
		}
	}
	return memory{map[string]*datasets.Table{
		"person": datasets.NewTable(personID, datasets.IntColumn("fodselsaar", born), constant("kjonn", "mann"), constant("landgruppe", "norge"), datasets.IntColumn("utdanning", zero)),
		"deltakelse": datasets.NewTable(datasets.IntColumn("deltakelse_id", unique), personID, constant("tiltakskode", "MIDLONTIL"), constant("status", "FULLF"),
			datasets.DateColumn("start_dato", dates, nil), datasets.DateColumn("slutt_dato", ends, nil)),
		"arbeidssoker": datasets.NewTable(personID, datasets.DateColumn("fra", dates, nil), datasets.DateColumn("til", ends, nil), constant("status", "ledig")),
		"maaned": datasets.NewTable(id, datasets.DateColumn("maaned", month, nil), datasets.FloatColumn("stillingsprosent", position), datasets.FloatColumn("lonn", wage),
			datasets.BoolColumn("dagpenger", benefit)),
	}, memoryRows}
}

// Tables in memory: what is measured is the cleaning and the panel, not the reading of files.
func BenchmarkRead(b *testing.B) {
	const persons, months = 100000, 100
	for _, c := range []struct {
		name          string
		byMonth, text bool
	}{{"ids=int/by=person", false, false}, {"ids=int/by=month", true, false}, {"ids=text/by=month", true, true}} {
		m := large(persons, months, c.byMonth, c.text)
		b.Run(fmt.Sprintf("rows=%d/%s", persons*months, c.name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(context.Background(), m, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The whole way from Parquet files, without hashing them.
func BenchmarkOpen(b *testing.B) {
	const persons, months = 100000, 100
	for _, c := range []struct {
		name string
		text bool
	}{{"ids=int", false}, {"ids=text", true}} {
		dir := b.TempDir()
		for name, t := range large(persons, months, false, c.text).tables {
			if err := datasets.Write(filepath.Join(dir, name+".parquet"), t, datasets.WriteOptions{}); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("rows=%d/%s/by=person", persons*months, c.name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Open(context.Background(), dir, Options{NoInputs: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
