package faulttree

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// drawing is the part of a tree that is drawn: each gate and event once, below the first gate that mentions it.
type drawing struct {
	nodes []*drawn
	byID  map[string]*drawn
	links []link // to parts that are drawn elsewhere
}

type drawn struct {
	id, title, note string // title for people, note the operator or probability
	kind            Op     // of a gate; Ref for a basic event, True or False for a house event
	children        []*drawn
	x, y            float64
	hidden          int // parts below that are not drawn
	severity        int
	help            string // description and mitigation, shown on demand
	negated         bool   // reached through a negation first
}

type link struct {
	from, to *drawn
	negated  bool
}

// DrawOptions limits a drawing.
type DrawOptions struct {
	Top   string // "" means the only top
	Depth int    // levels below the top; 0 means all
	// MaxNodes is how many gates and events are drawn at most; 0 means 400. Gates that end there say how much is below.
	MaxNodes int
}

// outline collects what is to be drawn, breadth first so that a limit cuts the lowest levels.
func (m *Model) outline(opts DrawOptions) (*drawing, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	top, err := m.chooseTop("draw", opts.Top)
	if err != nil {
		return nil, err
	}
	x := m.index(&faults{})
	if x.gate[top] == nil {
		return nil, fmt.Errorf("faulttree: draw: top %q is not a gate of the model: the tops are %s: %w", top, strings.Join(m.Tops(), ", "), ErrModel)
	}
	limit := opts.MaxNodes
	if limit <= 0 {
		limit = 400
	}
	world := newWorld(m, max(m.MissionTime, 1))
	d := &drawing{byID: make(map[string]*drawn)}
	d.add(x, world, top)
	level := map[string]int{top: 0}
	for i := 0; i < len(d.nodes); i++ {
		n := d.nodes[i]
		g := x.gate[n.id]
		if g == nil {
			continue
		}
		d.references(g.Formula, false, func(id string, negated bool) {
			if known := d.byID[id]; known != nil {
				d.links = append(d.links, link{n, known, negated})
				return
			}
			if len(d.nodes) >= limit || opts.Depth > 0 && level[n.id] >= opts.Depth {
				n.hidden++
				return
			}
			child := d.add(x, world, id)
			child.negated = negated
			level[id] = level[n.id] + 1
			n.children = append(n.children, child)
		})
	}
	d.place()
	return d, nil
}

// references calls fn for what a formula mentions; negated tells whether that is under an odd number of negations.
func (d *drawing) references(f *Formula, negated bool, fn func(id string, negated bool)) {
	if f.Op == Ref {
		fn(f.Name, negated)
		return
	}
	inner := f.Op == Not && len(f.Args) == 1
	for _, arg := range f.Args {
		d.references(arg, negated != inner, fn)
	}
}

func (d *drawing) add(x *index, world *world, id string) *drawn {
	n := &drawn{id: id, title: id, kind: Ref}
	switch g, e, h := x.gate[id], x.event[id], x.house[id]; {
	case g != nil:
		n.kind, n.severity = g.Formula.Op, g.Severity
		n.title = orDefault(g.Name, id)
		n.note = strings.ToUpper(string(n.kind))
		if n.kind == Atleast {
			n.note = fmt.Sprintf("%d of %d", g.Formula.K, len(g.Formula.Args))
		}
		n.help = join(g.Description, g.Mitigation)
	case e != nil:
		n.severity, n.title = e.Severity, orDefault(e.Name, id)
		n.help = join(e.Description, e.Mitigation)
		if e.Probability != nil {
			if p, err := world.value(e.Probability); err == nil {
				n.note = fmt.Sprintf("p=%.3g", p)
			}
		}
	case h != nil:
		n.kind = False
		if h.State {
			n.kind = True
		}
		n.note = string(n.kind)
	}
	d.nodes = append(d.nodes, n)
	d.byID[id] = n
	return n
}

func join(description, mitigation string) string {
	if mitigation == "" {
		return description
	}
	return strings.TrimSpace(description + "\nMitigation: " + mitigation)
}

// place gives every leaf a column of its own, in order, and puts a gate above the middle of its children.
func (d *drawing) place() {
	const column, row = 150, 130
	type step struct {
		n     *drawn
		depth int
		after bool
	}
	next := 0.0
	stack := []step{{n: d.nodes[0]}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		s.n.y = float64(s.depth) * row
		switch {
		case s.after:
			s.n.x = (s.n.children[0].x + s.n.children[len(s.n.children)-1].x) / 2
		case len(s.n.children) == 0:
			s.n.x = next
			next += column
		default:
			stack = append(stack, step{s.n, s.depth, true})
			for i := len(s.n.children) - 1; i >= 0; i-- {
				stack = append(stack, step{s.n.children[i], s.depth + 1, false})
			}
		}
	}
}

