package outcome

import (
	"fmt"
	"strconv"
	"strings"
)

// Text is a text in bokmål and English.
type Text struct{ NB, EN string }

// Label is what a report calls the outcome of a resolved spec: a short title, and a note that says the definition with
// its parameters.
func (s Spec) Label() (title, note Text) {
	s = s.Resolved()
	percent := comma(s.Position)
	work := Text{"ordinært arbeid", "ordinary work"}
	wage := Text{"ordinær lønn", "ordinary wage"}
	switch s.Terms {
	case AllTerms:
		work = Text{"arbeid, også i tiltak med lønn,", "work, also in tiltak that pay wages,"}
		wage = Text{"lønn, også fra tiltak,", "wage, also from tiltak,"}
	case TiltakTerms:
		work = Text{"arbeid som lønnes gjennom tiltak, og ikke ordinært arbeid ved siden av,", "work paid through a tiltak, without ordinary work beside it,"}
		wage = Text{"lønn fra tiltak,", "wage from tiltak,"}
	}
	var of Text // what kind of job
	for _, f := range []struct {
		values []string
		is     Text
	}{{s.Sector, Text{"sektor", "sector"}}, {s.Contract, Text{"ansettelsesform", "contract"}}, {s.Industry, Text{"næring", "industry"}}} {
		if len(f.values) == 0 {
			continue
		}
		list := strings.ReplaceAll(strings.Join(f.values, ", "), except, "")
		not := Text{" ", " "}
		if countExcept(f.values) > 0 {
			not = Text{", kjent og ikke ", ", known and not "}
		}
		of.NB += " (" + f.is.NB + not.NB + list + ")"
		of.EN += " (" + f.is.EN + not.EN + list + ")"
	}
	if len(s.Employer) > 0 {
		list := strings.Join(s.Employer, ", ")
		of.NB += " (arbeidsgiver før start: " + list + ")"
		of.EN += " (employer before the start: " + strings.NewReplacer(sameAsBefore, "the same", otherThanBefore, "another", unknownJob, "unknown").Replace(list) + ")"
	}
	work.NB += of.NB
	work.EN += of.EN
	u, _ := useOf(s.Kind)
	switch {
	case s.Terms == TiltakTerms:
		of.NB += " gjennom tiltak"
		of.EN += " through a tiltak"
	case s.Terms == AllTerms && u.terms == Ordinary: // beside ordinary work it needs a title of its own
		of.NB += ", også i tiltak"
		of.EN += ", tiltak included"
	}
	switch s.Kind {
	case Work:
		return Text{"I arbeid" + of.NB, "In work" + of.EN}, both("%s i måneden, minst %s prosent stilling", "%s in the month, a position of at least %s per cent", work, percent)
	case StableWork:
		gap := Text{}
		if *s.Gap < s.Of-s.Months {
			gap = Text{fmt.Sprintf(", uten mer enn %d måneder på rad uten arbeid", *s.Gap), fmt.Sprintf(", with no more than %d months in a row without work", *s.Gap)}
			if *s.Gap == 1 {
				gap = Text{", uten mer enn én måned på rad uten arbeid", ", with no more than one month in a row without work"}
			}
		}
		if s.Mode == Entered {
			return Text{"Har fått stabilt arbeid" + of.NB, "Has entered stable work" + of.EN}, Text{
				fmt.Sprintf("har begynt på %d av %d måneder i %s på minst %s prosent%s", s.Months, s.Of, work.NB, percent.NB, gap.NB),
				fmt.Sprintf("has begun a run of %d in %d months in %s of at least %s per cent%s", s.Months, s.Of, work.EN, percent.EN, gap.EN)}
		}
		return Text{"I stabilt arbeid" + of.NB, "In stable work" + of.EN}, Text{
			fmt.Sprintf("%s i minst %s prosent stilling i %d av de siste %d månedene%s", work.NB, percent.NB, s.Months, s.Of, gap.NB),
			fmt.Sprintf("%s of at least %s per cent in %d of the last %d months%s", work.EN, percent.EN, s.Months, s.Of, gap.EN)}
	case Earnings:
		price := Text{"i løpende kroner", "in current kroner"}
		if s.PriceYear != 0 {
			price = Text{fmt.Sprintf("i %d-kroner", s.PriceYear), fmt.Sprintf("in kroner of %d", s.PriceYear)}
		}
		return Text{"Lønn per måned" + of.NB, "Wage a month" + of.EN}, both("%s null medregnet, %s", "%s zeros included, %s", withComma(wage), price)
	case EmployedAndPaid:
		return Text{"Arbeidsforhold og lønn", "Employment and wage"}, Text{
			"stilling i Aa-registeret og lønn i samme måned, også i tiltak med lønn (Nav: i arbeid)", "a position in Aa-registeret and a wage in the same month, also in tiltak that pay wages (Nav: in work)"}
	case WageOver:
		g := comma(s.TimesG)
		return Text{"Lønn over " + g.NB + " G", "Wage over " + g.EN + " G"}, both("%s i måneden over %s G delt på tolv", "%s in the month over %s G divided by twelve", wage, g)
	case TwoG:
		g := comma(s.TimesG)
		return Text{"Lønn over " + g.NB + " G i året", "Wage over " + g.EN + " G a year"},
			both("%s de siste tolv månedene over %s ganger gjennomsnittlig G (SSB: yrkestilknyttet)", "%s of the last twelve months over %s times the mean G (SSB: yrkestilknyttet)", wage, g)
	case NoBenefit:
		list := strings.Join(s.Benefits, ", ")
		return Text{"I arbeid uten ytelse", "In work without benefit"}, both("%s i måneden, uten "+list, "%s in the month, without "+list, work, Text{})
	case Benefit:
		list := strings.Join(s.Benefits, ", ")
		return Text{"Mottar ytelse", "Receives benefit"}, Text{"minst én av " + list + " i måneden", "at least one of " + list + " in the month"}
	case Disability:
		return Text{"Uføretrygd", "Disability pension"}, Text{"mottar uføretrygd i måneden", "receives disability pension in the month"}
	case Education:
		return Text{"I utdanning", "In education"}, Text{"er i utdanning i måneden", "is in education in the month"}
	case ExitToWork:
		return Text{"Avgang til arbeid", "Exit to work"}, Text{
			fmt.Sprintf("ute av registeret over arbeidssøkere i to hele måneder, og i arbeid %d måneder etter avgangen (Nav)", s.After),
			fmt.Sprintf("out of the register of jobseekers for two whole months, and in work %d months after the exit (Nav)", s.After)}
	case JobHeld:
		return Text{"Fått og beholdt arbeid", "Found and kept work"}, Text{
			fmt.Sprintf("i %s innen måneden, og i arbeid %d måneder etter den", work.NB, s.After), fmt.Sprintf("in %s by the month, and in work %d months after it", work.EN, s.After)}
	case Retention:
		title = Text{"Jobbfastholdelse", "Job retention"}
		note = Text{fmt.Sprintf("første %s innen måneden, og i arbeid %d måneder etter at det begynte", work.NB, s.After),
			fmt.Sprintf("first %s by the month, and in work %d months after it began", work.EN, s.After)}
		if s.SameEmployer {
			note = Text{note.NB + ", hos samme arbeidsgiver", note.EN + ", with the same employer"}
		}
		if s.Conditional {
			title = Text{title.NB + " blant dem i arbeid", title.EN + " among those with work"}
			note = Text{note.NB + "; bare blant dem som har fått arbeid, og derfor bare beskrivende", note.EN + "; among those who have found work only, and so only descriptive"}
		}
		return title, note
	}
	return Text{s.ID, s.ID}, Text{}
}

// both fills the two formats with the two languages of the arguments.
func both(nb, en string, a, b Text) Text {
	if b == (Text{}) {
		return Text{fmt.Sprintf(nb, a.NB), fmt.Sprintf(en, a.EN)}
	}
	return Text{fmt.Sprintf(nb, a.NB, b.NB), fmt.Sprintf(en, a.EN, b.EN)}
}

// comma writes a number with a decimal comma in bokmål.
func comma(x float64) Text {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	return Text{strings.Replace(s, ".", ",", 1), s}
}

// withComma ends a text with a comma.
func withComma(t Text) Text {
	return Text{strings.TrimSuffix(t.NB, ",") + ",", strings.TrimSuffix(t.EN, ",") + ","}
}
