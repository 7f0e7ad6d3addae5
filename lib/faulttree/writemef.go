package faulttree

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// MEF returns the model as a document of the Open-PSA Model Exchange Format. What the format has no element for, ratings,
// mitigations, the tops and the mission time, becomes attributes. Inhibit becomes and; of a number with an uncertainty of
// another mean only the distribution is kept.
// Names with characters that the format does not allow are an error.
func (m *Model) MEF() ([]byte, error) {
	w := &mefWriter{}
	w.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
	w.open("opsa-mef")
	settings := []string(nil)
	if m.MissionTime > 0 {
		settings = append(settings, "mission_time", number(m.MissionTime))
	}
	for _, top := range m.Top {
		settings = append(settings, "top", w.id(top))
	}
	w.details(m.Description, settings...)
	w.open("define-fault-tree", "name", w.id(orDefault(m.Name, "model")))
	for _, g := range m.Gates {
		w.open("define-gate", "name", w.id(g.ID))
		w.details(g.Description, "name", g.Name, "severity", severityText(g.Severity), "mitigation", g.Mitigation)
		w.formula(g.Formula)
		w.close()
	}
	for _, g := range m.Groups {
		w.group(g)
	}
	w.close()
	w.open("model-data")
	member := make(map[string]bool)
	for _, g := range m.Groups {
		for _, id := range g.Members {
			member[id] = true
		}
	}
	for _, e := range m.Events {
		if member[e.ID] && e.Name+e.Description+e.Mitigation == "" && e.Severity == 0 {
			continue // the group defines it
		}
		effect := ""
		if e.MitigationEffect > 0 {
			effect = number(e.MitigationEffect)
		}
		w.open("define-basic-event", "name", w.id(e.ID))
		w.details(e.Description, "name", e.Name, "severity", severityText(e.Severity), "mitigation", e.Mitigation, "mitigation_effect", effect)
		if e.Probability != nil {
			w.expression(e.Probability)
		}
		w.close()
	}
	for _, h := range m.Houses {
		w.open("define-house-event", "name", w.id(h.ID))
		w.empty("constant", "value", strconv.FormatBool(h.State))
		w.close()
	}
	for _, p := range m.Parameters {
		w.open("define-parameter", "name", w.id(p.ID))
		w.expression(p.Value)
		w.close()
	}
	w.close()
	w.close()
	return w.out.Bytes(), w.err
}

func orDefault(text, standard string) string {
	if text == "" {
		return standard
	}
	return text
}

func severityText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

type mefWriter struct {
	out   bytes.Buffer
	stack []string
	err   error
}

func (w *mefWriter) line(text string) {
	w.out.WriteString(strings.Repeat("  ", len(w.stack)) + text + "\n")
}

// id checks that a name can stand in the format: no dots, which separate scopes, and no blanks at its ends.
func (w *mefWriter) id(name string) string {
	if w.err == nil && (strings.Contains(name, ".") || strings.TrimSpace(name) != name || name == "") {
		w.err = fmt.Errorf("faulttree: write: the name %q cannot be written in the Open-PSA format: no dots and no blanks at the ends: %w", name, ErrModel)
	}
	return name
}

func (w *mefWriter) tag(name string, attrs []string) string {
	text := "<" + name
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "" && attrs[i] != "name" && attrs[i] != "value" {
			continue
		}
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(attrs[i+1])) // a buffer does not fail
		text += " " + attrs[i] + `="` + escaped.String() + `"`
	}
	return text
}

func (w *mefWriter) open(name string, attrs ...string) {
	w.line(w.tag(name, attrs) + ">")
	w.stack = append(w.stack, name)
}

func (w *mefWriter) empty(name string, attrs ...string) { w.line(w.tag(name, attrs) + "/>") }

func (w *mefWriter) close() {
	name := w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	w.line("</" + name + ">")
}

// details writes the description as label and the rest as attributes.
func (w *mefWriter) details(label string, attrs ...string) {
	if label != "" {
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(label))
		w.line("<label>" + escaped.String() + "</label>")
	}
	opened := false
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "" {
			continue
		}
		if !opened {
			w.open("attributes")
			opened = true
		}
		w.empty("attribute", "name", attrs[i], "value", attrs[i+1])
	}
	if opened {
		w.close()
	}
}

func (w *mefWriter) formula(f *Formula) {
	switch f.Op {
	case Ref:
		w.empty("event", "name", w.id(f.Name))
	case True, False:
		w.empty("constant", "value", string(f.Op))
	default:
		name, attrs := string(f.Op), []string(nil)
		switch f.Op {
		case Inhibit: // the format has no such gate
			name = "and"
		case Pass:
			name = "null"
		case Atleast:
			attrs = []string{"min", strconv.Itoa(f.K)}
		}
		w.open(name, attrs...)
		for _, arg := range f.Args {
			w.formula(arg)
		}
		w.close()
	}
}

func (w *mefWriter) group(g *Group) {
	names := map[string]string{BetaFactor: "beta-factor", MGL: "MGL", AlphaModel: "alpha-factor", PhiModel: "phi-factor"}
	first := 1
	if g.Model == BetaFactor || g.Model == MGL {
		first = 2
	}
	w.open("define-CCF-group", "name", w.id(g.ID), "model", names[g.Model])
	w.open("members")
	for _, id := range g.Members {
		w.empty("basic-event", "name", w.id(id))
	}
	w.close()
	w.open("distribution")
	w.expression(g.Total)
	w.close()
	w.open("factors")
	for i, f := range g.Factors {
		level := strconv.Itoa(first + i)
		if g.Model == BetaFactor {
			level = strconv.Itoa(len(g.Members))
		}
		w.open("factor", "level", level)
		w.expression(f)
		w.close()
	}
	w.close()
	w.close()
}

func (w *mefWriter) expression(e *Expr) {
	switch e.Op {
	case "constant":
		w.empty("float", "value", number(e.Number))
		return
	case "parameter":
		w.empty("parameter", "name", w.id(e.Name))
		return
	case "mission-time":
		w.empty("system-mission-time")
		return
	case "uncertain": // the format knows the distribution only
		w.expression(e.Args[1])
		return
	case "histogram":
		w.open("histogram")
		for i, arg := range e.Args {
			if i%2 == 1 {
				w.open("bin")
			}
			w.expression(arg)
			if i > 0 && i%2 == 0 {
				w.close()
			}
		}
		w.close()
		return
	}
	name := e.Op
	for element, op := range mefExpressions {
		if op == e.Op {
			name = element
		}
	}
	w.open(name)
	for _, arg := range e.Args {
		w.expression(arg)
	}
	w.close()
}
