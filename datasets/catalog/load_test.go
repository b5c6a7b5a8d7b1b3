package catalog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// folder writes files and returns where.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const satserHead = "tiltakskode,enhet,kr,gyldig_fra,gyldig_til,kilde,bekreftet,merknad\n"

func TestUserRowsWinOnTheDaysTheyCover(t *testing.T) {
	dir := folder(t, map[string]string{
		"satser.csv": satserHead +
			aft + ",maaned,19075,2023-01-01,2023-06-30,vårt budsjett,ja,\n" +
			aft + ",maaned,17000,2019-01-01,2021-12-31,vårt budsjett,ja,\n" +
			"INKLUDERINGSTILSKUDD,deltakelse,90000,2024-01-01,2025-12-31,avtale,ja,\n" +
			"VTAO,uke,1600,2024-07-01,,avtale,ja,\n" +
			"AVKLARING,deltakelse,45000,,,avtale,ja,\n",
		"tiltak.csv": "tiltakskode;navn_nb;navn_en;familie;trinn;arena;form;anskaffelse;kapittel;maks_varighet;maks_enhet;lonn_fra_tiltak;opphav;prismodell;gyldig_fra;gyldig_til;kilde;bekreftet\n" +
			"PILOT_ØST;Pilot på Østlandet;Pilot;oppfolging;K;ordinaer;individuell;egen_regi;;4,5;maneder;nei;NAV;ingen;2024-01-01;;oss;ja\n",
		"les meg.txt": "not a table",
	})
	c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]float64{
		"2018-12-31": 16470, "2019-01-01": 17000, "2021-12-31": 17000, "2022-01-01": 18520,
		"2023-06-30": 19075, "2023-07-01": 19500, "2023-12-31": 19500, "2024-01-01": 20205,
	} {
		d, _ := calendar.ParseDate(day)
		if r, fit, _ := c.Rate(aft, d); r.Kroner != want || fit != Exact {
			t.Errorf("%s: %v kr (fit %d), want %v", day, r.Kroner, fit, want)
		}
	}
	if r, _, ok := c.Rate("AVKLARING", calendar.NewDate(2020, 1, 1)); !ok || r.Unit != PerParticipation {
		t.Errorf("the user's price of avklaring: %+v, %v", r, ok)
	}
	if r, _, ok := c.Rate("VTAO", calendar.NewDate(2024, 7, 1)); !ok || r.Unit != PerWeek || r.Kroner != 1600 {
		t.Errorf("a price in another unit: %+v", r)
	}
	if m, fit, _ := c.Maximum("INKLUDERINGSTILSKUDD", calendar.NewDate(2024, 7, 1)); m.Kroner != 149100 || fit != Exact {
		t.Errorf("a price took the ceiling away: %+v", m)
	}
	if pilot, ok := c.Tiltak("PILOT_ØST"); !ok || pilot.Max != 4.5 || pilot.Name("nb") != "Pilot på Østlandet" {
		t.Errorf("the user's tiltak: %+v, %v", pilot, ok)
	}
	if _, ok := c.Tiltak(aft); !ok {
		t.Error("the embedded tiltak are gone")
	}
	if got := c.Files(); len(got) != 2 || filepath.Base(got[0]) != "satser.csv" {
		t.Errorf("files: %v", got)
	}
	if r, _, _ := Default().Rate(aft, calendar.NewDate(2023, 6, 30)); r.Kroner != 19500 {
		t.Error("the embedded catalogue was changed")
	}
}

