package cli

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	written "tiltakseffekt/internal/number"
)

type costFlags struct {
	tiltak, from, to       string
	share, amount          float64
	priceYear              int
	deflator               string
	wage, percent          float64
	variant, zone, catalog string
}

func newCostCmd(g *globals) *cobra.Command {
	var f costFlags
	c := &cobra.Command{
		Use:   "cost --tiltak CODE --from DATE --to DATE",
		Short: "The cost of one participation, month by month",
		Long: `Print the cost of one participation, month by month: the rate of the day, the part-time and the
proration rule that apply, the fraction, and kroner.

A tiltak that is bought at contract prices has no rate: give the amount, or a rate of your own in
satser.csv with --catalog. A wage subsidy needs the wage. Both days are included; a month such as
2024-01 is its first day in --from and its last in --to.`,
		Example: `  $ evaluate cost --tiltak ARBFORB --from 2025-07-15 --to 2025-08-15
  $ evaluate cost --tiltak ARBFORB --from 2025-12 --to 2026-01 --share 50
  $ evaluate cost --tiltak MIDLONTIL --from 2026-01-16 --to 2026-12-31 --wage 30000 --percent 60
  $ evaluate cost --tiltak AVKLARING --from 2024-01 --to 2024-03 --amount 45000 --price-year 2023`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return g.cost(c, &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.tiltak, "tiltak", "", "`code` of the tiltak, new or Arena")
	flags.StringVar(&f.from, "from", "", "first `day`")
	flags.StringVar(&f.to, "to", "", "last `day`")
	flags.Float64Var(&f.share, "share", 0, "`percent` of full time (default: missing, counted as 100)")
	flags.Float64Var(&f.amount, "amount", 0, "actual `kroner` of the whole participation; wins over any rate")
	flags.IntVar(&f.priceYear, "price-year", 0, "`year` whose prices are shown beside those of the day")
	flags.StringVar(&f.deflator, "deflator", "kpi", "kpi or g: what carries amounts to the price year")
	flags.Float64Var(&f.wage, "wage", 0, "wage subsidies: `kroner` of wage in a full month")
	flags.Float64Var(&f.percent, "percent", 0, "wage subsidies: agreed `percent` of the wage cost")
	flags.StringVar(&f.variant, "variant", "", "wage subsidies: which steps (situasjonsbestemt, nedsatt_arbeidsevne …)")
	flags.StringVar(&f.zone, "zone", "", "wage subsidies: `zone` of arbeidsgiveravgift (default I)")
	flags.StringVar(&f.catalog, "catalog", "", "`folder` of your own catalogue files, put over the embedded tables")
	return c
}

// day reads a day, or a month as its first or last day.
func day(flag, text string, last bool) (calendar.Date, error) {
	if text == "" {
		return 0, fault.Usagef("bad_flag", "`--%s` is needed: a day such as 2024-03-31, or a month", flag)
	}
	if d, err := calendar.ParseDate(text); err == nil {
		return d, nil
	}
	m, err := calendar.ParseMonth(text)
	if err != nil {
		return 0, fault.Usagef("bad_flag", "`--%s`: `%s` is no day; write 2024-03-31 or a month, 2024-03", flag, text)
	}
	if last {
		return m.Last(), nil
	}
	return m.First(), nil
}

// input turns the flags into a participation. Warnings tell of an unknown code.
func (f *costFlags) input(c *cobra.Command, table *catalog.Catalog) (cost.ParticipationInput, []fault.Warning, error) {
	none := cost.ParticipationInput{}
	if f.tiltak == "" {
		return none, nil, fault.Usagef("bad_flag", "`--tiltak` is needed: a code such as ARBEIDSFORBEREDENDE_TRENING (see `evaluate catalog tiltak`)")
	}
	from, err := day("from", f.from, false)
	if err != nil {
		return none, nil, err
	}
	to, err := day("to", f.to, true)
	if err != nil {
		return none, nil, err
	}
	if to < from {
		return none, nil, fault.Usagef("bad_flag", "`--to` (%s) is before `--from` (%s)", to, from)
	}
	if to >= calendar.Open {
		return none, nil, fault.Usagef("bad_flag", "`--to` is open: give the last day to be costed")
	}
	var warnings []fault.Warning
	code, known := table.Resolve(f.tiltak)
	if !known {
		if !c.Flags().Changed("amount") { // nothing could be priced: the code is misspelt, or its rate is not here
			return none, nil, fault.Usagef("bad_flag", "`--tiltak %s` is not in the catalogue (`evaluate catalog tiltak` lists the codes); for a tiltak of your own give its `--amount`, or its rate in a folder for `--catalog`", f.tiltak)
		}
		w, _ := table.Known(f.tiltak)
		warnings = append(warnings, w)
	}
	in := cost.NewInput(code, from, to)
	for _, x := range []struct {
		flag string
		from float64
		to   *float64
		most float64
	}{{"share", f.share, &in.PartTime, 100}, {"amount", f.amount, &in.Amount, math.Inf(1)}, {"wage", f.wage, &in.Wage, math.Inf(1)}, {"percent", f.percent, &in.Percent, 100}} {
		if !c.Flags().Changed(x.flag) {
			continue
		}
		if !(x.from >= 0 && x.from <= x.most) || math.IsInf(x.from, 0) {
			limit := "0 or more"
			if x.most == 100 {
				limit = "0 to 100"
			}
			return none, nil, fault.Usagef("bad_flag", "`--%s` is %g; it must be %s", x.flag, x.from, limit)
		}
		*x.to = x.from
	}
	in.Variant, in.Zone, in.PriceYear = f.variant, f.zone, f.priceYear
	variants := table.SubsidyVariants(code)
	for _, flag := range []string{"wage", "percent", "zone"} { // it would change nothing
		if variants == nil && c.Flags().Changed(flag) {
			return none, nil, fault.Usagef("bad_flag", "`--%s` is for wage subsidies; %s is none", flag, code)
		}
	}
	if variants != nil && c.Flags().Changed("share") && !c.Flags().Changed("amount") {
		return none, nil, fault.Usagef("bad_flag", "`--share` has no part in a wage subsidy, which follows the wage: leave it out, and give in `--wage` that of the hours worked")
	}
	if f.variant != "" && table.Subsidy(code, f.variant, from) == nil {
		if variants == nil {
			return none, nil, fault.Usagef("bad_flag", "`--variant` is for wage subsidies; %s is none", code)
		}
		return none, nil, fault.Usagef("bad_flag", "`--variant` %s is unknown for %s%s; it may be %s", f.variant, code, fault.Suggest(f.variant, variants), strings.Join(variants, ", "))
	}
	if f.variant != "" && c.Flags().Changed("percent") {
		if first := table.Subsidy(code, f.variant, from)[0].Percent; first != f.percent {
			return none, nil, fault.Usagef("bad_flag", "`--percent` is %g, and the steps of `--variant` %s begin with %g: give one of them", f.percent, f.variant, first)
		}
	}
	switch f.deflator {
	case "kpi":
		in.Deflator = cost.ByKPI
	case "g":
		in.Deflator = cost.ByG
	default:
		return none, nil, fault.Usagef("bad_flag", "`--deflator` is kpi or g, not `%s`", f.deflator)
	}
	if c.Flags().Changed("deflator") && f.priceYear == 0 {
		return none, nil, fault.Usagef("bad_flag", "`--deflator` goes with `--price-year`")
	}
	return in, warnings, nil
}

func (g *globals) cost(c *cobra.Command, f *costFlags) error {
	table, err := catalog.Load(f.catalog)
	if err != nil {
		return err
	}
	in, warnings, err := f.input(c, table)
	if err != nil {
		return err
	}
	bill, err := cost.Participation(table, in)
	if err != nil {
		return err
	}
	warnings = append(warnings, bill.Warnings...)
	g.warn(warnings)
	lang := g.lang
	if lang == "" {
		lang = "en"
	}
	if g.format == "json" {
		return writeJSON(g.stdout, costDocument(table.Name(bill.Tiltak, lang), in, bill, f.deflator, lang, warnings))
	}
	_, err = g.stdout.Write([]byte(costText(table.Name(bill.Tiltak, lang), in, bill, lang)))
	return err
}

// costDocument is the JSON of `evaluate cost`.
func costDocument(name string, in cost.ParticipationInput, bill cost.Bill, deflator, lang string, warnings []fault.Warning) any {
	type line struct {
		Month    string `json:"month"`
		From     string `json:"from"`
		To       string `json:"to"`
		Rate     number `json:"rate"`
		Unit     string `json:"unit"`
		Percent  number `json:"percent"`
		Share    number `json:"paid_share"` // of the rate
		Days     int    `json:"days"`
		Of       int    `json:"of"`
		Rule     string `json:"rule"`
		Fraction number `json:"fraction"`
		Kroner   number `json:"kroner"`
		Real     number `json:"kroner_price_year"`
		InG      number `json:"in_g"`
	}
	type total struct {
		Kroner number `json:"kroner"`
		Real   number `json:"kroner_price_year"`
		InG    number `json:"in_g"`
	}
	var year *int
	atPriceYear := func(x float64) number {
		if in.PriceYear == 0 {
			return number(math.NaN())
		}
		return number(x)
	}
	if in.PriceYear != 0 {
		year = &in.PriceYear
	}
	document := struct {
		header
		Tiltak    string          `json:"tiltak"`
		Name      string          `json:"name"`
		From      string          `json:"from"`
		To        string          `json:"to"`
		Share     number          `json:"share"` // null: missing, counted as 100
		Basis     *string         `json:"basis"` // rate, subsidy, amount; null where not priced
		PriceYear *int            `json:"price_year"`
		Deflator  string          `json:"deflator"`
		Months    number          `json:"months"`
		Lines     []line          `json:"lines"`
		Total     total           `json:"total"`
		Reason    *string         `json:"reason"` // why there is no price
		Warnings  []fault.Warning `json:"warnings"`
	}{
		header: newHeader("cost", 0.95), Tiltak: bill.Tiltak, Name: name, From: in.From.String(), To: in.To.String(), Share: number(in.PartTime),
		PriceYear: year, Deflator: deflator, Months: number(bill.Months), Lines: []line{}, Warnings: warningsOf(warnings),
		Total: total{number(bill.Kroner), atPriceYear(bill.Real), number(bill.InG)},
	}
	if bill.Unpriced != "" {
		reason := string(bill.Unpriced)
		document.Reason = &reason
	} else {
		basis := string(bill.Basis)
		document.Basis = &basis
	}
	for _, l := range bill.Lines {
		rule := l.Rule
		if lang == "nb" {
			rule = l.RuleNB
		}
		document.Lines = append(document.Lines, line{
			l.Month.String(), l.From.String(), l.To.String(), number(l.Rate), l.Unit, number(l.Percent), number(l.Share), l.Days, l.Of, rule,
			number(l.Fraction), number(l.Kroner), atPriceYear(l.Real), number(l.InG),
		})
	}
	return document
}

// costText is the bill for people, in 100 columns.
func costText(name string, in cost.ParticipationInput, bill cost.Bill, lang string) string {
	n := written.Lang(lang)
	say := func(nb, en string) string {
		if lang == "nb" {
			return nb
		}
		return en
	}
	var b strings.Builder
	head := name
	if name != bill.Tiltak {
		head += " · " + bill.Tiltak
	}
	b.WriteString(strings.Join(wrap(head, pageWidth), "\n") + "\n")
	share := say("deltid ikke oppgitt", "part time not given")
	if !math.IsNaN(in.PartTime) {
		share = fmt.Sprintf(say("%s av full tid", "%s of full time"), n.Percent(in.PartTime/100, decimals(in.PartTime)))
	}
	b.WriteString(fmt.Sprintf("%s, %s, %s %s\n\n", n.Range(in.From.String(), in.To.String()), share, n.Decimal(bill.Months, 2), say("måneder", "months")))
	if bill.Unpriced != "" {
		why := say("Uten pris: "+bill.WhyNB, "Not priced: "+bill.Why)
		b.WriteString(strings.Join(wrap(why, pageWidth), "\n") + "\n")
		return b.String()
	}
	fields := []field{
		{say("Måned", "Month"), 0, false}, {say("Regel", "Rule"), 40, false}, {say("Sats", "Rate"), 0, true}, {say("Andel", "Share"), 0, true},
		{say("Brøk", "Fraction"), 0, true}, {"Kroner", 0, true},
	}
	if in.PriceYear != 0 {
		fields = append(fields, field{fmt.Sprintf(say("%d-kroner", "%d kroner"), in.PriceYear), 0, true})
	}
	var rows [][]string
	for _, l := range bill.Lines {
		rule := l.Rule
		if lang == "nb" {
			rule = l.RuleNB
		}
		row := []string{l.Month.String(), rule, n.Decimal(l.Rate, 0), n.Decimal(l.Share, decimals(l.Share)), n.Decimal(l.Fraction, 5), n.Decimal(l.Kroner, decimals(l.Kroner))}
		if math.IsNaN(l.Rate) {
			row[2] = ""
			row[3] = ""
		}
		if in.PriceYear != 0 {
			row = append(row, n.Decimal(l.Real, 0))
		}
		rows = append(rows, row)
	}
	total := []string{say("Sum", "Total"), "", "", "", "", n.Decimal(bill.Kroner, decimals(bill.Kroner))}
	if in.PriceYear != 0 {
		total = append(total, n.Decimal(bill.Real, 0))
	}
	b.WriteString(aligned(fields, append(rows, total)))
	b.WriteString(fmt.Sprintf("\n%s: %s G\n", say("I grunnbeløp, årets snitt", "In G, average of the year"), n.Decimal(bill.InG, 3)))
	return b.String()
}

// decimals is how many decimals a figure needs, at most two.
func decimals(x float64) int {
	for d, scale := range []float64{1, 10} {
		if x*scale == math.Trunc(x*scale) {
			return d
		}
	}
	return 2
}
