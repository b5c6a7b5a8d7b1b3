package register

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// The actions of ledger entries.
const (
	Dropped = "dropped" // the row is not used
	Changed = "changed" // a value was replaced, or rows were joined
	Kept    = "kept"    // counted only
)

// ledger collects the rules in the order in which they were first named.
type ledger struct {
	persons int
	rules   []*rule
}

// rule counts rows and distinct persons; it may be used from several goroutines.
type rule struct {
	name, table, action string
	rows                atomic.Int64
	seen                []uint32 // a bit a person
	mu                  sync.Mutex
	strangersInt        map[int64]struct{} // ids that are not in person
	strangersText       map[string]struct{}
}

func (l *ledger) rule(table, name, action string) *rule {
	r := &rule{name: name, table: table, action: action, seen: make([]uint32, (l.persons+31)/32)}
	l.rules = append(l.rules, r)
	return r
}

// add counts a row of a person.
func (r *rule) add(person int32) {
	r.rows.Add(1)
	r.see(person)
}

// see counts a person without a row.
func (r *rule) see(person int32) {
	if person < 0 {
		return
	}
	word, bit := &r.seen[person>>5], uint32(1)<<(person&31)
	if atomic.LoadUint32(word)&bit == 0 {
		atomic.OrUint32(word, bit)
	}
}

func (r *rule) addStrangerInt(id int64) {
	r.rows.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.strangersInt == nil {
		r.strangersInt = map[int64]struct{}{}
	}
	r.strangersInt[id] = struct{}{}
}

func (r *rule) addStrangerText(id string) {
	r.rows.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.strangersText == nil {
		r.strangersText = map[string]struct{}{}
	}
	r.strangersText[id] = struct{}{}
}

func (r *rule) entry() Entry {
	e := Entry{Rule: r.name, Table: r.table, Rows: r.rows.Load(), Action: r.action}
	for _, w := range r.seen {
		e.Persons += int64(bits.OnesCount32(w))
	}
	e.Persons += int64(len(r.strangersInt) + len(r.strangersText))
	return e
}

func (l *ledger) entries() []Entry {
	entries := make([]Entry, len(l.rules))
	for i, r := range l.rules {
		entries[i] = r.entry()
	}
	return entries
}
