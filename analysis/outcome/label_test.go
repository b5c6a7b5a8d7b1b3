package outcome

import (
	"strings"
	"testing"
)

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		spec       Spec
		nb, noteNB string
		en, noteEN string
	}{
		{Spec{Kind: Work}, "I arbeid", "ordinært arbeid i måneden, minst 1 prosent stilling", "In work", "ordinary work in the month, a position of at least 1 per cent"},
		{Spec{Kind: StableWork, Position: 37.5, Months: 4, Of: 6, Gap: intp(1)}, "I stabilt arbeid",
			"ordinært arbeid i minst 37,5 prosent stilling i 4 av de siste 6 månedene, uten mer enn én måned på rad uten arbeid", "In stable work",
			"ordinary work of at least 37.5 per cent in 4 of the last 6 months, with no more than one month in a row without work"},
		{Spec{Kind: Earnings, PriceYear: 2024}, "Lønn per måned", "ordinær lønn, null medregnet, i 2024-kroner", "Wage a month", "ordinary wage, zeros included, in kroner of 2024"},
		{Spec{Kind: WageOver, TimesG: 0.5}, "Lønn over 0,5 G", "ordinær lønn i måneden over 0,5 G delt på tolv", "Wage over 0.5 G", "ordinary wage in the month over 0.5 G divided by twelve"},
		{Spec{Kind: NoBenefit, Benefits: []string{"aap", "ufore"}}, "I arbeid uten ytelse", "ordinært arbeid i måneden, uten aap, ufore", "In work without benefit", "ordinary work in the month, without aap, ufore"},
	} {
		c.spec.ID = "y"
		title, note := c.spec.Label()
		if (title != Text{c.nb, c.en}) || (note != Text{c.noteNB, c.noteEN}) {
			t.Errorf("%+v\n%+v", title, note)
		}
	}
	for _, name := range Kinds() {
		for _, spec := range []Spec{{ID: "y", Kind: Kind(name)}, {ID: "y", Kind: Kind(name), Terms: AllTerms, Conditional: true, Mode: Entered}} {
			title, note := spec.Label()
			for _, text := range []string{title.NB, title.EN, note.NB, note.EN} {
				if text == "" || text == "y" || strings.Contains(text, "%!") || strings.Contains(text, ",,") || strings.Contains(text, "  ") {
					t.Errorf("%s: %q", name, text)
				}
			}
		}
	}
}

// A whole and its parts by terms stand beside each other in one report, under titles that tell them apart.
func TestTitlesTellTermsApart(t *testing.T) {
	for _, kind := range []Kind{Work, StableWork, Earnings} {
		seen := map[Text]Terms{}
		for _, terms := range []Terms{AllTerms, Ordinary, TiltakTerms} {
			title, _ := Spec{ID: "x", Kind: kind, Terms: terms}.Label()
			if other, ok := seen[title]; ok {
				t.Errorf("%s: %s and %s are both %q", kind, other, terms, title.NB)
			}
			seen[title] = terms
		}
	}
}
