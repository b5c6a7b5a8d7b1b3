package analysis

import (
	"fmt"
	"strings"

	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// methodText names the methods for people.
var methodText = map[string]results.Text{
	nearest:   {NB: "Nærmeste nabo", EN: "Nearest neighbour"},
	optimal:   {NB: "Optimale par", EN: "Optimal pairs"},
	full:      {NB: "Full matching", EN: "Full matching"},
	subclass:  {NB: "Delklasser", EN: "Subclasses"},
	cem:       {NB: "Grove celler", EN: "Coarsened cells"},
	exact:     {NB: "Eksakte celler", EN: "Exact cells"},
	radius:    {NB: "Alle innenfor en radius", EN: "Everybody within a radius"},
	ipw:       {NB: "Invers sannsynlighet", EN: "Inverse probability"},
	overlap:   {NB: "Overlappsvekter", EN: "Overlap weights"},
	ebal:      {NB: "Entropibalansering", EN: "Entropy balancing"},
	cbps:      {NB: "Balanserende tilbøyelighet", EN: "Covariate-balancing score"},
	aipw:      {NB: "Dobbelt robust vekting", EN: "Augmented weighting"},
	none:      {NB: "Uten justering", EN: "No adjustment"},
	didMethod: {NB: "Betinget forskjell-i-forskjell", EN: "Conditional difference-in-differences"},
}

// title is what the method is called: its name, the estimand where it is not the att, and its own id where the study gives
// one.
func (m *Method) title() results.Text {
	t := methodText[m.Name]
	if e := m.estimand(); e != matching.ATT {
		t.NB += " (" + e.String() + ")"
		t.EN += " (" + e.String() + ")"
	}
	if m.ID != m.Name {
		t.NB += " (" + m.ID + ")"
		t.EN += " (" + m.ID + ")"
	}
	return t
}

// phrase is a part of a description in both languages.
type phrase struct{ nb, en string }

// describe is the method in words, its estimand last where that is not the mean effect on those who started.
func (m *Method) describe() results.Text {
	var parts []phrase
	say := func(nb, en string) { parts = append(parts, phrase{nb, en}) }
	switch m.Name {
	case nearest:
		m.describeNearest(say)
	case optimal:
		say("par med minst samlet avstand innenfor kalendermåned × varighet", "pairs with the least total distance inside calendar month × elapsed duration")
		m.describeCaliper(say)
	case full:
		say("sett med minst samlet avstand innenfor kalendermåned × varighet", "sets with the least total distance inside calendar month × elapsed duration")
		m.describeCaliper(say)
	case subclass:
		say(fmt.Sprintf("%d delklasser av tilbøyeligheten", m.Subclasses), fmt.Sprintf("%d subclasses of the propensity score", m.Subclasses))
	case cem, exact:
		names := m.Covariates
		if m.Name == exact {
			names = m.Exact
		}
		switch {
		case len(names) > 0:
		case m.Name == cem:
			names = coarsenedByDefault
		default:
			names = exactByDefault
		}
		list := strings.Join(names, ", ")
		say("like bare i kalendermåned, varighet og "+list+"; alt annet som skiller gruppene, er med i forskjellen", "alike in calendar month, duration and "+list+" only; all else that sets the arms apart is in the difference")
		if m.Name == cem {
			say(fmt.Sprintf("tall delt i %d like brede", m.Cutpoints), fmt.Sprintf("numbers cut into %d of equal width", m.Cutpoints))
		}
	case radius:
		say(fmt.Sprintf("alle innenfor %g standardavvik av tilbøyeligheten, i samme kalendermåned × varighet", m.Radius),
			fmt.Sprintf("all within %g standard deviations of the propensity score, inside calendar month × elapsed duration", m.Radius))
	case ipw, overlap:
		say("vektet med tilbøyeligheten, med kalendermåned × varighet i den", "weighted by the propensity score, with calendar month × elapsed duration in it")
	case ebal, cbps:
		if m.Moments > 1 || m.Interactions {
			say("også potenser eller produkter av kjennetegnene", "powers or products of the covariates too")
		}
	case aipw:
		say(fmt.Sprintf("tilbøyelighet og regresjon fra de andre av %d deler", m.Folds), fmt.Sprintf("score and regression from the others of %d folds", m.Folds))
	case none:
		say("bare kalendermåned × varighet er lik; alt annet som skiller gruppene, er med i forskjellen", "calendar month × elapsed duration alone are alike; all else that sets the arms apart is in the difference")
	case didMethod:
		way := didText[m.DID]
		say("endring fra gjennomsnittet 7–18 måneder før registrering, "+way.NB, "change from the mean 7–18 months before registration, "+way.EN)
	}
	if m.BiasAdjust || m.Adjust != "" {
		say("justert med regresjon", "adjusted by regression")
	}
	if len(m.Covariates) > 0 && m.Name != cem {
		say("med "+strings.Join(m.Covariates, ", "), "on "+strings.Join(m.Covariates, ", "))
	}
	if t, ok := estimandText[m.estimand()]; ok {
		say(t.NB, t.EN)
	}
	var t results.Text
	for i, p := range parts {
		if i > 0 {
			t.NB += "; "
			t.EN += "; "
		}
		t.NB += p.nb
		t.EN += p.en
	}
	t.NB = decimalComma(t.NB)
	return t
}

func (m *Method) describeNearest(say func(nb, en string)) {
	ratio, k := phrase{"én til én", "1:1"}, max(m.Ratio, 1)
	if k > 1 {
		ratio = phrase{fmt.Sprintf("én til %d", k), fmt.Sprintf("1:%d", k)}
	}
	reuse := phrase{"uten tilbakelegging", "without replacement"}
	switch {
	case m.Replace:
		reuse = phrase{"med tilbakelegging", "with replacement"}
	case m.ReuseMax > 1:
		reuse = phrase{fmt.Sprintf("hver høyst %d ganger", m.ReuseMax), fmt.Sprintf("each at most %d times", m.ReuseMax)}
	}
	nb, en := ratio.nb+" "+reuse.nb+" innenfor kalendermåned × varighet", ratio.en+" "+reuse.en+" inside calendar month × elapsed duration"
	if m.between() {
		nb, en = nb+", avstand "+m.Distance, en+", distance "+m.Distance
	}
	if m.Caliper > 0 {
		unit := phrase{"standardavvik", "standard deviations"}
		if m.CaliperUnit == "raw" {
			unit = phrase{"enheter", "units"}
		}
		nb, en = nb+fmt.Sprintf(", kaliper %g %s", m.Caliper, unit.nb), en+fmt.Sprintf(", caliper %g %s", m.Caliper, unit.en)
	}
	say(nb, en)
	if m.PersonMax > 0 {
		say(fmt.Sprintf("ingen person brukt mer enn %d ganger", m.PersonMax), fmt.Sprintf("no person used more than %d times", m.PersonMax))
	}
}

// estimandText says whose mean effect an estimand is that is not the one on those who started.
var estimandText = map[matching.Estimand]results.Text{
	matching.ATC: {NB: "gjelder dem som ikke startet (ATC)", EN: "for those who did not start (ATC)"},
	matching.ATE: {NB: "gjelder alle, også dem som ikke startet (ATE)", EN: "for everybody, those who did not start too (ATE)"},
	matching.ATO: {NB: "gjelder dem som like gjerne kunne startet som ikke (ATO), ikke alle som startet", EN: "for those who might as well have started as not (ATO), not all who started"},
	matching.ATM: {NB: "gjelder dem som har en lik i den andre gruppen (ATM), ikke alle som startet", EN: "for those with somebody alike in the other arm (ATM), not all who started"},
}

// decimalComma turns decimal points between digits into commas.
func decimalComma(s string) string {
	b := []byte(s)
	for i := 1; i+1 < len(b); i++ {
		if b[i] == '.' && b[i-1] >= '0' && b[i-1] <= '9' && b[i+1] >= '0' && b[i+1] <= '9' {
			b[i] = ','
		}
	}
	return string(b)
}

// describeCaliper is the caliper of optimal pairs and sets.
func (m *Method) describeCaliper(say func(nb, en string)) {
	if m.Caliper <= 0 {
		return
	}
	unit := phrase{"standardavvik", "standard deviations"}
	if m.CaliperUnit == "raw" {
		unit = phrase{"i avstandens enhet", "in the unit of the distance"}
	}
	say(fmt.Sprintf("ingen avstand over %g %s", float64(m.Caliper), unit.nb), fmt.Sprintf("no distance over %g %s", float64(m.Caliper), unit.en))
}
