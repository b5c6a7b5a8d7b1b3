package did

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/internal/parallel"
)

// clusterSums are what a clustering needs beside the statistics: for every cohort and cluster the weight of its units and
// the sum of their centred outcomes. A cluster's influence is Σ_h a_h'·D_h[c] + b_h·U_h[c]. unit marks the clustering in
// which each unit stands alone, whose sums of squares are the cross-products.
type clusterSums struct {
	sign  float64
	unit  bool
	count int
	u     [][]float64   // cohort → clusters
	u2    [][]float64   // the same of squared weights; that of weights of 1 is u itself
	d     [][][]float64 // cohort → period → clusters
}

// clustersFit tells whether the sums of these clusters fit into memory (1 GiB).
func clustersFit(list []clustering, cohorts, periods int) bool {
	total := 0.
	for _, c := range list {
		if c.number != nil {
			total += float64(c.count) * float64(cohorts) * float64(periods+2) * 8
		}
	}
	return total <= 1<<30
}

// dimensions renumbers cluster dimensions without holes and lists the clusterings.
func dimensions(n int, clusters [][]int32) []clustering {
	dims, counts := make([][]int32, len(clusters)), make([]int, len(clusters))
	for d, c := range clusters {
		if len(c) != n {
			panic(fmt.Sprintf("did: %d clusters for %d units", len(c), n))
		}
		dims[d] = compact(c)
		for _, v := range dims[d] {
			counts[d] = max(counts[d], int(v)+1)
		}
	}
	return clusterings(n, dims, counts)
}

// AddClusters goes over the same outcomes again, so that errors are clustered in the given dimensions (numbers by unit). It
// must be given what NewStatistics was given.
func AddClusters[F number](s *Statistics, outcome [][]F, weights []float64, clusters [][]int32, workers int) error {
	return s.addClusters(dimensions(len(outcome[0]), clusters), workers, func(c *clusterSums, number []int32, h int) {
		mean := s.Mean[h]
		units := s.order[s.from[h]:s.from[h+1]]
		for t, column := range outcome {
			d := c.d[h][t]
			if weights == nil {
				for _, i := range units {
					d[number[i]] += float64(column[i]) - mean[t]
				}
				continue
			}
			for _, i := range units {
				d[number[i]] += weights[i] * s.scale * (float64(column[i]) - mean[t])
			}
		}
		if weights != nil {
			c.u2[h] = make([]float64, c.count)
		}
		for _, i := range units {
			w := 1.
			if weights != nil {
				w = weights[i] * s.scale
				c.u2[h][number[i]] += w * w
			}
			c.u[h][number[i]] += w
		}
		if weights == nil {
			c.u2[h] = c.u[h]
		}
	})
}

// AddClusters is AddClusters for the outcomes that made s.
func (b *Bits) AddClusters(s *Statistics, clusters [][]int32, workers int) error {
	T := len(b.Times)
	return s.addClusters(dimensions(len(b.Start), clusters), workers, func(c *clusterSums, number []int32, h int) {
		for _, i := range s.order[s.from[h]:s.from[h+1]] {
			k := number[i]
			c.u[h][k]++
			row := b.Data[int(i)*b.Words : (int(i)+1)*b.Words]
			for t := range T {
				c.d[h][t][k] += float64(row[t/64] >> (t % 64) & 1)
			}
		}
		c.u2[h] = c.u[h]
		for t := range T { // centre
			floats.AddScaled(c.d[h][t], -s.Mean[h][t], c.u[h])
		}
	})
}

func (s *Statistics) addClusters(list []clustering, workers int, fill func(c *clusterSums, number []int32, h int)) error {
	G, T := len(s.Cohorts), len(s.Times)
	s.clusters = nil
	for _, c := range list {
		sums := &clusterSums{sign: c.sign, unit: c.number == nil, count: c.count}
		s.clusters = append(s.clusters, sums)
		if sums.unit {
			continue
		}
		sums.u, sums.u2, sums.d = make([][]float64, G), make([][]float64, G), make([][][]float64, G)
		err := parallel.For(context.Background(), workers, G, func(h int) error {
			sums.u[h], sums.d[h] = make([]float64, c.count), make([][]float64, T)
			store := make([]float64, T*c.count)
			for t := range T {
				sums.d[h][t] = store[t*c.count : (t+1)*c.count]
			}
			fill(sums, c.number, h)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clusterInfluence adds the influence of a cell by cluster to sum.
func (e *statEngine) clusterInfluence(i int, c *clusterSums, sum []float64) {
	s, x := e.s, &e.cells[i]
	g := e.at[x.g]
	floats.AddScaled(sum, 1/s.Weight[g], c.d[g][x.time])
	floats.AddScaled(sum, -1/s.Weight[g], c.d[g][x.base])
	w := 1 / e.w0[i]
	for h := x.low; h < len(e.at); h++ {
		if h == x.g {
			continue
		}
		k := e.at[h]
		floats.AddScaled(sum, -w, c.d[k][x.time])
		floats.AddScaled(sum, w, c.d[k][x.base])
		floats.AddScaled(sum, -w*(s.Mean[k][x.time]-s.Mean[k][x.base]-e.mu0[i]), c.u[k])
	}
}

// clusterCovariance adds sign × the covariance of the columns under a clustering to the lower triangle of v.
func (e *statEngine) clusterCovariance(columns []column, c *clusterSums, v []float64) error {
	k, T := len(columns), len(e.s.Times)
	sums := make([][]float64, k)
	for j := range sums {
		sums[j] = make([]float64, c.count)
	}
	for h := range e.at {
		a, b, live := e.coefficients(h, columns)
		at := e.at[h]
		err := parallel.For(context.Background(), e.o.Workers, len(live), func(x int) error {
			j := live[x]
			for t, w := range a[j*T : (j+1)*T] {
				if w != 0 {
					floats.AddScaled(sums[j], w, c.d[at][t])
				}
			}
			if b[j] != 0 {
				floats.AddScaled(sums[j], b[j], c.u[at])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return parallel.For(context.Background(), e.o.Workers, k, func(j int) error {
		for i := range j + 1 {
			v[j*k+i] += c.sign * floats.Dot(sums[j], sums[i])
		}
		return nil
	})
}
