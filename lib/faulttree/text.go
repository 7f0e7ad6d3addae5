package faulttree

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// readText reads the text form of a model, YAML or JSON:
//
//	name: pumping
//	mission_time: 8760
//	top: no-flow
//	gates:
//	  no-flow: {type: and, inputs: [pump-a, pump-b]}
//	events:
//	  pump-a: 0.01
//	  pump-b: {probability: 0.02, severity: 3, mitigation: monthly test}
//
// Parts may also be lists whose items have an id. The package documentation has the whole vocabulary.
func readText(text []byte, name string) (*Model, error) {
	parse := parseYAML
	if isJSON(name, text) {
		parse = parseJSON
	}
	root, err := parse(text, name)
	if err != nil {
		return nil, err
	}
	r := &textReader{model: &Model{}}
	r.read(root)
	if err := r.faults.err(); err != nil {
		return nil, err
	}
	return r.model, nil
}

type textReader struct {
	model  *Model
	faults faults
	parts  int // of formulas and expressions so far
}

// part counts a part of a formula or an expression. Aliases of aliases double what is read at every level, so the number
// of parts is not bounded by the size of the file.
func (r *textReader) part(v *value) bool {
	if r.parts++; r.parts == maxParts+1 {
		r.faults.add(v.pos, "formulas and numbers have more than %d parts, those that aliases repeat included", maxParts)
	}
	return r.parts <= maxParts
}

// fields calls the function of each key. Unknown and repeated keys are faults.
func (r *textReader) fields(v *value, what string, known map[string]func(*value)) {
	if v.kind != mapping {
		r.faults.add(v.pos, "%s: expected a mapping, found %s", what, v.kind)
		return
	}
	seen := make(map[string]bool)
	for i, key := range v.keys {
		read := known[key.text]
		switch {
		case seen[key.text]:
			r.faults.add(key.pos, "%s: key %q twice", what, key.text)
		case read == nil:
			r.faults.add(key.pos, "%s: unknown key %q: must be one of %s", what, key.text, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		default:
			read(v.items[i])
		}
		seen[key.text] = true
	}
}

// each calls read for the parts of a mapping by id, or of a list of mappings that have an id.
func (r *textReader) each(v *value, what string, read func(id string, pos Pos, v *value)) {
	switch v.kind {
	case mapping:
		for i, key := range v.keys {
			read(key.text, key.pos, v.items[i])
		}
	case list:
		for _, item := range v.items {
			read("", item.pos, item)
		}
	default:
		if v.text != "" {
			r.faults.add(v.pos, "%s: expected a mapping or a list, found %q", what, v.text)
		}
	}
}

func (r *textReader) read(root *value) {
	m := r.model
	var top []*value
	r.fields(root, "model", map[string]func(*value){
		"name":        r.text(&m.Name, "name"),
		"description": r.text(&m.Description, "description"),
		"mission_time": func(v *value) {
			if m.MissionTime = r.float(v, "mission_time"); m.MissionTime < 0 {
				r.faults.add(v.pos, "mission_time %s: must be a number of at least 0", v.text)
			}
		},
		"top": func(v *value) {
			if top = []*value{v}; v.kind == list {
				top = v.items
			}
			for _, item := range top {
				m.Top = append(m.Top, r.string(item, "top"))
			}
		},
		"gates": func(v *value) { r.each(v, "gates", r.gate) },
		"events": func(v *value) {
			r.each(v, "events", r.event)
		},
		"house":      func(v *value) { r.each(v, "house", r.house) },
		"parameters": func(v *value) { r.each(v, "parameters", r.parameter) },
		"ccf":        func(v *value) { r.each(v, "ccf", r.group) },
	})
	for _, v := range top { // a model has no place for the place of a top
		if v.kind == scalar && !slices.ContainsFunc(m.Gates, func(g *Gate) bool { return g.ID == v.text }) {
			r.faults.add(v.pos, "top %q is not a gate of the model", v.text)
		}
	}
}

// string, integer and so on read a scalar; the functions that return a function fit into fields.

func (r *textReader) string(v *value, what string) string {
	if v.kind != scalar {
		r.faults.add(v.pos, "%s: expected text, found %s", what, v.kind)
	}
	return v.text
}

func (r *textReader) text(into *string, what string) func(*value) {
	return func(v *value) { *into = strings.TrimSpace(r.string(v, what)) }
}

func (r *textReader) strings(v *value, what string) []string {
	if v.kind != list {
		r.faults.add(v.pos, "%s: expected a list, found %s", what, v.kind)
		return nil
	}
	var texts []string
	for _, item := range v.items {
		texts = append(texts, r.string(item, what))
	}
	return texts
}

func (r *textReader) float(v *value, what string) float64 {
	x, err := strconv.ParseFloat(v.text, 64)
	if v.kind != scalar || v.quoted || err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		shown := v.kind.String()
		if v.kind == scalar {
			shown = strconv.Quote(v.text)
		}
		r.faults.add(v.pos, "%s: expected a finite number, found %s", what, shown)
	}
	return x
}

