package faulttree

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mefReader turns an Open-PSA Model Exchange Format document into a model. It works in two passes, because the format
// allows references before definitions and resolves them by scope: the first pass collects all definitions with the
// scope they stand in, the second reads their bodies.
type mefReader struct {
	model  *Model
	faults faults
	// defined maps the full names of what a reference can mean; kinds are "event" (gates, basic events and house events
	// share one name space), "parameter" and "group".
	defined map[string]map[string]string // kind, full name -> what it is
	bodies  []mefBody
	trees   []*element // event trees and what belongs to them
	include int
}

// mefBody is a definition whose body is still to be read.
type mefBody struct {
	e     *element
	scope []string // names of the containers
	id    string
}

// readMEF builds the model of a document.
func readMEF(root *element) (*Model, error) {
	r := &mefReader{model: &Model{}, defined: map[string]map[string]string{"event": {}, "parameter": {}, "group": {}}}
	if root.name != "opsa-mef" {
		return nil, &ModelError{root.pos, fmt.Sprintf("the root element is <%s>, expected <opsa-mef> (Open-PSA Model Exchange Format)", root.name)}
	}
	r.model.Name = root.attrs["name"]
	r.collect(root, nil, false)
	r.members()
	for _, body := range r.bodies {
		r.read(body)
	}
	if err := r.faults.err(); err != nil {
		return nil, err
	}
	if len(r.trees) > 0 {
		r.eventTrees()
	}
	if err := r.faults.err(); err != nil {
		return nil, err
	}
	return r.model, nil
}

// collect walks the containers and registers every definition.
func (r *mefReader) collect(container *element, scope []string, private bool) {
	for _, e := range container.children {
		switch e.name {
		case "label":
			if len(scope) == 0 {
				r.model.Description = strings.TrimSpace(string(e.text))
			}
		case "attributes":
			if len(scope) == 0 {
				r.settings(e)
			}
		case "define-consequence", "define-consequence-group", "define-alignment", "define-extern-library":
			r.model.Warnings = append(r.model.Warnings, fmt.Sprintf("%s: <%s> does not bear on the analysis and was skipped", e.pos, e.name))
		case "include":
			r.includeFile(e, scope, private)
		case "model-data":
			r.collect(e, scope, private)
		case "define-fault-tree":
			if name := r.name(e); name != "" {
				if r.model.Name == "" {
					r.model.Name = name
				}
				r.collect(e, append(scope[:len(scope):len(scope)], name), false)
			}
		case "define-component":
			if name := r.name(e); name != "" {
				r.collect(e, append(scope[:len(scope):len(scope)], name), r.private(e, private))
			}
		case "define-gate", "define-basic-event", "define-house-event", "define-parameter", "define-CCF-group":
			r.define(e, scope, private)
		case "define-event-tree", "define-initiating-event", "define-rule":
			r.trees = append(r.trees, e)
		case "define-substitution":
			r.faults.add(e.pos, "substitutions are not supported: write their effect into the gates")
		default:
			r.faults.add(e.pos, "unknown element <%s> in <%s>", e.name, container.name)
		}
	}
}

// settings reads the attributes of the model as [Model.MEF] writes them. Others are not for us.
func (r *mefReader) settings(list *element) {
	for _, a := range list.children {
		switch value := a.attrs["value"]; a.attrs["name"] {
		case "mission_time":
			time, err := strconv.ParseFloat(value, 64)
			if err != nil || !(time >= 0) || math.IsInf(time, 0) {
				r.faults.add(a.pos, "mission_time %q: must be a number of at least 0", value)
			}
			r.model.MissionTime = time
		case "top":
			r.model.Top = append(r.model.Top, value)
		}
	}
}

// name returns the name attribute of a definition.
func (r *mefReader) name(e *element) string {
	name := strings.TrimSpace(e.attrs["name"])
	switch {
	case name == "":
		r.faults.add(e.pos, "<%s> has no name", e.name)
	case strings.Contains(name, "."):
		r.faults.add(e.pos, "<%s name=%q>: a name cannot contain a dot, which separates scopes", e.name, name)
		return ""
	}
	return name
}

// private returns whether a definition is visible in its container only.
func (r *mefReader) private(e *element, inherited bool) bool {
	switch role := e.attrs["role"]; role {
	case "":
		return inherited
	case "private":
		return true
	case "public":
		return false
	default:
		r.faults.add(e.pos, "role %q: must be private or public", role)
		return inherited
	}
}

var mefKinds = map[string]string{
	"define-gate": "event", "define-basic-event": "event", "define-house-event": "event", "define-parameter": "parameter", "define-CCF-group": "group",
}

func (r *mefReader) define(e *element, scope []string, private bool) {
	name := r.name(e)
	if name == "" {
		return
	}
	id := name
	if r.private(e, private) {
		id = strings.Join(append(scope[:len(scope):len(scope)], name), ".")
	}
	kind := mefKinds[e.name]
	what := strings.TrimPrefix(e.name, "define-")
	if before, twice := r.defined[kind][id]; twice {
		r.faults.add(e.pos, "%s %q is already defined as a %s", what, id, before)
		return
	}
	r.defined[kind][id] = what
	r.bodies = append(r.bodies, mefBody{e, scope, id})
}