// Every refusal names the file, the line, the column and something to do about it.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		file, content, code, column string
		line                        string
		says                        []string
	}{
		"unknown table":      {"sats.csv", "x\n", "unknown_table", "", "", []string{"did you mean `satser`?"}},
		"empty file":         {"satser.csv", "", "empty_file", "", "", []string{"tiltakskode,enhet,kr"}},
		"latin1":             {"satser.csv", "tiltakskode\nf\xf8r\n", "bad_encoding", "", "", []string{"UTF-8"}},
		"missing column":     {"satser.csv", strings.Replace(satserHead, "kr,", "", 1), "missing_column", "kr", "line 1", []string{"`kr`", "add it"}},
		"unknown column":     {"satser.csv", strings.Replace(satserHead, "kr,", "kr,belop,", 1), "unknown_column", "belop", "line 1", []string{"`belop`"}},
		"column twice":       {"satser.csv", "kr," + satserHead, "duplicate_column", "kr", "line 1", []string{"twice"}},
		"not a number":       {"satser.csv", satserHead + aft + ",maaned,20 205,2024-01-01,,x,ja,\n", "bad_value", "kr", "line 2", []string{"`20 205`", "20205"}},
		"infinite":           {"satser.csv", satserHead + aft + ",maaned,Inf,2024-01-01,,x,ja,\n", "bad_value", "kr", "line 2", nil},
		"negative":           {"satser.csv", satserHead + aft + ",maaned,-1,2024-01-01,,x,ja,\n", "bad_value", "kr", "line 2", []string{"negative"}},
		"not a date":         {"satser.csv", satserHead + aft + ",maaned,1,2024-02-30,,x,ja,\n", "bad_value", "gyldig_fra", "line 2", []string{"2024-03-31"}},
		"ends before":        {"satser.csv", satserHead + aft + ",maaned,1,2024-02-01,2024-01-01,x,ja,\n", "bad_period", "gyldig_til", "line 2", []string{"swap"}},
		"no source":          {"satser.csv", satserHead + aft + ",maaned,1,2024-02-01,,,ja,\n", "missing_value", "kilde", "line 2", []string{"fill in"}},
		"not ja or nei":      {"satser.csv", satserHead + aft + ",maaned,1,2024-02-01,,x,yes,\n", "bad_value", "bekreftet", "line 2", []string{"ja, nei"}},
		"unntatt no column":  {"satser.csv", satserHead + aft + ",maaned,1,2024-02-01,,x,unntatt kroner,\n", "bad_value", "bekreftet", "line 2", []string{"`kroner`"}},
		"unknown unit":       {"satser.csv", satserHead + aft + ",maned,1,2024-02-01,,x,ja,\n", "bad_value", "enhet", "line 2", []string{"did you mean `maaned`?"}},
		"old code":           {"satser.csv", satserHead + "ARBFORB,maaned,1,2024-02-01,,x,ja,\n", "unknown_tiltak", "tiltakskode", "line 2", []string{aft}},
		"unknown tiltak":     {"satser.csv", satserHead + "AVKLARINGA,maaned,1,2024-02-01,,x,ja,\n", "unknown_tiltak", "tiltakskode", "line 2", []string{"did you mean `AVKLARING`?"}},
		"overlap":            {"satser.csv", satserHead + aft + ",maaned,1,2024-02-01,,x,ja,\n" + aft + ",maaned,2,2025-01-01,,x,ja,\n", "overlapping_periods", "gyldig_fra", "line 3", []string{"line 2"}},
		"two units":          {"satser.csv", satserHead + aft + ",uke,1,2024-02-01,,x,ja,\n" + aft + ",maaned,1,2024-03-01,,x,ja,\n", "overlapping_periods", "enhet", "line 3", []string{"per uke", "per maaned"}},
		"short row":          {"satser.csv", satserHead + aft + ",maaned,1\n", "bad_row", "", "line 2", []string{"3 cells"}},
		"stray quote":        {"satser.csv", satserHead + aft + ",maaned,\"1,2024-02-01,,x,ja,\n", "bad_csv", "", "line ", nil},
		"tiltak twice":       {"koder.csv", "kode,tiltakskode,forhold,status,navn_nb,familie,lonn_fra_tiltak,kilde,bekreftet\nX,,ingen,utfases,x,y,nei,z,ja\nX,,ingen,utfases,x,y,nei,z,ja\n", "duplicate_row", "kode", "line 3", []string{"line 2"}},
		"code to nothing":    {"koder.csv", "kode,tiltakskode,forhold,status,navn_nb,familie,lonn_fra_tiltak,kilde,bekreftet\nX,NOPE,ingen,utfases,x,y,nei,z,ja\n", "unknown_tiltak", "tiltakskode", "line 2", []string{"`NOPE`"}},
		"lower-case code":    {"koder.csv", "kode,tiltakskode,forhold,status,navn_nb,familie,lonn_fra_tiltak,kilde,bekreftet\nx y,,ingen,utfases,x,y,nei,z,ja\n", "bad_value", "kode", "line 2", []string{"capitals"}},
		"share over 1":       {"deltid.csv", "tiltakskode,fra_prosent,grensen_med,andel,gyldig_fra,gyldig_til,kilde,bekreftet\n" + aft + ",0,ja,50,,,x,ja\n", "bad_value", "andel", "line 2", nil},
		"percent over 100":   {"deltid.csv", "tiltakskode,fra_prosent,grensen_med,andel,gyldig_fra,gyldig_til,kilde,bekreftet\n" + aft + ",101,ja,0.5,,,x,ja\n", "bad_value", "fra_prosent", "line 2", nil},
		"month 0":            {"lonnstilskudd.csv", "tiltakskode,variant,fra_maaned,prosent,tak_g,gyldig_fra,gyldig_til,kilde,bekreftet\nSOMMERJOBB,standard,0,50,,,,x,ja\n", "bad_value", "fra_maaned", "line 2", nil},
		"half a year number": {"kpi.csv", "aar,indeks,vekst_prosent,kilde,bekreftet\n2024.5,100,,x,ja\n", "bad_value", "aar", "line 2", []string{"whole number"}},
		"index 0":            {"kpi.csv", "aar,indeks,vekst_prosent,kilde,bekreftet\n2024,0,,x,ja\n", "bad_value", "indeks", "line 2", nil},
		"rate in percent":    {"parametre.csv", "parameter,fra_aar,verdi,enhet,gyldig_fra,gyldig_til,kilde,bekreftet\nkalkulasjonsrente,0,4,x,,,x,ja\n", "bad_value", "verdi", "line 2", []string{"0.04"}},
		"duration 0":         {"varigheter.csv", "tiltakskode,variant,maks,enhet,gyldig_fra,gyldig_til,kilde,bekreftet\nVTAO,alle,0,uker,,,x,ja\n", "bad_value", "maks", "line 2", nil},
	} {
		_, err := Load(folder(t, map[string]string{c.file: c.content}))
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: accepted (%v)", name, err)
			continue
		}
		if e.Status != fault.Data || e.Code != c.code || e.Column != c.column || filepath.Base(e.File) != c.file || !strings.HasPrefix(e.Message, c.line) {
			t.Errorf("%s: status %d, code %s, column %q, file %q: %v", name, e.Status, e.Code, e.Column, e.File, err)
		}
		for _, word := range c.says {
			if !strings.Contains(e.Message, word) {
				t.Errorf("%s: %q does not say %q", name, e.Message, word)
			}
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "nowhere")); fault.CodeOf(err) != "missing_file" {
		t.Errorf("a missing folder: %v", err)
	}
}

// The embedded tables may be written out and read back as the user's own: nothing changes.
func TestEmbeddedTablesAsUserFiles(t *testing.T) {
	files := map[string]string{}
	for _, s := range schemas {
		content, err := embedded.ReadFile("data/" + s.file())
		if err != nil {
			t.Fatal(err)
		}
		files[s.file()] = "\ufeff" + strings.ReplaceAll(string(content), "\n", "\r\n")
	}
	c, err := Load(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range c.Tables() {
		want := map[string]int{}
		for _, row := range Default().Tables()[i].Rows {
			want[strings.Join(row, "|")]++
		}
		for _, row := range table.Rows {
			want[strings.Join(row, "|")]--
		}
		for row, n := range want {
			if n != 0 {
				t.Errorf("%s: %+d of %s", table.Name, n, row)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(satserHead + aft + ",maaned,1,2024-02-01,,x,ja,\n")
	f.Add("kr;kr\n\"")
	f.Fuzz(func(t *testing.T, content string) {
		for _, s := range schemas {
			records, err := s.read("x.csv", []byte(content), true)
			if err == nil {
				_, _ = s.merge(records, records)
			}
		}
	})
}
