package report

// jointBalance is named where all covariates of a method, taken together, still differ after adjustment by more than chance
// explains, though none of them may be over the bound alone.
func (b *builder) jointBalance(c cell) []finding {
	var out []finding
	for _, d := range b.diag[c] {
		if d.Name != "joint_balance_p" || !(d.Value < 1-b.run.Level) {
			continue
		}
		f := finding{kind: imbalanceOther, value: smdBound,
			text: b.sayf("%s: kjennetegnene under ett er fortsatt ulike (p = %s).", "%s: the covariates taken together still differ (p = %s).", b.method(d.Method), b.l.Decimal(d.Value, 3))}
		if d.Method == b.focus.Method {
			f.kind, f.tag = imbalance, b.say("gruppene er ulike", "arms differ")
		}
		out = append(out, f)
	}
	return out
}
