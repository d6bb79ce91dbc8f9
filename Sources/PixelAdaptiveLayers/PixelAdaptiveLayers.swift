// One import for whoever builds networks: `import PixelAdaptiveLayers`.

@_exported import PACAutograd
@_exported import PACLayers
@_exported import PACOptimizers
@_exported import PACTensors

@_exported import enum PACKernels.Threads
