package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawing is a plot.Plotter made of a function.
type drawing func(c draw.Canvas, p *plot.Plot)

// Plot implements plot.Plotter.
func (d drawing) Plot(c draw.Canvas, p *plot.Plot) { d(c, p) }

// at maps a data point to the canvas; false when it cannot be drawn: NaN, infinite, or not positive on a logarithmic axis.
func at(c *draw.Canvas, p *plot.Plot, x, y float64) (vg.Point, bool) {
	if x-x != 0 || y-y != 0 || isLog(p.X) && x <= 0 || isLog(p.Y) && y <= 0 {
		return vg.Point{}, false
	}
	return vg.Point{X: c.X(p.X.Norm(x)), Y: c.Y(p.Y.Norm(y))}, true
}

func isLog(a plot.Axis) bool {
	_, log := a.Scale.(plot.LogScale)
	return log
}

// line draws a polyline with gaps where there is no value. A value alone between gaps becomes a dot. Points closer than a
// quarter of a pixel to the last one are left out: a curve of a million points stays small and looks the same.
func line(x, y []float64, colour color.Color, width float64, dashes []vg.Length) drawing {
	return func(c draw.Canvas, p *plot.Plot) {
		style := draw.LineStyle{Color: colour, Width: vg.Length(width) * px, Dashes: dashes}
		var run []vg.Point
		flush := func() {
			switch len(run) {
			case 0:
			case 1:
				c.DrawGlyph(draw.GlyphStyle{Color: colour, Radius: 1.5 * vg.Length(width) * px, Shape: draw.CircleGlyph{}}, run[0])
			default:
				c.StrokeLines(style, c.ClipLinesXY(run)...)
			}
			run = nil
		}
		for i := range x {
			pt, ok := at(&c, p, x[i], y[i])
			if !ok {
				flush()
				continue
			}
			if n := len(run); n > 0 && i < len(x)-1 && close(run[n-1], pt) {
				continue
			}
			run = append(run, pt)
		}
		flush()
	}
}

func close(a, b vg.Point) bool {
	const near = px / 4
	return math.Abs(float64(a.X-b.X)) < float64(near) && math.Abs(float64(a.Y-b.Y)) < float64(near)
}

// dot draws one plain point.
func dot(x, y float64, colour color.Color) drawing {
	return func(c draw.Canvas, p *plot.Plot) {
		if pt, ok := at(&c, p, x, y); ok && c.Contains(pt) {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: colour, Radius: 3.5 * px, Shape: draw.CircleGlyph{}}, pt)
		}
	}
}

// marker draws one ringed point that shows on any background.
func marker(x, y float64, colour color.Color, shape draw.GlyphDrawer) drawing {
	return func(c draw.Canvas, p *plot.Plot) {
		if pt, ok := at(&c, p, x, y); ok && c.Contains(pt) {
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: color.White, Radius: 6 * px, Shape: draw.CircleGlyph{}}, pt)
			c.DrawGlyphNoClip(draw.GlyphStyle{Color: colour, Radius: 4.5 * px, Shape: shape}, pt)
		}
	}
}

// vertical draws a dashed line across the panel at x, with a note at its upper end on the side with more room.
func vertical(x float64, note string) drawing {
	return func(c draw.Canvas, p *plot.Plot) {
		if x-x != 0 || isLog(p.X) && x <= 0 {
			return
		}
		at := c.X(p.X.Norm(x))
		if !c.ContainsX(at) {
			return
		}
		c.StrokeLine2(draw.LineStyle{Color: grey, Width: 1 * px, Dashes: dashed()}, at, c.Min.Y, at, c.Max.Y)
		style := textStyle(11, grey)
		style.YAlign = draw.YTop
		side := vg.Length(4 * px)
		if at > c.Center().X {
			style.XAlign, side = draw.XRight, -side
		}
		c.FillText(style, vg.Point{X: at + side, Y: c.Max.Y - 3*px}, note)
	}
}

// steps draws a histogram as a filled outline. Heights that are 0 or cannot be drawn touch the axis.
func steps(edges, heights []float64, colour color.NRGBA) drawing {
	return func(c draw.Canvas, p *plot.Plot) {
		top := func(i int) vg.Length {
			pt, ok := at(&c, p, edges[i], heights[i])
			if !ok {
				return c.Min.Y
			}
			return min(max(pt.Y, c.Min.Y), c.Max.Y)
		}
		var outline []vg.Point
		for i := range heights {
			y := top(i)
			outline = append(outline, vg.Point{X: c.X(p.X.Norm(edges[i])), Y: y}, vg.Point{X: c.X(p.X.Norm(edges[i+1])), Y: y})
		}
		first, last := outline[0], outline[len(outline)-1]
		outline = append([]vg.Point{{X: first.X, Y: c.Min.Y}}, append(outline, vg.Point{X: last.X, Y: c.Min.Y})...)
		c.FillPolygon(alpha(colour, 0x48), outline)
		c.StrokeLines(draw.LineStyle{Color: colour, Width: 1.5 * px}, outline)
	}
}

// pad widens a range by a share on both sides; an empty range becomes one around its value.
func pad(low, high, share float64) (float64, float64) {
	if low == high {
		d := max(math.Abs(low)*0.1, 0.01)
		return low - d, high + d
	}
	d := (high - low) * share
	return low - d, high + d
}

// finiteRange returns the least and largest finite value of all slices, and false when there is none.
func finiteRange(slices ...[]float64) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range slices {
		for _, v := range s {
			if v-v == 0 {
				low, high, ok = min(low, v), max(high, v), true
			}
		}
	}
	return low, high, ok
}
