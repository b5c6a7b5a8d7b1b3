package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/bar"
	"tiltakseffekt/internal/calendar"
)

// writeNational writes a register of persons × months with one row a month in maaned: by person in one file, or by month in a
// folder of one file a month. Text ids are 32 hexadecimal digits. maaned has columns that nobody reads, as real ones do.
func writeNational(b *testing.B, dir string, persons, months int, byMonth, text bool) {
	r := rand.New(rand.NewPCG(8, 8))
	first := calendar.NewMonth(2013, 1)
	names := make([]string, persons)
	ids := make([]int64, persons)
	for i := range ids {
		ids[i] = int64(10000000 + 7*i)
		names[i] = fmt.Sprintf("%016x%016x", uint64(i), uint64(i)*0x9e3779b97f4a7c15)
	}
	idOf := func(who []int) *datasets.Column {
		if text {
			c := &datasets.Column{Name: "person_id", Kind: datasets.String, Codes: make([]uint32, len(who))}
			for k, i := range who {
				if k == 0 || i != who[k-1] {
					c.Levels = append(c.Levels, names[i])
				}
				c.Codes[k] = uint32(len(c.Levels) - 1)
			}
			return c
		}
		c := make([]int64, len(who))
		for k, i := range who {
			c[k] = ids[i]
		}
		return datasets.IntColumn("person_id", c)
	}
	sector := []string{"stat", "kommune", "privat"}
	rows := func(who []int, month []calendar.Month) *datasets.Table {
		n := len(who)
		dates, position, wage := make([]calendar.Date, n), make([]float64, n), make([]float64, n)
		dagpenger, employer := make([]bool, n), make([]int64, n)
		sectors := &datasets.Column{Name: "sektor", Kind: datasets.String, Levels: sector, Codes: make([]uint32, n)}
		for k := range who {
			dates[k] = month[k].First()
			position[k] = float64(10 * r.IntN(11))
			wage[k] = float64(r.IntN(50000))
			dagpenger[k] = r.IntN(8) == 0
			employer[k] = int64(r.IntN(100000))
			sectors.Codes[k] = uint32(r.IntN(3))
		}
		return datasets.NewTable(idOf(who), datasets.DateColumn("maaned", dates, nil), datasets.FloatColumn("stillingsprosent", position),
			datasets.FloatColumn("lonn", wage), datasets.BoolColumn("dagpenger", dagpenger), datasets.IntColumn("arbeidsgiver_id", employer), sectors)
	}
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	all := make([]int, persons)
	for i := range all {
		all[i] = i
	}
	if byMonth {
		must(os.Mkdir(filepath.Join(dir, "maaned"), 0o755))
		for m := range months {
			month := make([]calendar.Month, persons)
			for k := range month {
				month[k] = first + calendar.Month(m)
			}
			must(datasets.Write(filepath.Join(dir, "maaned", fmt.Sprintf("%03d.parquet", m)), rows(all, month), datasets.WriteOptions{}))
		}
	} else {
		const block = 8192 // persons
		var w *datasets.Writer
		for from := 0; from < persons; from += block {
			to := min(from+block, persons)
			who, month := make([]int, 0, (to-from)*months), make([]calendar.Month, 0, (to-from)*months)
			for i := from; i < to; i++ {
				for m := range months {
					who, month = append(who, i), append(month, first+calendar.Month(m))
				}
			}
			t := rows(who, month)
			if w == nil {
				var err error
				w, err = datasets.NewWriter(filepath.Join(dir, "maaned.parquet"), datasets.FieldsOf(t), datasets.WriteOptions{})
				must(err)
			}
			must(w.Append(t))
		}
		must(w.Close())
	}
	// Everybody is registered once, for up to two years, and starts one tiltak in the spell.
	born, school := make([]int64, persons), make([]int64, persons)
	from, to := make([]calendar.Date, persons), make([]calendar.Date, persons)
	starts, ends := make([]calendar.Date, persons), make([]calendar.Date, persons)
	for i := range born {
		born[i], school[i] = int64(1955+i%40), int64(r.IntN(9))
		from[i] = (first + calendar.Month(r.IntN(months))).First() + calendar.Date(r.IntN(28))
		to[i] = from[i] + calendar.Date(30+r.IntN(700))
		starts[i] = from[i] + calendar.Date(r.IntN(int(to[i]-from[i])))
		ends[i] = starts[i] + calendar.Date(r.IntN(300))
	}
	levels := func(column string, of ...string) *datasets.Column {
		c := &datasets.Column{Name: column, Kind: datasets.String, Codes: make([]uint32, persons), Levels: of}
		for i := range c.Codes {
			c.Codes[i] = uint32(r.IntN(len(of)))
		}
		return c
	}
	for name, t := range map[string]*datasets.Table{
		"person": datasets.NewTable(idOf(all), datasets.IntColumn("fodselsaar", born), levels("kjonn", "mann", "kvinne"), levels("landgruppe", "norge", "eos", "utenfor_eos"), datasets.IntColumn("utdanning", school)),
		"deltakelse": datasets.NewTable(datasets.IntColumn("deltakelse_id", ids), idOf(all), levels("tiltakskode", "ARBTREN", "ARBFORB", "INDOPPFAG", "INKLUTILS", "MIDLONTIL", "VARLONTIL"), levels("status", "FULLF"),
			datasets.DateColumn("start_dato", starts, nil), datasets.DateColumn("slutt_dato", ends, nil)),
		"arbeidssoker": datasets.NewTable(idOf(all), datasets.DateColumn("fra", from, nil), datasets.DateColumn("til", to, nil), levels("status", "ledig", "nedsatt_arbeidsevne")),
	} {
		must(datasets.Write(filepath.Join(dir, name+".parquet"), t, datasets.WriteOptions{}))
	}
}

