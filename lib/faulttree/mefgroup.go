package faulttree

import "strconv"

// members registers the members of common-cause groups that have no definition of their own: the group defines them.
func (r *mefReader) members() {
	for _, body := range r.bodies {
		list := body.e.child("members")
		if body.e.name != "define-CCF-group" || list == nil {
			continue
		}
		for _, member := range list.children {
			id := member.attrs["name"]
			if _, known := r.resolve("event", id, body.scope); !known && id != "" {
				r.defined["event"][id] = "basic-event"
				r.model.Events = append(r.model.Events, &Event{ID: id, Pos: member.pos})
			}
		}
	}
}

// group reads a common-cause group.
func (r *mefReader) group(body mefBody) {
	e := body.e
	g := &Group{ID: body.id, Pos: e.pos}
	models := map[string]string{"beta-factor": BetaFactor, "MGL": MGL, "alpha-factor": AlphaModel, "phi-factor": PhiModel}
	if g.Model = models[e.attrs["model"]]; g.Model == "" {
		r.faults.add(e.pos, "CCF group %q has the model %q: must be beta-factor, MGL, alpha-factor or phi-factor", body.id, e.attrs["model"])
	}
	for _, c := range e.children {
		switch c.name {
		case "label", "attributes":
		case "members":
			for _, member := range c.children {
				id, _ := r.resolve("event", member.attrs["name"], body.scope)
				g.Members = append(g.Members, id)
			}
		case "distribution":
			if len(c.children) != 1 {
				r.faults.add(c.pos, "the distribution of CCF group %q has %d expressions, needs 1", body.id, len(c.children))
				continue
			}
			g.Total = r.expression(c.children[0], body.scope)
		case "factors":
			for _, factor := range c.children {
				r.factor(g, factor, body)
			}
		case "factor":
			r.factor(g, c, body)
		default:
			r.faults.add(c.pos, "unknown element <%s> in CCF group %q", c.name, body.id)
		}
	}
	r.model.Groups = append(r.model.Groups, g)
}

func (r *mefReader) factor(g *Group, e *element, body mefBody) {
	if e.name != "factor" || len(e.children) != 1 {
		r.faults.add(e.pos, "<%s> in CCF group %q: expected <factor> with one expression", e.name, body.id)
		return
	}
	first := 1 // level of the first factor
	if g.Model == BetaFactor || g.Model == MGL {
		first = 2
	}
	if text := e.attrs["level"]; text != "" && g.Model != BetaFactor {
		level, err := strconv.Atoi(text)
		if err != nil || level != first+len(g.Factors) {
			r.faults.add(e.pos, "CCF group %q: factor level %q, expected %d: factors come in the order of their levels", body.id, text, first+len(g.Factors))
			return
		}
	}
	g.Factors = append(g.Factors, r.expression(e.children[0], body.scope))
}
