package faulttree

func (r *mefReader) eventTrees() {}
