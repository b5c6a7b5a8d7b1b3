package register

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/bar"
	"tiltakseffekt/internal/calendar"
)

// national writes a register of persons × months with one row a month in maaned: by person in one file, or by month in a
// folder of one file a month. Text ids are 32 hexadecimal digits. maaned has columns that nobody reads, as real ones do.
func national(b *testing.B, dir string, persons, months int, byMonth, text bool) {
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
	born, zero := make([]int64, persons), make([]int64, persons)
	starts, ends := make([]calendar.Date, persons), make([]calendar.Date, persons)
	for i := range born {
		born[i] = int64(1950 + i%50)
		starts[i] = (first + calendar.Month(r.IntN(months))).First() + calendar.Date(r.IntN(28))
		ends[i] = starts[i] + calendar.Date(r.IntN(300))
	}
	constant := func(column, v string) *datasets.Column {
		return &datasets.Column{Name: column, Kind: datasets.String, Codes: make([]uint32, persons), Levels: []string{v}}
	}
	for name, t := range map[string]*datasets.Table{
		"person": datasets.NewTable(idOf(all), datasets.IntColumn("fodselsaar", born), constant("kjonn", "mann"), constant("landgruppe", "norge"), datasets.IntColumn("utdanning", zero)),
		"deltakelse": datasets.NewTable(datasets.IntColumn("deltakelse_id", ids), idOf(all), constant("tiltakskode", "MIDLONTIL"), constant("status", "FULLF"),
			datasets.DateColumn("start_dato", starts, nil), datasets.DateColumn("slutt_dato", ends, nil)),
		"arbeidssoker": datasets.NewTable(idOf(all), datasets.DateColumn("fra", starts, nil), datasets.DateColumn("til", ends, nil), constant("status", "ledig")),
	} {
		must(datasets.Write(filepath.Join(dir, name+".parquet"), t, datasets.WriteOptions{}))
	}
}

// peak is the largest resident memory of the process so far in MiB, 0 where the system does not tell.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// The bars of size: 1,000,000 persons × 120 months from Parquet to panel, in at most 45 s with int64 ids sorted by person
// and 90 s with 32-character ids by month, trials included, and 6 GiB. (Trials are measured in analysis/cohort, BenchmarkBuild.) They
// need EVALUATE_SLOW=1 (EVALUATE_PERSONS and EVALUATE_MONTHS make them smaller); the peak is that of the process, writing the register included, and only grows.
func barRegister(b *testing.B, byMonth, text bool) {
	if os.Getenv("EVALUATE_SLOW") == "" {
		b.Skip("set EVALUATE_SLOW=1")
	}
	persons, months := 1000000, 120
	if n, err := strconv.Atoi(os.Getenv("EVALUATE_PERSONS")); err == nil {
		persons = n
	}
	if n, err := strconv.Atoi(os.Getenv("EVALUATE_MONTHS")); err == nil {
		months = n
	}
	dir := b.TempDir()
	national(b, dir, persons, months, byMonth, text)
	runtime.GC()
	limit := 45 * time.Second
	if text {
		limit = 90 * time.Second
	}
	bar.Loop(b, bar.Bar{Time: limit, Memory: 6 << 30}, func() {
		r, err := Open(context.Background(), dir, Options{NoInputs: true})
		if err != nil {
			b.Fatal(err)
		}
		if len(r.Panel.State) != persons*months {
			b.Fatal("the panel is incomplete")
		}
	})
	b.ReportMetric(peak(), "process-peak-MiB")
}

func BenchmarkBarRegisterIntByPerson(b *testing.B) { barRegister(b, false, false) }
func BenchmarkBarRegisterTextByMonth(b *testing.B) { barRegister(b, true, true) }
