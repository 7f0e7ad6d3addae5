//go:build ignore

package main

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
)

type point struct{ X, Y int }

type shape struct {
	name string
	at   point
	tags []string
	next *shape
}

type weekday int

const (
	sunday weekday = iota
	monday
)

const (
	kb = 1 << (10 * (iota + 1))
	mb
)

const size = 3

var grid [size][size * 2]int

type matrix [2][2]float64

func (m *matrix) set(i, j int, v float64) { m[i][j] = v }

func (m matrix) sum() (s float64) {
	for _, row := range m {
		for _, v := range row {
			s += v
		}
	}
	return
}

type stack []int

func (s *stack) push(v int) { *s = append(*s, v) }

func (s *stack) pop() int {
	old := *s
	v := old[len(old)-1]
	*s = old[:len(old)-1]
	return v
}

func main() {
	a := shape{name: "a", at: point{1, 2}}
	b := a
	b.at.X = 9
	b.tags = append(b.tags, "t")
	a.next = &b
	a.next.at.Y++
	fmt.Println(a.at, b.at, a.next.name, len(a.tags))

	arr := [3]int{1, 2, 3}
	other := arr
	other[0] = 100
	view := arr[1:]
	view[0] = 20
	fmt.Println(arr, other, arr == [3]int{1, 20, 3}, len(view), cap(view))
	grown := append(view[:1:1], 7)
	fmt.Println(view, grown, copy(view, []int{5, 6, 7}), view)

	m := map[string][]int{"x": {1}}
	m["x"] = append(m["x"], 2)
	m["y"] = nil
	delete(m, "z")
	v, ok := m["none"]
	fmt.Println(m, v == nil, ok, len(m))
	counts := map[point]int{}
	counts[point{1, 2}]++
	counts[point{1, 2}] += 2
	fmt.Println(counts[point{1, 2}], counts[point{}])
	deep := map[string]map[string]*point{"a": {"b": {3, 4}}}
	deep["a"]["b"].X++
	fmt.Println(deep["a"]["b"].X, *deep["a"]["b"])

	var u8 uint8 = 250
	u8 += 10
	var i8 int8 = 127
	i8++
	fmt.Println(u8, i8, -7/2, -7%3, 6&^2, 1<<3|1, kb, mb, 7.0/2, float32(0.1))
	f := 3.99
	fmt.Println(int(f), int(-f), math.MaxInt64, math.Inf(1), strconv.FormatFloat(f, 'g', -1, 64))
	grid[1][5] = 4
	fmt.Println(grid, len(grid[0]))

	var g matrix
	g.set(1, 1, 2.5)
	h := g
	h.set(0, 0, 1)
	fmt.Println(g.sum(), h.sum())
	var s stack
	s.push(1)
	s.push(2)
	fmt.Println(s.pop(), s, len(s))

	text := "héllo"
	for i, r := range text {
		fmt.Print(i, ":", string(r), " ")
	}
	bytes := []byte(text)
	bytes[0] = 'H'
	fmt.Println(string(bytes), len(text), []rune(text)[1] == 'é', text[:1], strings.ToUpper(text))

	rows := []struct {
		name  string
		score float64
	}{{"a", 2}, {"b", 1}}
	sort.Slice(rows, func(i, j int) bool { return rows[i].score < rows[j].score })
	fmt.Println(rows, rows[0].name)
	d := 1500 * time.Millisecond
	fmt.Println(d, d.Seconds(), time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC).Format(time.RFC3339))
	day := monday
	switch day {
	case sunday:
		fmt.Println("sunday")
	case monday:
		fmt.Println("monday", int(day))
	}
	fmt.Printf("%5d|%-6s|%6.2f|%q|%x|%t|%v|%+v\n", 42, "ab", math.Pi, "q", 255, true, []string{"a"}, point{1, 2})
	x := 5
	p := &x
	pp := &p
	**pp += 2
	fmt.Println(x, *p == **pp)
}
