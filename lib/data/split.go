package data

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Kinds of Plan.
const (
	SplitStratified = "stratified"
	SplitTime       = "time"
	SplitGroup      = "group"
)

// Plan says how to divide a table into training, validation and test rows. The zero Plan is Stratified(0.70, 0.15, 0).
type Plan struct {
	Kind  string  `json:"kind,omitempty"`  // SplitStratified (""), SplitTime or SplitGroup
	Train float64 `json:"train,omitempty"` // fraction of the rows; with Valid 0 too: 0.70
	Valid float64 `json:"valid,omitempty"` // fraction of the rows; with Train 0 too: 0.15. The rest is the test part
	Seed  int64   `json:"seed,omitempty"`  // of the shuffle; unused by SplitTime
}

// Stratified draws rows at random so that every part has each class, and each attack family where the table has
// families, in the proportions of the whole.
func Stratified(train, valid float64, seed int64) Plan {
	return Plan{SplitStratified, train, valid, seed}
}

// ByTime takes the earliest rows for training, then validation, then test, as a detector in service meets them. Rows of
// one instant stay together.
func ByTime(train, valid float64) Plan { return Plan{SplitTime, train, valid, 0} }

// ByGroup keeps the rows of each group (host, session) in one part. The fractions are met as closely as the sizes of the
// groups allow.
func ByGroup(train, valid float64, seed int64) Plan { return Plan{SplitGroup, train, valid, seed} }

// Split is a divided table. Parts share dictionaries and class names with the table. A part whose fraction is 0 has no
// rows (and is not nil).
type Split struct {
	Train, Valid, Test *Table
}

// Split divides the table by the plan. Rows keep their order (time order under ByTime).
//
// Errors are ErrSchema: fractions that are no fractions, a table without the time or group column, rows without a time
// or group, classes or groups too small to give every part its share. The same table, plan and seed give the same split.
func (t *Table) Split(p Plan) (Split, error) {
	if p.Train == 0 && p.Valid == 0 {
		p.Train, p.Valid = 0.70, 0.15
	}
	if err := p.check(); err != nil {
		return Split{}, err
	}
	if t.Rows() == 0 {
		return Split{}, schemaErrorf("split: %s has no rows", t.Name)
	}
	var parts [3][]int
	var err error
	switch p.Kind {
	case SplitTime:
		parts, err = t.splitTime(p)
	case SplitGroup:
		parts, err = t.splitGroup(p)
	default:
		parts, err = t.splitStratified(p)
	}
	if err != nil {
		return Split{}, err
	}
	for i, share := range p.shares() {
		if share > 0 && len(parts[i]) == 0 {
			return Split{}, schemaErrorf("split: %s: the %s part of %g would have no row; the table has %d rows", t.Name, partNames[i], share, t.Rows())
		}
	}
	var tables [3]*Table
	for i := range parts {
		if tables[i], err = t.Select(parts[i]); err != nil {
			return Split{}, err
		}
	}
	return Split{tables[0], tables[1], tables[2]}, nil
}

var partNames = [3]string{"train", "valid", "test"}

// check refuses what is no plan.
func (p Plan) check() error {
	if !slices.Contains([]string{"", SplitStratified, SplitTime, SplitGroup}, p.Kind) {
		return schemaErrorf("split: kind %q is unknown: give %q, %q or %q", clip(p.Kind), SplitStratified, SplitTime, SplitGroup)
	}
	// Written so that NaN fails.
	if !(p.Train > 0 && p.Train <= 1) {
		return schemaErrorf("split: train fraction %g must be above 0 and at most 1", p.Train)
	}
	if !(p.Valid >= 0 && p.Valid < 1) {
		return schemaErrorf("split: valid fraction %g must be at least 0 and below 1", p.Valid)
	}
	if p.Train+p.Valid > 1+shareSlack {
		return schemaErrorf("split: train %g and valid %g together are more than 1", p.Train, p.Valid)
	}
	return nil
}

// shareSlack forgives the rounding of fractions such as 0.7 + 0.3.
const shareSlack = 1e-9

// shares returns the fractions of the three parts.
func (p Plan) shares() [3]float64 {
	test := 1 - p.Train - p.Valid
	if test < shareSlack {
		test = 0
	}
	return [3]float64{p.Train, p.Valid, test}
}

// rng is the generator of a seed; the stream number keeps the uses of one seed apart.
func rng(seed int64, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), stream)) }

const (
	streamStratified = 1 + iota
	streamGroup
	streamBalance
)

