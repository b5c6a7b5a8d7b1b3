package simulate

// wait runs a life from a state at the end of month t − 1 to month end, without the start of month t: see Register.Waited. spell
// is the month in which the spell of the start began, k its tiltak.
func (w *world) wait(dst []cell, p *person, s state, t, end, spell, k int, within bool) []cell {
	from, to := w.opt.Wait[0], w.opt.Wait[1]
	due := within && k < numTiltak // a mentor beside another tiltak is no start that can be put off
	for u := t; u <= end; u++ {
		elapsed := u - spell + 1
		allow := u > t && elapsed >= from
		if due && u > t && s.reg && s.regMonth == spell && elapsed >= from && elapsed <= to {
			allow = false
			if w.uniform(p, u, drawWait) < 1/float64(to-elapsed+1) {
				s.force = k + 1
			}
		}
		dst = append(dst, w.step(p, &s, u, allow, nil))
		due = due && !(allow || s.from >= w.first[u]) // started, or out of the spell
	}
	return dst
}
