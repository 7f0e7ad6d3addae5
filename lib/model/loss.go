package model

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Loss is what training minimises: the mean over rows and members of the weighted cross-entropy.
type Loss struct {
	// ClassWeights multiplies the loss of a row by the weight of its class; nil is 1 for all. For binary problems
	// index 0 is benign, 1 is threat.
	ClassWeights []float64
	// Focal is the exponent of focal loss (Lin et al. 2017): each row's loss is multiplied by (1-p)^Focal, p being the
	// probability given to its own class. 0 is off.
	Focal float64
	// Smoothing moves this share of the label to the other classes, 0..1. 0 is off.
	Smoothing float64
}

// Graph returns the scalar loss of logits [B, K, C] for labels [B] int32.
func (l Loss) Graph(logits, labels *Node) *Node {
	var perMember *Node // [B, K]
	if logits.Shape().Dim(2) == 1 {
		perMember = l.binary(Reshape(logits, logits.Shape().Dim(0), -1), labels)
	} else {
		perMember = l.classes(logits, labels)
	}
	if l.ClassWeights == nil {
		return ReduceAllMean(perMember)
	}
	weights := make([]float32, len(l.ClassWeights))
	for i, w := range l.ClassWeights {
		weights[i] = float32(w)
	}
	row := Gather(Const(logits.Graph(), weights), ExpandAxes(labels, -1)) // [B]
	total := ReduceAllSum(Mul(perMember, ExpandAxes(row, -1)))
	return Div(total, MulScalar(MaxScalar(ReduceAllSum(row), 1e-12), float64(perMember.Shape().Dim(1))))
}

func (l Loss) binary(z, labels *Node) *Node { // [B, K]
	y := ExpandAxes(ConvertDType(labels, dtypes.Float32), -1)
	target := AddScalar(MulScalar(y, 1-l.Smoothing), l.Smoothing/2)
	// max(z,0) - z*y + log(1+exp(-|z|)) is the cross-entropy without overflow.
	loss := Add(Sub(MaxScalar(z, 0), Mul(z, target)), Log1P(Exp(Neg(Abs(z)))))
	if l.Focal > 0 {
		sign := AddScalar(MulScalar(y, 2), -1)
		wrong := Sigmoid(Neg(Mul(z, sign))) // 1-p of the row's own class
		loss = Mul(loss, Exp(MulScalar(Log(MaxScalar(wrong, 1e-12)), l.Focal)))
	}
	return loss
}

func (l Loss) classes(z, labels *Node) *Node { // [B, K, C] -> [B, K]
	C := z.Shape().Dim(2)
	logP := LogSoftmax(z, -1)
	y := ExpandAxes(OneHot(labels, C, dtypes.Float32), 1) // [B, 1, C]
	target := AddScalar(MulScalar(y, 1-l.Smoothing), l.Smoothing/float64(C))
	loss := Neg(ReduceSum(Mul(logP, target), -1))
	if l.Focal > 0 {
		p := Exp(ReduceSum(Mul(logP, y), -1))
		loss = Mul(loss, Exp(MulScalar(Log(MaxScalar(OneMinus(p), 1e-12)), l.Focal)))
	}
	return loss
}
