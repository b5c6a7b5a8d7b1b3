package catalog

import (
	"testing"

	"tiltakseffekt/internal/calendar"
)

func TestEveryKnownCodeHasATiltak(t *testing.T) {
	c := Default()
	for _, name := range []string{"tiltak", "koder"} {
		table, _ := c.Table(name)
		for _, row := range table.Rows {
			code, known := c.Resolve(row[0])
			if _, ok := c.Tiltak(code); !known || !ok {
				t.Errorf("%s: resolved to %q, known %v, in the table %v", row[0], code, known, ok)
			}
		}
	}
}

// The mapping as domain.md §2.1 has it.
func TestResolve(t *testing.T) {
	c := Default()
	for code, want := range map[string]string{
		"AVKLARAG": "AVKLARING", "INDOPPFAG": "OPPFOLGING", "ARBRRHDAG": "ARBEIDSRETTET_REHABILITERING", "JOBBK": "JOBBKLUBB",
		"DIGIOPPARB": "DIGITALT_OPPFOLGINGSTILTAK", "ARBFORB": "ARBEIDSFORBEREDENDE_TRENING", "VASV": "VARIG_TILRETTELAGT_ARBEID_SKJERMET",
		"ENKELAMO": "ENKELTPLASS_ARBEIDSMARKEDSOPPLAERING", "ENKFAGYRKE": "ENKELTPLASS_FAG_OG_YRKESOPPLAERING", "HOYEREUTD": "HOYERE_UTDANNING",
		"INDJOBSTOT": "INDIVIDUELL_JOBBSTOTTE", "IPSUNG": "INDIVIDUELL_JOBBSTOTTE_UNG", "UTVAOONAV": "ARBEID_MED_STOTTE",
		"ARBTREN": "ARBEIDSTRENING", "MENTOR": "MENTOR", "TILSJOBB": "SOMMERJOBB", "MIDLONTIL": "MIDLERTIDIG_LONNSTILSKUDD",
		"VARLONTIL": "VARIG_LONNSTILSKUDD", "INKLUTILS": "INKLUDERINGSTILSKUDD", "VATIAROR": "VTAO",
		// many to one: the new code with the Arena name
		"GRUPPEAMO": "GRUPPE_ARBEIDSMARKEDSOPPLAERING", "GRUFAGYRKE": "GRUPPE_FAG_OG_YRKESOPPLAERING",
		// new codes map to themselves, with and without an Arena code
		"STUDIESPESIALISERING": "STUDIESPESIALISERING", "TILRETTELAGT_ARBEID_ORDINAER": "TILRETTELAGT_ARBEID_ORDINAER",
		"FIREARIG_LONNSTILSKUDD": "FIREARIG_LONNSTILSKUDD", "VTAO": "VTAO", "JOBBKLUBB": "JOBBKLUBB",
		// old codes stand for themselves, but for the one that was renamed
		"PRAKSKJERM": "PRAKSKJERM", "AMBF2": "AMBF2", "FUNKSJASS": "FUNKSJASS", "PRAKSORD": "ARBEIDSTRENING",
		" arbforb ": "ARBEIDSFORBEREDENDE_TRENING",
	} {
		if got, known := c.Resolve(code); got != want || !known {
			t.Errorf("Resolve(%q) = %q, %v; want %q", code, got, known, want)
		}
	}
	if got, known := c.Resolve("Nyttiltak"); got != "Nyttiltak" || known {
		t.Errorf("an unknown code became %q, %v", got, known)
	}
	if w, known := c.Known("NYTT"); known || w.Code != "unknown_tiltak" {
		t.Errorf("unknown code: %v, %v", w, known)
	}
	if got := c.Name("ARBFORB", "nb"); got != "Arbeidsforberedende trening (AFT)" {
		t.Errorf("name of ARBFORB: %q", got)
	}
	if got := c.Name("NYTT", "en"); got != "NYTT" {
		t.Errorf("name of an unknown code: %q", got)
	}
}

func TestWagesOfATiltakAreKnown(t *testing.T) {
	c := Default()
	for code, want := range map[string]bool{
		"MIDLONTIL": true, "VARLONTIL": true, "VASV": true, "VATIAROR": true, "TILSJOBB": true, "LONNTIL": true, "TIDSUBLONN": true,
		"ARBFORB": false, "ARBTREN": false, "MENTOR": false, "FUNKSJASS": false, "GRUPPEAMO": false,
	} {
		resolved, _ := c.Resolve(code)
		if tiltak, _ := c.Tiltak(resolved); tiltak.WagesSubsidised != want {
			t.Errorf("%s: wages subsidised %v, want %v", code, tiltak.WagesSubsidised, want)
		}
	}
}

// Nav's rule, domain.md §2.2.
func TestParticipationByNavsRule(t *testing.T) {
	c := Default()
	cut := calendar.NewDate(2024, 12, 31)
	before, after := cut, cut+1
	for status, want := range map[string][3]bool{ // started on the reference date, after it, no start
		"FULLF": {true, true, true}, "DELAVB": {true, true, true}, "GJENN_AVB": {true, true, true}, "JATAKK": {true, true, true},
		"GJENN":   {true, false, false},
		"AKTUELL": {}, "AVSLAG": {}, "FEILREG": {}, "GJENN_AVL": {}, "IKKAKTUELL": {}, "INFOMOETE": {}, "NEITAKK": {}, "VENTELISTE": {}, "IKKEM": {}, "TILBUD": {},
	} {
		s, ok := c.Status("arena", status)
		got := [3]bool{s.Participation(before, true, cut), s.Participation(after, true, cut), s.Participation(0, false, cut)}
		if !ok || got != want {
			t.Errorf("%s: %v (found %v), want %v", status, got, ok, want)
		}
	}
	for _, c2 := range []struct{ origin, status string }{{"ARENA", "FULLF"}, {"KOMET", "FULLFORT"}, {"TEAM_TILTAK", "AVSLUTTET"}} {
		if s, ok := c.Status(c2.origin, c2.status); !ok || !s.Completed {
			t.Errorf("%s %s is not completed", c2.origin, c2.status)
		}
	}
	if _, ok := c.Status("ARENA", "FULLFORT"); ok {
		t.Error("Arena has Komet's status")
	}
	if s, ok := c.Status("", "fullfort"); !ok || s.Origin != "TEAM_KOMET" {
		t.Error("a status without an origin is not found")
	}
}

// Where two systems share a status, a file without `opphav` must not depend on the order in which they are looked up.
func TestSharedStatusesAgree(t *testing.T) {
	byCode := map[string]Status{}
	for _, s := range Default().statuses {
		if o, ok := byCode[s.Code]; ok && (o.TookPart != s.TookPart || o.Completed != s.Completed) {
			t.Errorf("%s: %s and %s disagree", s.Code, o.Origin, s.Origin)
		}
		byCode[s.Code] = s
	}
}