// nationalStudy has six tiltak, seven groups and the default covariates, with starts of five years.
const nationalStudy = `study: bar
title: {nb: "Storleik", en: "Size"}
data: {register: ./register}
population: {from: 2016-01, to: 2020-12}
tiltak: all
groups: [alle, unge, langtidsledige, innvandrere_utenfor_eos, lav_utdanning, nedsatt_arbeidsevne, ufore]
outcomes: [{id: arbeid, kind: work, position: 1}]
horizon: 24
methods: [nearest]
`

// The bars of size: a register of 1,000,000 persons × 120 months, 120 million rows in maaned, from Parquet to panel and
// trials (`evaluate validate STUDY`), in at most 45 s with int64 ids sorted by person and 90 s with 32-character ids in files
// by month, and in 6 GiB of the process. They need EVALUATE_SLOW=1; EVALUATE_PERSONS makes them smaller.
func barRegister(b *testing.B, byMonth, text bool) {
	if os.Getenv("EVALUATE_SLOW") == "" {
		b.Skip("set EVALUATE_SLOW=1")
	}
	persons, months := 1_000_000, 120
	if n, err := strconv.Atoi(os.Getenv("EVALUATE_PERSONS")); err == nil {
		persons = n
	}
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "register"), 0o755); err != nil {
		b.Fatal(err)
	}
	writeNational(b, filepath.Join(dir, "register"), persons, months, byMonth, text)
	study := filepath.Join(dir, "study.yaml")
	if err := os.WriteFile(study, []byte(nationalStudy), 0o644); err != nil {
		b.Fatal(err)
	}
	limit := 45 * time.Second
	if text {
		limit = 90 * time.Second
	}
	bar.Loop(b, bar.Bar{Time: limit, Memory: 6 << 30, Process: true}, func() {
		var errors strings.Builder
		if status := Main([]string{"validate", study, "--quiet"}, nil, discard{}, &errors); status != 0 {
			b.Fatalf("status %d: %s", status, errors.String())
		}
	})
	b.ReportMetric(float64(persons*months), "rows")
}

func BenchmarkBarRegisterIntByPerson(b *testing.B) { barRegister(b, false, false) }
func BenchmarkBarRegisterTextByMonth(b *testing.B) { barRegister(b, true, true) }