// resolve returns the full name that a reference in a scope means: the innermost private definition, else the public one.
// A reference with dots is a full path, or one relative to an enclosing scope.
func (r *mefReader) resolve(kind, name string, scope []string) (string, bool) {
	for n := len(scope); n > 0; n-- {
		full := strings.Join(scope[:n], ".") + "." + name
		if _, ok := r.defined[kind][full]; ok {
			return full, true
		}
	}
	if _, ok := r.defined[kind][name]; ok {
		return name, true
	}
	// The path of a public definition leads to it too.
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		if _, ok := r.defined[kind][name[dot+1:]]; ok {
			return name[dot+1:], true
		}
	}
	return "", false
}

// read reads the body of one definition into the model.
func (r *mefReader) read(body mefBody) {
	e, m := body.e, r.model
	name, description := "", ""
	if label := e.child("label"); label != nil {
		description = strings.TrimSpace(string(label.text))
	}
	extra := r.attributes(e)
	if extra["name"] != "" {
		name = extra["name"]
	}
	severity := 0
	if text := extra["severity"]; text != "" {
		var err error
		if severity, err = strconv.Atoi(text); err != nil {
			r.faults.add(e.pos, "attribute severity %q of %q: not a whole number", text, body.id)
		}
	}
	switch e.name {
	case "define-gate":
		formula := r.only(e, "gate", body)
		if formula == nil {
			return
		}
		m.Gates = append(m.Gates, &Gate{ID: body.id, Name: name, Description: description, Severity: severity, Mitigation: extra["mitigation"],
			Formula: r.formula(formula, body.scope), Pos: e.pos})
	case "define-basic-event":
		event := &Event{ID: body.id, Name: name, Description: description, Severity: severity, Mitigation: extra["mitigation"], Pos: e.pos}
		if text := extra["mitigation_effect"]; text != "" {
			var err error
			if event.MitigationEffect, err = strconv.ParseFloat(text, 64); err != nil {
				r.faults.add(e.pos, "attribute mitigation_effect %q of %q: not a number", text, body.id)
			}
		}
		if expression := r.optional(e, "basic event", body); expression != nil {
			event.Probability = r.expression(expression, body.scope)
		}
		m.Events = append(m.Events, event)
	case "define-house-event":
		house := &House{ID: body.id, Pos: e.pos}
		if constant := e.child("constant"); constant != nil {
			house.State = r.boolean(constant)
		}
		m.Houses = append(m.Houses, house)
	case "define-parameter":
		if expression := r.only(e, "parameter", body); expression != nil {
			m.Parameters = append(m.Parameters, &Parameter{body.id, r.expression(expression, body.scope), e.pos})
		}
	case "define-CCF-group":
		r.group(body)
	}
}

// attributes returns the <attributes> of a definition.
func (r *mefReader) attributes(e *element) map[string]string {
	list := e.child("attributes")
	if list == nil {
		return nil
	}
	values := make(map[string]string)
	for _, a := range list.children {
		values[a.attrs["name"]] = a.attrs["value"]
	}
	return values
}

// only returns the one child that is the body, and complains when there is none.
func (r *mefReader) only(e *element, what string, body mefBody) *element {
	found := r.optional(e, what, body)
	if found == nil && len(r.faults.list) == 0 {
		r.faults.add(e.pos, "%s %q has no body", what, body.id)
	}
	return found
}

func (r *mefReader) optional(e *element, what string, body mefBody) *element {
	var found *element
	for _, c := range e.children {
		switch {
		case c.name == "label" || c.name == "attributes":
		case found != nil:
			r.faults.add(c.pos, "%s %q has a second body <%s>", what, body.id, c.name)
		default:
			found = c
		}
	}
	return found
}

func (r *mefReader) boolean(e *element) bool {
	switch value := strings.TrimSpace(e.attrs["value"]); value {
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		r.faults.add(e.pos, "<%s value=%q>: must be true or false", e.name, value)
		return false
	}
}

// includeFile reads an XInclude of a file beside or below the including one. Anything else is refused: a model must not
// be able to make its reader open arbitrary files.
func (r *mefReader) includeFile(e *element, scope []string, private bool) {
	name := e.attrs["href"]
	if r.include++; r.include > 100 {
		r.faults.add(e.pos, "more than 100 included files: does %q include itself?", name)
		return
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		r.faults.add(e.pos, "include of %q is refused: only files in the folder of the model or below it can be included", name)
		return
	}
	path := filepath.Join(filepath.Dir(e.pos.File), filepath.FromSlash(name))
	file, err := os.Open(path)
	if err != nil {
		r.faults.add(e.pos, "include: %v", err)
		return
	}
	defer file.Close()
	root, err := parseXML(file, path)
	if err != nil {
		r.faults.list = append(r.faults.list, err)
		return
	}
	if root.name != "opsa-mef" {
		root = &element{name: "include", children: []*element{root}, pos: root.pos}
	}
	r.collect(root, scope, private)
}
