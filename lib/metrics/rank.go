package metrics

import "fmt"

// Ranking is scored and labelled rows in descending order of score: what every ranking metric needs, computed once.
// It holds one entry per distinct score, so rows with equal scores can never be told apart by the order they came in.
// It is immutable and safe for concurrent use.
type Ranking struct {
	groups   []group // descending by score
	pos, neg int     // rows of each class
}

// group is the rows that share a score.
type group struct {
	score    float64
	pos, neg uint32
}

// Rank sorts scores. Errors are ErrInput: lengths that differ, no rows, a label other than 0 and 1, a score that is NaN or
// infinite. One class is fine here; the metrics say what they make of it. The input is not kept.
func Rank(score []float64, label []int32) (*Ranking, error) {
	if err := check(score, label); err != nil {
		return nil, err
	}
	return rank(score, label), nil
}

// rank sorts the keys of each class by itself and merges the two: no permutation has to be carried along.
func rank(score []float64, label []int32) *Ranking {
	r := &Ranking{}
	for _, y := range label {
		r.pos += int(y)
	}
	r.neg = len(label) - r.pos
	keys := make([]uint64, len(score))
	next := [2]int{r.pos, 0} // positives first
	for i, s := range score {
		keys[next[label[i]]] = descending(s)
		next[label[i]]++
	}
	pos, neg := keys[:r.pos], keys[r.pos:]
	sortKeys(pos)
	sortKeys(neg)

	r.groups = make([]group, 0, distinct(pos, neg))
	for len(pos) > 0 || len(neg) > 0 {
		var key uint64
		switch {
		case len(pos) == 0:
			key = neg[0]
		case len(neg) == 0:
			key = pos[0]
		default:
			key = min(pos[0], neg[0])
		}
		g := group{score: scoreOf(key)}
		for len(pos) > 0 && pos[0] == key {
			pos = pos[1:]
			g.pos++
		}
		for len(neg) > 0 && neg[0] == key {
			neg = neg[1:]
			g.neg++
		}
		r.groups = append(r.groups, g)
	}
	return r
}

// distinct counts the keys that differ from the one before, an upper bound of the number of groups that is exact but for
// scores that both classes have.
func distinct(lists ...[]uint64) int {
	n := 0
	for _, keys := range lists {
		for i := range keys {
			if i == 0 || keys[i] != keys[i-1] {
				n++
			}
		}
	}
	return n
}

// Rows returns the number of rows.
func (r *Ranking) Rows() int { return r.pos + r.neg }

// Positives returns the number of rows with label 1.
func (r *Ranking) Positives() int { return r.pos }

// Negatives returns the number of rows with label 0.
func (r *Ranking) Negatives() int { return r.neg }

// Confusion counts the rows by label and by score >= threshold. A NaN threshold flags nothing.
func (r *Ranking) Confusion(threshold float64) Confusion {
	return r.after(r.flagged(threshold))
}

// flagged returns the number of groups at or above the threshold.
func (r *Ranking) flagged(threshold float64) int {
	lo, hi := 0, len(r.groups)
	for lo < hi {
		mid := (lo + hi) / 2
		if r.groups[mid].score >= threshold {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// after is the confusion matrix when the first n groups are flagged.
func (r *Ranking) after(n int) Confusion {
	var tp, fp int
	for _, g := range r.groups[:n] {
		tp += int(g.pos)
		fp += int(g.neg)
	}
	return Confusion{TN: r.neg - fp, FP: fp, FN: r.pos - tp, TP: tp}
}

// oneClass is ErrOneClass with the counts, or nil when both classes are there.
func (r *Ranking) oneClass(what string) error {
	if r.pos > 0 && r.neg > 0 {
		return nil
	}
	return fmt.Errorf("metrics: %s: %w: %d positives, %d negatives", what, ErrOneClass, r.pos, r.neg)
}
