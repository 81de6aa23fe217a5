"""Generated code for NVIDIA GPUs: clusters as CUDA C."""
