package register

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// Jobs is the main job of each person and month, in the cells of the panel: the job with the highest position; among
// equals that with the highest wage, then the lowest numbers. It takes another 8 bytes a person-month, and is there only
// where Options.Jobs asks for it.
type Jobs struct {
	Employer []int32  // index into Employers plus 1; 0 none or unknown
	Sector   []uint8  // index into Sectors plus 1; 0 none or unknown
	Contract []uint8  // ansettelsesform: index into Contracts plus 1; 0 none or unknown
	Industry []uint16 // naring: index into Industries plus 1; 0 none or unknown

	Employers  []string // in byte order; never printed
	Sectors    []string // in byte order
	Contracts  []string
	Industries []string

	position []uint16 // of the main job so far
	wage     []int32
}

// jobColumns are the columns that a main job takes.
var jobColumns = []string{"arbeidsgiver_id", "sektor", "ansettelsesform", "naring"}

// jobRow is a job of one person and month.
type jobRow struct {
	position uint16
	wage     int32
	codes    [4]int32 // as in jobColumns: place in the sorted list plus 1, 0 missing
}

// jobReader numbers the values of the job columns of a part.
type jobReader struct {
	numbers [4]map[string]int32
	limits  [4]int
}

// readJobLists finds the values of the job columns of maaned, sorts and so numbers them.
func (b *builder) readJobLists(file string) (*Jobs, *jobReader, error) {
	have := b.columns["maaned"]
	var columns []string
	for _, name := range jobColumns {
		if slices.Contains(have, name) {
			columns = append(columns, name)
		}
	}
	j := &Jobs{}
	r := &jobReader{limits: [4]int{math.MaxInt32 - 1, math.MaxUint8 - 1, math.MaxUint8 - 1, math.MaxUint16 - 1}}
	var mu sync.Mutex
	var sets [4]map[string]struct{}
	for k := range sets {
		sets[k] = map[string]struct{}{}
	}
	if len(columns) > 0 {
		err := b.source.Scan(b.ctx, "maaned", columns, b.opt.Workers, func(part Part) error {
			for k, name := range jobColumns {
				c := part.Table.Column(name)
				if c == nil {
					continue
				}
				mine := map[string]struct{}{}
				if err := distinct(file, c, mine); err != nil {
					return err
				}
				mu.Lock()
				for v := range mine {
					sets[k][v] = struct{}{}
				}
				mu.Unlock()
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	for k, list := range []*[]string{&j.Employers, &j.Sectors, &j.Contracts, &j.Industries} {
		for v := range sets[k] {
			*list = append(*list, v)
		}
		slices.Sort(*list)
		if len(*list) > r.limits[k] {
			return nil, nil, fault.Dataf("too_many_levels", file, jobColumns[k], "`%s` has %d values, more than the %d that can be told apart; name a coarser column in the mapping", jobColumns[k], len(*list), r.limits[k])
		}
		r.numbers[k] = make(map[string]int32, len(*list))
		for i, v := range *list {
			r.numbers[k][v] = int32(i) + 1
		}
	}
	return j, r, nil
}

// distinct adds the texts of a column to a set.
func distinct(file string, c *datasets.Column, set map[string]struct{}) error {
	if c.Kind == datasets.String {
		used := make([]bool, len(c.Levels))
		for i, code := range c.Codes {
			used[code] = used[code] || !c.Missing(i)
		}
		for k, u := range used {
			if u && c.Levels[k] != "" {
				set[c.Levels[k]] = struct{}{}
			}
		}
		return nil
	}
	text, err := texts(file, c)
	if err != nil {
		return err
	}
	var last int64
	for i := range c.Len() {
		if c.Kind == datasets.Int64 {
			if i > 0 && c.Ints[i] == last {
				continue
			}
			last = c.Ints[i]
		}
		if v := text(i); v != "" {
			set[v] = struct{}{}
		}
	}
	return nil
}

// codes writes the numbers of a part's jobs into dst, four a row.
func (r *jobReader) codes(file string, t *datasets.Table, dst []int32) error {
	clear(dst)
	for k, name := range jobColumns {
		c := t.Column(name)
		if c == nil {
			continue
		}
		if c.Kind == datasets.String {
			level := make([]int32, len(c.Levels))
			for i, v := range c.Levels {
				level[i] = r.numbers[k][v]
			}
			for i, code := range c.Codes {
				if !c.Missing(i) {
					dst[4*i+k] = level[code]
				}
			}
			continue
		}
		text, err := texts(file, c)
		if err != nil {
			return err
		}
		for i := range t.Rows {
			dst[4*i+k] = r.numbers[k][text(i)]
		}
	}
	return nil
}

func (j *Jobs) allocate(cells int) {
	j.Employer, j.Sector, j.Contract, j.Industry = make([]int32, cells), make([]uint8, cells), make([]uint8, cells), make([]uint16, cells)
	j.position, j.wage = make([]uint16, cells), make([]int32, cells)
}

// offer makes a job the main one of a cell where it beats the one there. What is compared is all that is kept, so that
// the order in which jobs come decides nothing.
func (j *Jobs) offer(cell int, job jobRow) {
	if job.position == 0 && job.wage <= 0 {
		return
	}
	there := jobRow{j.position[cell], j.wage[cell], [4]int32{j.Employer[cell], int32(j.Sector[cell]), int32(j.Contract[cell]), int32(j.Industry[cell])}}
	if there.position != 0 || there.wage != 0 {
		better := cmp.Or(cmp.Compare(job.position, there.position), cmp.Compare(job.wage, there.wage))
		for k := 0; better == 0 && k < len(job.codes); k++ {
			better = -compareCodes(job.codes[k], there.codes[k])
		}
		if better <= 0 {
			return
		}
	}
	j.position[cell], j.wage[cell] = job.position, job.wage
	j.Employer[cell], j.Sector[cell], j.Contract[cell], j.Industry[cell] = job.codes[0], uint8(job.codes[1]), uint8(job.codes[2]), uint16(job.codes[3])
}

// compareCodes puts a missing code last.
func compareCodes(a, b int32) int {
	if (a == 0) != (b == 0) {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// slice is the jobs of one person.
func (j *Jobs) slice(a, b int) *JobHistory {
	if j == nil {
		return nil
	}
	return &JobHistory{j.Employer[a:b:b], j.Sector[a:b:b], j.Contract[a:b:b], j.Industry[a:b:b]}
}

// JobHistory is the main job of each month of one person, with the numbers of Jobs.
type JobHistory struct {
	Employer []int32
	Sector   []uint8
	Contract []uint8
	Industry []uint16
}