func (r *textReader) number(into *float64, what string) func(*value) {
	return func(v *value) { *into = r.float(v, what) }
}

func (r *textReader) integer(into *int, what string) func(*value) {
	return func(v *value) {
		n, err := strconv.Atoi(v.text)
		if v.kind != scalar || err != nil {
			r.faults.add(v.pos, "%s: expected a whole number, found %q", what, v.text)
		}
		*into = n
	}
}

func (r *textReader) truth(v *value, what string) bool {
	switch v.text {
	case "true", "on", "yes":
		return true
	case "false", "off", "no":
		return false
	}
	r.faults.add(v.pos, "%s: expected true or false, found %q", what, v.text)
	return false
}

func (r *textReader) gate(id string, pos Pos, v *value) {
	g := &Gate{ID: id, Pos: pos}
	f := &Formula{Pos: pos}
	fields := map[string]func(*value){
		"id":          r.text(&g.ID, "gate id"),
		"name":        r.text(&g.Name, "gate name"),
		"description": r.text(&g.Description, "gate description"),
		"severity":    r.integer(&g.Severity, "severity"),
		"mitigation":  r.text(&g.Mitigation, "mitigation"),
	}
	r.formulaFields(f, fields, id)
	r.fields(v, fmt.Sprintf("gate %q", id), fields)
	if f.Op == "" {
		r.faults.add(pos, "gate %q has no type: give type and inputs, or one of the operators as key", g.ID)
	}
	g.Formula = f
	r.model.Gates = append(r.model.Gates, g)
}

// textOps are the operators as they are written; k-of-n and vote are other names of atleast.
var textOps = map[string]Op{
	"and": And, "or": Or, "atleast": Atleast, "k-of-n": Atleast, "vote": Atleast, "xor": Xor, "not": Not, "nand": Nand, "nor": Nor,
	"inhibit": Inhibit, "iff": Iff, "imply": Imply, "pass": Pass,
}

// formulaFields adds the keys of a formula: type, k and inputs, or an operator with its inputs as value.
func (r *textReader) formulaFields(f *Formula, fields map[string]func(*value), id string) {
	set := func(op Op, pos Pos) {
		if f.Op != "" {
			r.faults.add(pos, "gate %q has a second operator %q beside %q", id, op, f.Op)
		}
		f.Op = op
	}
	inputs := func(v *value) {
		if f.Args != nil {
			r.faults.add(v.pos, "gate %q has inputs twice", id)
		}
		items := v.items
		if v.kind != list {
			items = []*value{v}
		}
		for _, item := range items {
			f.Args = append(f.Args, r.formula(item, id))
		}
	}
	fields["type"] = func(v *value) {
		op, ok := textOps[strings.ToLower(v.text)]
		if !ok {
			r.faults.add(v.pos, "gate %q: unknown type %q: must be one of %s", id, v.text, strings.Join(slices.Sorted(maps.Keys(textOps)), ", "))
			op = And
		}
		set(op, v.pos)
	}
	fields["k"] = r.integer(&f.K, fmt.Sprintf("gate %q: k", id))
	fields["inputs"] = inputs
	for name, op := range textOps {
		fields[name] = func(v *value) {
			set(op, v.pos)
			inputs(v)
		}
	}
}

