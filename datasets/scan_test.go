package datasets

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
)

// months writes a table in the shape of `maaned`: person × month, sorted by person, 120 months a person.
func months(tb testing.TB, path string, rows int, textIDs bool) {
	tb.Helper()
	var w *Writer
	defer func() {
		if w != nil {
			w.Abort()
		}
	}()
	const piece = 1 << 20
	industries := make([]string, 80)
	for i := range industries {
		industries[i] = fmt.Sprintf("%02d.%d", i+1, i%10)
	}
	for from := 0; from < rows; from += piece {
		n := min(piece, rows-from)
		r := random.New(uint64(from), "scan benchmark")
		id, employer := make([]int64, n), make([]int64, n)
		month := make([]calendar.Date, n)
		position, wage, share := make([]float64, n), make([]float64, n), make([]float64, n)
		subsidy, benefit := make([]bool, n), make([]bool, n)
		null := make([]bool, n)
		industry, texts := make([]string, n), make([]string, n)
		for i := range n {
			row := from + i
			id[i] = 100_000_000 + int64(row/120)*7
			if textIDs {
				texts[i] = fmt.Sprintf("%032x", uint64(id[i])*0x9e3779b97f4a7c15)
			}
			month[i] = (calendar.NewMonth(2015, 1) + calendar.Month(row%120)).First()
			benefit[i] = r.IntN(4) == 0
			if null[i] = r.IntN(3) == 0; null[i] {
				continue
			}
			position[i] = []float64{100, 100, 100, 80, 50, 20}[r.IntN(6)]
			wage[i] = float64(int64(position[i] * (300 + 200*r.Float64())))
			employer[i] = 900_000 + r.Int64N(50_000)
			industry[i] = industries[r.IntN(len(industries))]
			subsidy[i] = r.IntN(50) == 0
			share[i] = r.Float64()
		}
		person := IntColumn("person_id", id)
		if textIDs {
			person = TextColumn("person_id", texts, nil)
		}
		t := NewTable(person,
			DateColumn("maaned", month, nil),
			&Column{Name: "stillingsprosent", Kind: Float64, Floats: position, Null: null},
			&Column{Name: "lonn", Kind: Float64, Floats: wage, Null: null},
			BoolColumn("tiltakslonn", subsidy),
			&Column{Name: "arbeidsgiver_id", Kind: Int64, Ints: employer, Null: null},
			TextColumn("naring", industry, null),
			BoolColumn("dagpenger", benefit),
			&Column{Name: "andel", Kind: Float64, Floats: share, Null: null})
		if w == nil {
			fields := FieldsOf(t)
			for i := range fields {
				fields[i].Nullable = fields[i].Nullable || null != nil && i > 1
			}
			var err error
			if w, err = NewWriter(path, fields, WriteOptions{}); err != nil {
				tb.Fatal(err)
			}
		}
		if err := w.Append(t); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

// scanned are the columns that a panel needs.
var scanned = []string{"person_id", "maaned", "stillingsprosent", "lonn", "tiltakslonn", "arbeidsgiver_id", "naring"}

// scanAll reads the columns and adds up what is in them, as a panel would touch every value.
func scanAll(tb testing.TB, path string, columns []string) (rows int64, sum float64) {
	tb.Helper()
	s, err := Open(path, ReadOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	var n atomic.Int64
	sums := make([]float64, s.Parts())
	err = s.Scan(tb.Context(), columns, 0, func(part int, t *Table) error {
		n.Add(int64(t.Rows))
		sum := 0.0
		for _, c := range t.Columns {
			switch c.Kind {
			case Int64:
				total := int64(0)
				for _, v := range c.Ints {
					total += v
				}
				sum += float64(total)
			case Float64:
				for _, v := range c.Floats {
					sum += v
				}
			case String:
				total := int64(0)
				for _, v := range c.Codes {
					total += int64(len(c.Levels[v]))
				}
				sum += float64(total)
			case Date:
				total := int64(0)
				for _, v := range c.Dates {
					total += int64(v)
				}
				sum += float64(total)
			case Bool:
				for _, v := range c.Bools {
					if v {
						sum++
					}
				}
			}
		}
		sums[part] = sum
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	for _, v := range sums {
		sum += v
	}
	return n.Load(), sum
}

func BenchmarkScan(b *testing.B) {
	sizes := []int{1_000_000}
	if os.Getenv("EVALUATE_SLOW") == "1" {
		sizes = append(sizes, 20_000_000)
	}
	for _, rows := range sizes {
		for _, ids := range []string{"int", "text"} {
			path := filepath.Join(b.TempDir(), "maaned.parquet")
			months(b, path, rows, ids == "text")
			b.Run(fmt.Sprintf("rows=%d/ids=%s", rows, ids), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if n, _ := scanAll(b, path, scanned); n != int64(rows) {
						b.Fatal(n)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}

// duckSQL reads the same columns and adds up the same things as scanAll.
const duckSQL = "select count(*), sum(person_id) + sum(maaned - date '1970-01-01') + sum(stillingsprosent) + sum(lonn) " +
	"+ sum(tiltakslonn::int) + sum(arbeidsgiver_id) + sum(length(coalesce(naring, ''))) from read_parquet('%s')"

const duckScript = `
import duckdb, sys, time
con = duckdb.connect()
con.execute("set threads = " + sys.argv[2])
con.execute("set enable_progress_bar = false")
best = 1e9
for _ in range(3):
    begin = time.perf_counter()
    row = con.execute(sys.argv[1]).fetchone()
    best = min(best, time.perf_counter() - begin)
print(row[0], "%.17g" % row[1], "%.6f" % best)
`

// BenchmarkBarScan: the columns that a panel needs, read and summed, take at most twice as long as DuckDB takes for the same in
// the same run. EVALUATE_DUCKDB names a Python that has DuckDB; both run three times in turn, and the fastest of each
// counts. 10 million rows, 120 million (the size of the bar) under EVALUATE_SLOW=1.
func BenchmarkBarScan(b *testing.B) {
	python := os.Getenv("EVALUATE_DUCKDB")
	if python == "" {
		b.Skip("EVALUATE_DUCKDB names no Python with DuckDB")
	}
	rows := 10_000_000
	if os.Getenv("EVALUATE_SLOW") == "1" {
		rows = 120_000_000
	}
	path := filepath.Join(b.TempDir(), "maaned.parquet")
	months(b, path, rows, false)
	b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
		ours, ducks := math.Inf(1), math.Inf(1)
		for b.Loop() {
			for range 3 {
				begin := time.Now()
				n, sum := scanAll(b, path, scanned)
				ours = min(ours, time.Since(begin).Seconds())
				out, err := exec.CommandContext(b.Context(), python, "-c", duckScript, fmt.Sprintf(duckSQL, path), strconv.Itoa(runtime.GOMAXPROCS(0))).Output()
				if err != nil {
					b.Fatal(err)
				}
				var m int64
				var want, seconds float64
				if _, err := fmt.Sscan(string(out), &m, &want, &seconds); err != nil {
					b.Fatalf("%q: %v", out, err)
				}
				// Sums of 10^8 terms in another order and in other pieces.
				if n != m || math.Abs(sum-want) > 1e-9*math.Abs(want) {
					b.Fatalf("%d rows, sum %v; DuckDB %d rows, %v", n, sum, m, want)
				}
				ducks = min(ducks, seconds)
			}
		}
		b.ReportMetric(ours, "s")
		b.ReportMetric(ducks, "duckdb-s")
		b.ReportMetric(ours/ducks, "ratio")
	})
}

func BenchmarkReadCSV(b *testing.B) {
	for _, rows := range []int{200_000} {
		path := filepath.Join(b.TempDir(), "maaned.csv")
		months(b, path, rows, false)
		size, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			b.SetBytes(size.Size())
			for b.Loop() {
				if _, err := Read(b.Context(), path, ReadOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
