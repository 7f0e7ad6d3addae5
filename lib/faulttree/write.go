package faulttree

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// YAML returns the model in the text form of this package. The order is that of the model and every part has its own
// line, so that two versions of a file compare line by line. Reading it back gives the same model.
func (m *Model) YAML() []byte {
	w := &yamlWriter{}
	w.text("", "name", m.Name)
	w.text("", "description", m.Description)
	if m.MissionTime > 0 {
		w.line("", "mission_time: "+number(m.MissionTime))
	}
	if len(m.Top) > 0 {
		w.line("", "top: ["+joinQuoted(m.Top)+"]")
	}
	w.section("parameters", len(m.Parameters))
	for _, p := range m.Parameters {
		w.line("  ", quote(p.ID)+": "+exprText(p.Value))
	}
	w.section("house", len(m.Houses))
	for _, h := range m.Houses {
		w.line("  ", fmt.Sprintf("%s: %v", quote(h.ID), h.State))
	}
	w.section("gates", len(m.Gates))
	for _, g := range m.Gates {
		w.line("  ", quote(g.ID)+":")
		w.text("    ", "name", g.Name)
		w.text("    ", "description", g.Description)
		w.positive("    ", "severity", float64(g.Severity))
		w.text("    ", "mitigation", g.Mitigation)
		f := g.Formula
		if f.Op == Ref || f.Op == True || f.Op == False {
			f = &Formula{Op: Pass, Args: []*Formula{f}}
		}
		w.line("    ", "type: "+string(f.Op))
		if f.Op == Atleast {
			w.line("    ", "k: "+strconv.Itoa(f.K))
		}
		w.line("    ", "inputs:")
		for _, arg := range f.Args {
			w.line("      - ", formulaText(arg))
		}
	}
	w.section("events", len(m.Events))
	for _, e := range m.Events {
		w.line("  ", quote(e.ID)+":")
		w.text("    ", "name", e.Name)
		w.text("    ", "description", e.Description)
		w.positive("    ", "severity", float64(e.Severity))
		if e.Probability != nil {
			w.line("    ", "probability: "+exprText(e.Probability))
		}
		w.text("    ", "mitigation", e.Mitigation)
		w.positive("    ", "mitigation_effect", e.MitigationEffect)
		if bytes.HasSuffix(w.out.Bytes(), []byte(quote(e.ID)+":\n")) { // a bare member of a common-cause group
			w.out.Truncate(w.out.Len() - 1)
			w.line(" ", "{}")
		}
	}
	w.section("ccf", len(m.Groups))
	for _, g := range m.Groups {
		w.line("  ", quote(g.ID)+":")
		w.line("    ", "model: "+g.Model)
		w.line("    ", "members: ["+joinQuoted(g.Members)+"]")
		w.line("    ", "probability: "+exprText(g.Total))
		var factors []string
		for _, f := range g.Factors {
			factors = append(factors, exprText(f))
		}
		w.line("    ", "factors: ["+strings.Join(factors, ", ")+"]")
	}
	return w.out.Bytes()
}

type yamlWriter struct{ out bytes.Buffer }

func (w *yamlWriter) line(indent, text string) { w.out.WriteString(indent + text + "\n") }

func (w *yamlWriter) text(indent, key, text string) {
	if text != "" {
		w.line(indent, key+": "+quote(text))
	}
}

func (w *yamlWriter) positive(indent, key string, x float64) {
	if x > 0 {
		w.line(indent, key+": "+number(x))
	}
}

func (w *yamlWriter) section(name string, parts int) {
	if parts > 0 {
		w.line("", name+":")
	}
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// quote returns a YAML scalar for the text: plain where that cannot be mistaken for anything else.
func quote(text string) string {
	plain := text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ") == "" &&
		strings.TrimSpace(text) == text && text[0] != '-' && text[0] != '.'
	if plain {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			plain = false
		}
		switch strings.ToLower(text) {
		case "true", "false", "yes", "no", "on", "off", "null", "y", "n", "mission_time":
			plain = false
		}
		// "e1 " and the like are safe, 0x10 and 1_000 are numbers to some readers.
		plain = plain && (text[0] > '9' || text[0] < '0')
	}
	if plain {
		return text
	}
	return strconv.Quote(text)
}

func joinQuoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}

func formulaText(f *Formula) string {
	switch f.Op {
	case Ref:
		return quote(f.Name)
	case True, False:
		return string(f.Op)
	}
	args := make([]string, len(f.Args))
	for i, arg := range f.Args {
		args[i] = formulaText(arg)
	}
	inputs := "[" + strings.Join(args, ", ") + "]"
	if f.Op == Atleast {
		return fmt.Sprintf("{type: atleast, k: %d, inputs: %s}", f.K, inputs)
	}
	return fmt.Sprintf("{%s: %s}", f.Op, inputs)
}

func exprText(e *Expr) string {
	switch e.Op {
	case "constant":
		return number(e.Number)
	case "parameter":
		return quote(e.Name)
	case "mission-time":
		return "mission_time"
	}
	args := make([]string, len(e.Args))
	for i, arg := range e.Args {
		args[i] = exprText(arg)
	}
	return "{" + e.Op + ": [" + strings.Join(args, ", ") + "]}"
}

// MEF returns the model as a document of the Open-PSA Model Exchange Format. Ratings and mitigations become attributes.
// Names with characters that the format does not allow are an error.
func (m *Model) MEF() ([]byte, error) {
	w := &mefWriter{}
	w.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
	w.open("opsa-mef")
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
