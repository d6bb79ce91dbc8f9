"""A slow, plain, double-precision reference of what PixelAdaptive computes.

Everything is written straight from the equations of docs/mathematics.md, in ordinary PyTorch, so
that autograd gives gradients that nobody derived by hand. Only what needs no gradient is NumPy. One
module is one topic:

| module | topic |
|---|---|
| windows | the neighborhoods that convolutions look at |
| layers | adapting kernels, PAC convolution, transposed convolution, pooling, predicted filters |
| meanfield | PacCRF and PacCRFLoose |
| lattice | filters learned on the permutohedral lattice, BCL-CRF |
| fullcrf | the fully-connected CRF on the permutohedral lattice |
| upsampling | networks and filters of joint upsampling |
| multiscale | of these, multi-scale guidance |
| segmentation | FCN-8s, its variants, and the CRF on top |
| resize | low-resolution targets and bilinear interpolation |
| measures | losses and metrics |
| optimizers | Adam, SGD, step decay |
| formula | parameters and inputs that any language can compute again |
| casefile | reading, writing and comparing case files (docs/case-format.md) |
| operations | what each operation of a case file computes |
| cases | the repository's own cases |
"""
