package train

import "math"

// Rate returns the learning rate of a step, counted from 0, out of total, before Plateau takes anything off it.
func (c Config) Rate(step, total int64) float64 { return c.rate(step, total, 1) }

// rate returns the learning rate of a step, counted from 0, out of total. factor is what Plateau has left of it.
func (c Config) rate(step, total int64, factor float64) float64 {
	progress := float64(step) / float64(max(1, total))
	rate := c.LearningRate * factor
	switch c.Schedule {
	case Cosine:
		rate *= fall((progress - c.WarmUp) / (1 - min(c.WarmUp, 0.999)))
	case OneCycle:
		const rise, start, end = 0.3, 1.0 / 25, 1e-4
		if progress < rise {
			return rate * (start + (1-start)*(1-fall(progress/rise)))
		}
		return rate * (end + (1-end)*fall((progress-rise)/(1-rise)))
	}
	if c.WarmUp > 0 && progress < c.WarmUp {
		rate *= float64(step+1) / (c.WarmUp * float64(total))
	}
	return rate
}

// fall goes from 1 at 0 to 0 at 1 along half a cosine.
func fall(x float64) float64 {
	return (1 + math.Cos(math.Pi*min(1, max(0, x)))) / 2
}

// adapt returns the dropout rate of the next epoch. A validation loss above the training loss is over-fitting: the
// rate rises in proportion to the relative gap; otherwise it sinks. It stays within the bounds of the configuration.
//
// The training loss is measured under dropout and so is too high by nature: a gap of zero already means some
// over-fitting, which errs on the side of more regularisation.
func (c Config) adapt(rate, trainLoss, validLoss float64) float64 {
	const gain, largest = 0.1, 0.05
	if c.DropoutMode != AdaptiveDropout || trainLoss <= 0 || math.IsNaN(validLoss) {
		return rate
	}
	change := gain * (validLoss - trainLoss) / trainLoss
	return min(c.DropoutMax, max(c.DropoutMin, rate+min(largest, max(-largest, change))))
}
