package register

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// draftOf is the draft of a folder with these files, and the folder.
func draftOf(t *testing.T, files map[string]string) (*Draft, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := NewDraft(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d, dir
}

// holds asks for pieces of a draft.
func holds(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("the draft lacks %q:\n%s", want, text)
		}
	}
}

// A folder as an institute may have it: every needed column is found under its name, what is not known stands as a comment, identifiers are
// dropped, and the draft is a mapping that reads the register, without a value of a person in it.
func TestDraft(t *testing.T) {
	d, dir := draftOf(t, map[string]string{
		"W24_demografi.csv":          "lopenr,fødselsår,kjønn,landbakgrunn,nus_niva,bostedsfylke,fornavn,hobby\n7001,1980,1,Norge,3,03,Ola,sjakk\n7002,1990,2,EU/EØS,6,46,Kari,bok\n7003,1970,2,Mars,2,46,Per,ski\n",
		"W24_tiltaksdeltakelser.csv": "deltaker_id,lopenr,tiltak,deltakerstatus,fom,tom,omfang_pst\n1,7001,ARBEIDSTRENING,FULLF,2020-01-01,2020-03-01,100\n2,7002,yes,FULLF,2020-02-01,2020-03-01,100\n3,7003,JOBBK,GJENN,2020-02-11,2020-06-01,100\n",
		"W24_arbsok.csv":             "lopenr,fom,tom,arbsokerstatus\n7001,2019-10-01,2020-06-01,HLED\n7002,2019-10-01,2020-06-01,ledig\n7003,2019-10-01,2020-06-01,ukjent\n",
		"W24_ameldingen.csv":         "lopenr,årmåned,stillingspst,kontantlønn,aap_ind\n7001,202001,100,30000,false\n7002,202001,50,15000,true\n7003,202002,0,0,false\n",
		"lesmeg.csv":                 "a,b\n1,2\n",
		"notat.txt":                  "ikke en tabell",
	})
	text := string(d.YAML())
	holds(t, text,
		"person:\n  file: W24_demografi.csv\n", "    lopenr: person_id\n    \"fødselsår\": fodselsaar\n    \"kjønn\": kjonn\n    landbakgrunn: landgruppe\n    nus_niva: utdanning\n    bostedsfylke: fylke\n",
		"    # hobby: ?    # text, not read as it stands\n", "  drop: [fornavn]", "      \"EU/EØS\": eos\n      # Mars: ?\n",
		"    tiltak: tiltakskode\n    deltakerstatus: status\n    fom: start_dato\n    tom: slutt_dato\n    omfang_pst: deltidsprosent\n", "      # \"yes\": ?\n",
		"    fom: fra\n    tom: til\n    arbsokerstatus: status\n", "      HLED: ledig\n      # ukjent: ?\n", "    \"årmåned\": maaned\n    stillingspst: stillingsprosent\n    \"kontantlønn\": lonn\n    aap_ind: aap\n",
		"# lesmeg.csv looks like no table; its columns are a, b\n",
	)
	for _, never := range []string{"7001", "Ola", "sjakk", "Norge:", "FULLF", "1:", "JOBBK", "notat"} {
		if strings.Contains(text, never) {
			t.Errorf("the draft holds %q:\n%s", never, text)
		}
	}
	if d.Unknown() != 3 {
		t.Errorf("%d unknown, want 3 (Mars, yes, ukjent)", d.Unknown())
	}
	m, err := datasets.ParseMapping("draft", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	reg, err := Open(t.Context(), dir, Options{Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	if reg.Persons.N != 3 || len(reg.Participations) != 3 || !slices.Contains(reg.Tiltak, "JOBBKLUBB") || reg.Persons.Sex[0] != Man || reg.Persons.Origin[1] != EEA {
		t.Errorf("%d persons, %d participations in %v", reg.Persons.N, len(reg.Participations), reg.Tiltak)
	}
}

// Tables and columns that were once taken for something else or for nothing: an immigrant background is no year, an ending may be written in
// capitals, benefits have words of their own. Codes that all lack a guess stand under heads without #, so that one line is one answer; and whatever table
// the draft finds, the mapping takes.
func TestDraftOfOtherWords(t *testing.T) {
	d, dir := draftOf(t, map[string]string{
		"Befolkning 2024.csv":         "Løpenummer;Fødselsår;Kjønn;Innvandringsbakgrunn;Høyeste utdanning;Første innvandringsår\nå1;1980;1;A;3;\nå2;1990;2;C;6;2001\n",
		"Tiltaksdeltakere.csv":        "Deltaker-ID;Løpenr;Tiltaksnavn;Deltakerstatus;Startdato;Sluttdato;Enhet\nT1;å1;AMO-kurs;FULLF;20200101;20200301;0101\nT2;å2;AMO-kurs;FULLF;20200101;20200301;0101\n",
		"Arbeidssøkerperioder.csv":    "Løpenr;Fra og med;Til og med;Arbeidssøkerstatus\nå1;2019-10-01;2020-06-01;ledig\n",
		"Arbeidsforhold.csv":          "Løpenr;Ansatt fra;Ansatt til;Stillingsprosent (avtalt)\nå1;01.10.2020;30.11.2020;50,00\n",
		"Inntekter.csv":               "Løpenr;Kalendermåned;Utbetalt kontantlønn\nå1;2020-10;20000,00\n",
		"Stønader.CSV":                "Løpenr;Type stønad;Gyldig fra;Gyldig til\nå2;Økonomisk sosialhjelp;2020-10-01;2020-11-30\nå1;Dagpenger;2020-10-01;2020-11-30\nå1;Sykepenger;2020-10-01;2020-11-30\n",
		"Ledighet per fylke.csv":      "Fylke;Måned;Ledighet i prosent\n03;202001;2,5\n",
		"Kobling av personnummer.csv": "lopenr;gjelder\nå3;å2\n",
	})
	text := string(d.YAML())
	holds(t, text, "    Innvandringsbakgrunn: landgruppe\n", "    \"Første innvandringsår\": innvandret_aar\n", "    Enhet: nav_enhet\n",
		"  codes:\n    landgruppe:    # norge, eos, utenfor_eos\n      # A: ?\n", "  codes:\n    tiltakskode:    # `evaluate catalog tiltak`\n      # AMO-kurs: ?\n",
		"ytelse:\n  file: \"Stønader.CSV\"\n", "    \"Type stønad\": ytelse\n", "      # Sykepenger: ?\n      \"Økonomisk sosialhjelp\": SOSIALHJELP\n",
		"omrade_maaned:\n  file: \"Ledighet per fylke.csv\"\n", "    \"Ledighet i prosent\": ledighet\n", "person_kobling:\n  file: \"Kobling av personnummer.csv\"\n")
	m, err := datasets.ParseMapping("draft", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	reg, err := Open(t.Context(), dir, Options{Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	if reg.Persons.N != 2 || reg.Persons.Sex[1] != Woman {
		t.Errorf("%d persons", reg.Persons.N)
	}
	for p, want := range map[int32]State{0: Dagpenger, 1: Sosialhjelp} {
		var got State
		for _, s := range reg.Panel.History(p).State {
			got |= s & (Dagpenger | Sosialhjelp)
		}
		if got != want {
			t.Errorf("person %d: benefits %b, want %b", p, got, want)
		}
	}
	if unread, err := Unread(dir, m); err != nil || len(unread) != 0 {
		t.Errorf("not read through the draft: %v, %v", unread, err)
	}
	if unread, err := Unread(dir, nil); err != nil || !slices.Contains(unread, "Stønader.CSV") || !slices.Contains(unread, "Inntekter.csv") {
		t.Errorf("not read without a mapping: %v, %v", unread, err)
	}
	for _, name := range tableNames() {
		if !slices.Contains(datasets.MappedTables, name) {
			t.Errorf("a mapping cannot name the table %s", name)
		}
	}
}

// A register in our own names needs no mapping, and a folder without tables is refused.
func TestDraftOfLittle(t *testing.T) {
	dir := t.TempDir()
	if _, err := NewDraft(t.Context(), dir, Options{}); fault.CodeOf(err) != "no_table" {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := NewDraft(t.Context(), filepath.Join(dir, "x"), Options{}); fault.StatusOf(err) != fault.Data {
		t.Errorf("no folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "person.csv"), []byte("person_id,fodselsaar,kjonn,landgruppe,utdanning\n1,1980,mann,norge,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := NewDraft(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := string(d.YAML())
	if len(d.Tables) != 1 || len(d.Tables[0].Rename) != 0 || !strings.Contains(text, "# deltakelse: {file: ?}    # needed") || strings.Contains(text, "rename:") {
		t.Errorf("%s", text)
	}
	if _, err := datasets.ParseMapping("draft", d.YAML()); err != nil {
		t.Error(err)
	}
}

// Whatever files, columns and codes are called, the draft is a mapping that calls them so.
func FuzzDraft(f *testing.F) {
	for _, s := range []string{"lopenr", "fødselsår", "a: b", "# x", "- 1", "no", "~", "null", "1e3", "0301", "'q'", `"q"`, "{a}", "[b]", "*x", "&y", "!z", "|", ">", "%d", "@", "`", "a\nb", "\t", "a\u2028b", "\u0085", "\ufeff", "?", " a ", "<<", "=", "2020-01-01", "0x1f", "1_000", ".inf"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, code string) {
		if len(name) > longestKey || len(code) > longestKey || !utf8.ValidString(name) || !utf8.ValidString(code) || name == "" || name == "A" || strings.ContainsRune(name+code, '\ufffd') {
			return
		}
		d := Draft{Dir: name, Others: []DraftFile{{name, code}}, Unread: []DraftFile{{code, name}}, Tables: []DraftTable{{Table: "person", File: name, Rename: []datasets.Rename{{From: name, To: "kjonn"}}, Drop: []string{name + "A"},
			Unused: []DraftFile{{name + "B", "text"}}, Missing: []string{"utdanning"}, Free: []string{"vekt"},
			Codes: []DraftCodes{{Column: "kjonn", From: []string{code, code + "C"}, To: []string{"kvinne", ""}, Allowed: "kvinne, mann"}}}}}
		m, err := datasets.ParseMapping("draft", d.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, d.YAML())
		}
		if r := m.Renames("person"); len(r) != 1 || r[0].From != name || m.File("person") != name {
			t.Fatalf("%q became %+v in %q\n%s", name, r, m.File("person"), d.YAML())
		}
	})
}

// A file that misses one column is still the table, å and ø may be written aa and oe, codes without any guess have their heading as a comment, and
// what no file looks like is named.
func TestDraftOfDigraphs(t *testing.T) {
	d, dir := draftOf(t, map[string]string{
		"individer_2024.csv": "lopenummer;fodselsdato;kjoenn;foedeland;utd_nivaa\n1;1980-02-03;K;Norge;4\n",
		"tiltak.csv":         "deltaker_id;lopenummer;tiltakstype;deltakerstatus;startdato;sluttdato\n1;1;MYSTISK;GJENN;2019-01-03;2019-05-03\n",
		"trygd.parquet":      "ikke parquet",
	})
	holds(t, string(d.YAML()), "  file: individer_2024.csv\n", "    kjoenn: kjonn\n    foedeland: landgruppe\n    utd_nivaa: utdanning\n    # ?: fodselsaar ", "    # fodselsdato: ?", "  codes:\n    tiltakskode:    # `evaluate catalog tiltak`\n      # MYSTISK: ?\n",
		"# trygd.parquet cannot be read: ")
	if len(d.Unread) != 1 || d.Unread[0].Name != "trygd.parquet" || d.Unread[0].Text == "" || len(d.Others) != 0 {
		t.Errorf("unread %+v, others %+v", d.Unread, d.Others)
	}
	if got := d.Lacking(); !slices.Equal(got, []string{"arbeidssoker", "maaned"}) {
		t.Errorf("lacking %v", got)
	}
	if _, err := NewDraft(t.Context(), dir, Options{Encoding: "utf16"}); fault.StatusOf(err) != fault.Usage {
		t.Errorf("an unknown encoding: %v", err)
	}
}