// splitStratified shuffles each stratum and deals it out. Within a class the cuts are those of the rows so far and not
// of each stratum alone, so that many small families do not add up their rounding.
func (t *Table) splitStratified(p Plan) (parts [3][]int, err error) {
	type stratum struct{ class, family int32 }
	rows := make(map[stratum][]int)
	var strata []stratum
	for i := range t.Rows() {
		var s stratum
		if t.Label != nil {
			s.class = t.Label[i]
		}
		if t.Family != nil {
			s.family = t.Family[i]
		}
		if rows[s] == nil {
			strata = append(strata, s)
		}
		rows[s] = append(rows[s], i)
	}
	slices.SortFunc(strata, func(a, b stratum) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(t.familyName(a.family), t.familyName(b.family)))
	})
	r := rng(p.Seed, streamStratified)
	shares := p.shares()
	for len(strata) > 0 {
		class := strata[0].class
		var seen int
		var dealt [3]int
		for len(strata) > 0 && strata[0].class == class {
			list := rows[strata[0]]
			strata = strata[1:]
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			seen += len(list)
			train := clampInt(int(math.Round(shares[0]*float64(seen)))-dealt[0], 0, len(list))
			rest := int(math.Round((shares[0]+shares[1])*float64(seen))) - dealt[0] - dealt[1] - train
			valid := clampInt(rest, 0, len(list)-train)
			if shares[2] == 0 {
				valid = len(list) - train
			}
			for i, n := range [3]int{train, valid, len(list) - train - valid} {
				parts[i] = append(parts[i], list[:n]...)
				list, dealt[i] = list[n:], dealt[i]+n
			}
		}
		for i, n := range dealt {
			if n == 0 && shares[i] > 0 && t.Label != nil {
				return parts, schemaErrorf("split: %s: class %q has only %d rows, too few to put one into the %s part of %g",
					t.Name, t.className(class), seen, partNames[i], shares[i])
			}
		}
	}
	for i := range parts {
		slices.Sort(parts[i])
	}
	return parts, nil
}

func clampInt(v, low, high int) int { return max(low, min(v, high)) }

func (t *Table) className(class int32) string {
	if class < 0 || int(class) >= len(t.Classes) {
		return fmt.Sprint(class)
	}
	return t.Classes[class]
}

func (t *Table) familyName(family int32) string {
	if family < 0 || int(family) >= len(t.Families) {
		return ""
	}
	return t.Families[family]
}

// splitTime cuts the rows in time order, each cut moved to the next change of time.
func (t *Table) splitTime(p Plan) (parts [3][]int, err error) {
	if t.Time == nil {
		return parts, schemaErrorf("split: %s has no time column; name one in the schema's time, or split stratified", t.Name)
	}
	order := make([]int, len(t.Time))
	without := 0
	for i, ns := range t.Time {
		order[i] = i
		if ns == NoTime {
			without++
		}
	}
	if without > 0 {
		first := slices.Index(t.Time, NoTime)
		return parts, schemaErrorf("split: %s: %d rows have no time, the first is row %d; remove them", t.Name, without, first+1)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(t.Time[a], t.Time[b]) })
	cut := func(share float64, from int) int {
		at := max(from, int(math.Round(share*float64(len(order)))))
		for at > from && at < len(order) && t.Time[order[at]] == t.Time[order[at-1]] {
			at++
		}
		return at
	}
	shares := p.shares()
	a := cut(shares[0], 0)
	b := len(order)
	if shares[2] > 0 {
		b = cut(shares[0]+shares[1], a)
	}
	return [3][]int{order[:a], order[a:b], order[b:]}, nil
}

// splitGroup gives the groups, largest first, each to the part that lacks most rows. The shuffle decides among groups of
// one size, and the last groups go to parts that have none yet.
func (t *Table) splitGroup(p Plan) (parts [3][]int, err error) {
	if t.Group == nil {
		return parts, schemaErrorf("split: %s has no group column; name one in the schema's group, or split stratified", t.Name)
	}
	rows := make([][]int, len(t.Groups))
	for i, g := range t.Group {
		if g == Missing {
			return parts, schemaErrorf("split: %s: row %d has no group; give it one or remove it", t.Name, i+1)
		}
		rows[g] = append(rows[g], i)
	}
	groups := make([]int, 0, len(rows))
	for g := range rows {
		if len(rows[g]) > 0 {
			groups = append(groups, g)
		}
	}
	slices.SortFunc(groups, func(a, b int) int { return cmp.Compare(t.Groups[a], t.Groups[b]) })
	r := rng(p.Seed, streamGroup)
	r.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	slices.SortStableFunc(groups, func(a, b int) int { return cmp.Compare(len(rows[b]), len(rows[a])) })
	var want [3]float64
	empty := 0
	for i, share := range p.shares() {
		want[i] = share * float64(len(t.Group))
		if share > 0 {
			empty++
		}
	}
	if len(groups) < empty {
		return parts, schemaErrorf("split: %s has %d groups, too few for %d parts", t.Name, len(groups), empty)
	}
	for i, g := range groups {
		best := -1
		for j := range parts {
			open := want[j] > 0 && (len(parts[j]) == 0 || len(groups)-i > empty)
			if open && (best < 0 || want[j]-float64(len(parts[j])) > want[best]-float64(len(parts[best]))) {
				best = j
			}
		}
		if len(parts[best]) == 0 {
			empty--
		}
		parts[best] = append(parts[best], rows[g]...)
	}
	for i := range parts {
		slices.Sort(parts[i])
	}
	return parts, nil
}