// SVG draws the tree below a top as a picture that needs no other file. Parts with several parents are drawn once, with
// dashed lines from the other parents.
func (m *Model) SVG(opts DrawOptions) ([]byte, error) {
	d, err := m.outline(opts)
	if err != nil {
		return nil, err
	}
	var width, height float64
	for _, n := range d.nodes {
		width, height = max(width, n.x), max(height, n.y)
	}
	const margin = 80
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" font-family="sans-serif" font-size="11" text-anchor="middle" role="img">`+"\n",
		width+2*margin, height+2*margin, width+2*margin, height+2*margin)
	fmt.Fprintf(&out, "<title>%s</title>\n", html.EscapeString("Fault tree "+d.nodes[0].title))
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="white"/>`+"\n"+`<g transform="translate(%d %d)" fill="none" stroke="#333">`+"\n", margin, margin)
	for _, n := range d.nodes {
		for _, c := range n.children {
			middle := n.y + 78
			fmt.Fprintf(&out, `<path d="M%g %gV%gH%gV%g"/>`+"\n", n.x, n.y+60, middle, c.x, c.y-22)
			bubble(&out, c.x, c.y-26, c.negated)
		}
	}
	for _, l := range d.links {
		fmt.Fprintf(&out, `<path d="M%g %gC%g %g %g %g %g %g" stroke-dasharray="4 3" stroke="#888"/>`+"\n",
			l.from.x, l.from.y+60, l.from.x, l.from.y+100, l.to.x, l.to.y-62, l.to.x, l.to.y-22)
		bubble(&out, (l.from.x+l.to.x)/2, (l.from.y+60+l.to.y-22)/2, l.negated)
	}
	for _, n := range d.nodes {
		n.svg(&out)
	}
	out.WriteString("</g>\n</svg>\n")
	return out.Bytes(), nil
}

// bubble marks a negated line.
func bubble(out *bytes.Buffer, x, y float64, negated bool) {
	if negated {
		fmt.Fprintf(out, `<circle cx="%g" cy="%g" r="4" fill="white"/>`+"\n", x, y)
	}
}

// severityColors go from not rated to catastrophic.
var severityColors = [...]string{"#f4f4f4", "#e8f5e9", "#fffde7", "#fff3e0", "#fbe0d8", "#f6c7c7"}

// svg draws the box of a node and below it the symbol of its gate or event.
func (n *drawn) svg(out *bytes.Buffer) {
	fmt.Fprintf(out, `<g transform="translate(%g %g)"><title>%s</title>`, n.x, n.y, html.EscapeString(strings.TrimSpace(n.id+"\n"+n.help)))
	fmt.Fprintf(out, `<rect x="-66" y="-22" width="132" height="44" rx="4" fill="%s"/>`, severityColors[min(max(n.severity, 0), 5)])
	for i, line := range wrap(n.title, 20, 3) {
		fmt.Fprintf(out, `<text y="%d" fill="#111" stroke="none">%s</text>`, -8+13*i, html.EscapeString(line))
	}
	out.WriteString(`<path d="M0 22V30"/>`)
	switch n.kind {
	case Ref:
		out.WriteString(`<circle cy="44" r="14" fill="#eaf2fb"/>`)
		fmt.Fprintf(out, `<text y="72" fill="#111" stroke="none">%s</text>`, html.EscapeString(n.note))
	case True, False:
		fmt.Fprintf(out, `<path d="M-13 58V42L0 30L13 42V58Z" fill="#eee"/><text y="54" fill="#111" stroke="none">%s</text>`, n.note)
	case And, Inhibit, Nand:
		out.WriteString(`<path d="M-18 60V46A18 16 0 0 1 18 46V60Z" fill="#dbe9f6"/>`)
		fmt.Fprintf(out, `<text y="55" fill="#111" stroke="none" font-size="9">%s</text>`, html.EscapeString(n.note))
	case Or, Nor, Xor:
		out.WriteString(`<path d="M-18 60Q-18 38 0 30Q18 38 18 60Q0 50 -18 60Z" fill="#f9e7d2"/>`)
		fmt.Fprintf(out, `<text y="50" fill="#111" stroke="none" font-size="9">%s</text>`, html.EscapeString(n.note))
	default:
		out.WriteString(`<path d="M-24 60L-30 45L-24 30H24L30 45L24 60Z" fill="#ece5f5"/>`)
		fmt.Fprintf(out, `<text y="49" fill="#111" stroke="none" font-size="9">%s</text>`, html.EscapeString(n.note))
	}
	if n.hidden > 0 {
		fmt.Fprintf(out, `<text y="76" fill="#a00" stroke="none">+%d below</text>`, n.hidden)
	}
	out.WriteString("</g>\n")
}

// wrap breaks a title into lines of at most width characters where it has blanks; what does not fit ends in "...".
func wrap(text string, width, lines int) []string {
	var result []string
	line := ""
	for _, word := range strings.Fields(text) {
		if runes := []rune(word); len(runes) > width {
			word = string(runes[:width-1]) + "…"
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			result = append(result, line)
			line = word
		}
	}
	result = append(result, line)
	if len(result) > lines {
		result = result[:lines]
		result[lines-1] += "…"
	}
	return result
}

// DOT returns the tree below a top in the language of Graphviz.
func (m *Model) DOT(opts DrawOptions) ([]byte, error) {
	d, err := m.outline(opts)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "digraph %s {\n  node [fontname=\"sans-serif\", style=filled];\n", dotQuote(d.nodes[0].id))
	for _, n := range d.nodes {
		shape := "box"
		switch n.kind {
		case Ref:
			shape = "ellipse"
		case True, False:
			shape = "house"
		}
		label := n.title
		if n.note != "" {
			label += "\n" + n.note
		}
		if n.hidden > 0 {
			label += fmt.Sprintf("\n+%d below", n.hidden)
		}
		fmt.Fprintf(&out, "  %s [shape=%s, fillcolor=%q, label=%s];\n", dotQuote(n.id), shape, severityColors[min(max(n.severity, 0), 5)], dotQuote(label))
	}
	edge := func(from, to *drawn, negated bool) {
		style := ""
		if negated {
			style = " [arrowhead=odot]"
		}
		fmt.Fprintf(&out, "  %s -> %s%s;\n", dotQuote(from.id), dotQuote(to.id), style)
	}
	for _, n := range d.nodes {
		for _, c := range n.children {
			edge(n, c, c.negated)
		}
		for _, l := range d.links {
			if l.from == n {
				edge(n, l.to, l.negated)
			}
		}
	}
	out.WriteString("}\n")
	return out.Bytes(), nil
}

func dotQuote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "").Replace(text) + `"`
}
