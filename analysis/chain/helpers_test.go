package chain

import (
	"math/rand/v2"
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

var first = calendar.NewMonth(2018, 1)

// made is a register of the given participations ("A 2018-01-10 2018-03-01"), with an empty panel of 60 months.
func made(codes []string, persons int, parts []register.Participation) *register.Register {
	const months = 60
	reg := &register.Register{Tiltak: codes, Cut: first + months - 1, Participations: parts}
	reg.Persons.N = persons
	slices.SortStableFunc(reg.Participations, func(a, b register.Participation) int {
		if a.Person != b.Person {
			return int(a.Person - b.Person)
		}
		if a.Start != b.Start {
			return int(a.Start - b.Start)
		}
		return int(a.Tiltak - b.Tiltak)
	})
	reg.FirstPart = make([]int32, persons+1)
	for _, p := range parts {
		for i := p.Person + 1; i <= int32(persons); i++ {
			reg.FirstPart[i]++
		}
	}
	n := persons * months
	reg.Panel = &register.Panel{First: first, Months: months, N: persons, Position: make([]uint16, n), Ordinary: make([]uint16, n),
		Wage: make([]int32, n), OrdinaryWage: make([]int32, n), State: make([]register.State, n)}
	for _, p := range parts {
		for m := p.Start.Month(); m <= min(p.End, reg.Cut.Last()).Month(); m++ {
			if i := reg.Panel.Index(p.Person, m); i >= 0 {
				reg.Panel.State[i] |= register.InTiltak
			}
		}
	}
	return reg
}

// part is a participation of person 0 in tiltak number k; to "" is open.
func part(k int, from, to string) register.Participation {
	day := func(s string) calendar.Date {
		if s == "" {
			return calendar.Open
		}
		d, err := calendar.ParseDate(s)
		if err != nil {
			panic(err)
		}
		return d
	}
	return register.Participation{Tiltak: int16(k), Start: day(from), End: day(to)}
}

// randomRegister has participations of three tiltak; the same tiltak never overlaps or adjoins itself, as the register room
// leaves it.
func randomRegister(rng *rand.Rand, persons int) *register.Register {
	var parts []register.Participation
	for i := range persons {
		var free [3]calendar.Date
		at := first.First() + calendar.Date(rng.IntN(400))
		for range rng.IntN(6) {
			k := rng.IntN(3)
			at += calendar.Date(rng.IntN(150) - 20)
			start := max(at, free[k])
			end := start + calendar.Date(rng.IntN(200))
			if rng.IntN(12) == 0 {
				end = start
			}
			if start > (first + 59).Last() {
				break
			}
			if end > (first + 59).Last() {
				end = calendar.Open
			}
			parts = append(parts, register.Participation{Person: int32(i), Tiltak: int16(k), Start: start, End: end})
			if end == calendar.Open {
				break
			}
			free[k], at = end+2, start+calendar.Date(rng.IntN(120))
		}
	}
	reg := made([]string{"A", "B", "C"}, persons, parts)
	for i := range reg.Panel.State {
		if rng.IntN(3) == 0 {
			reg.Panel.Ordinary[i] = uint16(rng.IntN(10000))
		}
		if rng.IntN(4) == 0 {
			reg.Panel.State[i] |= []register.State{register.Registered, register.Studying, register.Ufore, register.AAP}[rng.IntN(4)]
		}
	}
	return reg
}
