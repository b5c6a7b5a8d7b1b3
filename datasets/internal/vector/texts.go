package vector

import (
	"hash/maphash"
	"unsafe"
)

// Texts numbers distinct texts in order of first appearance. It is a hash table with open addressing that keeps the
// texts in a few large pieces of memory: a register has millions of keys of persons, for which a map of strings takes
// three times as long.
type Texts struct {
	Levels []string // the texts by number
	slots  []uint64 // upper half: part of the hash; lower half: number + 1, 0 where empty; a power of two of them
	arena  []byte
}

var textSeed = maphash.MakeSeed() // the numbers do not depend on it

// Code is the number of a text, a new one where it has none. It does not keep b.
func (t *Texts) Code(b []byte) uint32 {
	code, added := t.find(b)
	if added {
		t.Levels = append(t.Levels, t.keep(b))
	}
	return code
}

// CodeOf is Code of a string, which it keeps.
func (t *Texts) CodeOf(s string) uint32 {
	code, added := t.find(unsafe.Slice(unsafe.StringData(s), len(s)))
	if added {
		t.Levels = append(t.Levels, s)
	}
	return code
}

// find is the number of a text; where added, it is new and the caller appends its level.
func (t *Texts) find(b []byte) (code uint32, added bool) {
	if 2*len(t.Levels) >= len(t.slots) {
		t.grow()
	}
	h := maphash.Bytes(textSeed, b)
	mask := uint64(len(t.slots) - 1)
	tag := h &^ (1<<32 - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := t.slots[i]
		if slot == 0 {
			code = uint32(len(t.Levels))
			t.slots[i] = tag | uint64(code+1)
			return code, true
		}
		if slot&^(1<<32-1) == tag && t.Levels[uint32(slot)-1] == string(b) {
			return uint32(slot) - 1, false
		}
	}
}

// grow makes room and puts the texts into their new places.
func (t *Texts) grow() {
	t.slots = make([]uint64, max(64, 4*len(t.slots)))
	mask := uint64(len(t.slots) - 1)
	for code, s := range t.Levels {
		h := maphash.String(textSeed, s)
		i := h & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = h&^(1<<32-1) | uint64(code+1)
	}
}

// keep copies b to memory of its own and returns it as a string; nothing writes there again.
func (t *Texts) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if cap(t.arena)-len(t.arena) < len(b) {
		t.arena = make([]byte, 0, max(len(b), min(1<<20, 256+2*cap(t.arena))))
	}
	at := len(t.arena)
	t.arena = append(t.arena, b...)
	return unsafe.String(&t.arena[at], len(b))
}