// formula reads an input: a name, a truth value, or a nested formula.
func (r *textReader) formula(v *value, id string) *Formula {
	f := &Formula{Pos: v.pos}
	if !r.part(v) {
		return f
	}
	switch v.kind {
	case scalar:
		switch {
		case v.text == "true" && !v.quoted:
			f.Op = True
		case v.text == "false" && !v.quoted:
			f.Op = False
		case v.text == "":
			r.faults.add(v.pos, "gate %q has an empty input", id)
			f.Op = False
		default:
			f.Op, f.Name = Ref, v.text
		}
	case list:
		r.faults.add(v.pos, "gate %q: an input is a list: expected a name or a formula", id)
		f.Op = False
	case mapping:
		fields := make(map[string]func(*value))
		r.formulaFields(f, fields, id)
		r.fields(v, fmt.Sprintf("formula in gate %q", id), fields)
		if f.Op == "" {
			r.faults.add(v.pos, "a formula in gate %q has no operator", id)
			f.Op = False
		}
	}
	return f
}

func (r *textReader) event(id string, pos Pos, v *value) {
	e := &Event{ID: id, Pos: pos}
	r.model.Events = append(r.model.Events, e)
	if v.kind == scalar && v.text != "" {
		e.Probability = r.expression(v, fmt.Sprintf("event %q", id))
		return
	}
	var uncertainty *value
	what := fmt.Sprintf("event %q", id)
	r.fields(v, what, map[string]func(*value){
		"id":                r.text(&e.ID, "event id"),
		"name":              r.text(&e.Name, "event name"),
		"description":       r.text(&e.Description, "event description"),
		"severity":          r.integer(&e.Severity, "severity"),
		"mitigation":        r.text(&e.Mitigation, "mitigation"),
		"mitigation_effect": r.number(&e.MitigationEffect, "mitigation_effect"),
		"probability":       func(v *value) { e.Probability = r.expression(v, what) },
		"uncertainty":       func(v *value) { uncertainty = v },
	})
	if uncertainty != nil {
		e.Probability = r.around(e.Probability, uncertainty, what)
	}
}

func (r *textReader) house(id string, pos Pos, v *value) {
	h := &House{ID: id, Pos: pos}
	if v.kind == scalar {
		h.State = r.truth(v, fmt.Sprintf("house event %q", id))
	} else {
		r.fields(v, fmt.Sprintf("house event %q", id), map[string]func(*value){
			"id":    r.text(&h.ID, "house event id"),
			"state": func(v *value) { h.State = r.truth(v, "state") },
		})
	}
	r.model.Houses = append(r.model.Houses, h)
}

func (r *textReader) parameter(id string, pos Pos, v *value) {
	p := &Parameter{ID: id, Pos: pos}
	what := fmt.Sprintf("parameter %q", id)
	if v.kind == mapping && slices.ContainsFunc(v.keys, func(k *value) bool { return k.text == "value" || k.text == "id" }) {
		var uncertainty *value
		r.fields(v, what, map[string]func(*value){
			"id":          r.text(&p.ID, "parameter id"),
			"value":       func(v *value) { p.Value = r.expression(v, what) },
			"uncertainty": func(v *value) { uncertainty = v },
		})
		if uncertainty != nil {
			p.Value = r.around(p.Value, uncertainty, what)
		}
	} else {
		p.Value = r.expression(v, what)
	}
	r.model.Parameters = append(r.model.Parameters, p)
}

func (r *textReader) group(id string, pos Pos, v *value) {
	g := &Group{ID: id, Pos: pos}
	what := fmt.Sprintf("common-cause group %q", id)
	r.fields(v, what, map[string]func(*value){
		"id":          r.text(&g.ID, "common-cause group id"),
		"model":       r.text(&g.Model, "model"),
		"members":     func(v *value) { g.Members = r.strings(v, what+": members") },
		"probability": func(v *value) { g.Total = r.expression(v, what) },
		"factors": func(v *value) {
			if v.kind != list {
				v = &value{kind: list, items: []*value{v}, pos: v.pos}
			}
			for _, item := range v.items {
				g.Factors = append(g.Factors, r.expression(item, what+": factor"))
			}
		},
	})
	r.model.Groups = append(r.model.Groups, g)
}
