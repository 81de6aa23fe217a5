"""cuDNN's own plans for an H200, made without a GPU: ``python -m tests.gpu.kernels.planned``.

cuDNN plans for a device that is described to it, and then wants a driver only to load what it has
compiled: here it gets one that says yes to everything. So it can be seen whether cuDNN takes the
graphs that kerasette makes. Nothing is computed.
"""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

H200 = {
    "deviceName": "NVIDIA H200", "deviceVer": 900, "driverVer": 13000, "multiProcessorCount": 132,
    "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64],
    "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "maxCtasPerSM": 32, "warpSize": 32,
    "regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxSharedMemoryPerBlock": 49152,
    "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024,
    "oversizedSharedMemoryPerBlock": 0, "l2CacheSize": 62914560, "memoryBusWidth": 6144,
    "smClockRateKHz": 1980000, "memClockRateKHz": 3201000, "totalGlobalMem": 150754820096,
    "supportCoopLaunch": 1, "cudaDeviceId": 0, "pciDeviceId": 9013, "isTccDriver": 0, "vsl": 0,
}  # fmt: skip

# What is asked of the driver, by what is given through the first argument.
_GIVES = {
    "int": "cuDeviceGetCount=1 cuDriverGetVersion=13000 cuDeviceGet=0 cuKernelGetAttribute=128 "
    "cuOccupancyMaxPotentialClusterSize=16",
    "void *": "cuCtxGetCurrent=16 cuLibraryLoadData=16 cuLibraryLoadFromFile=16 "
    "cuLibraryGetKernel=16 cuKernelGetFunction=16 cuModuleGetFunction=16 cuModuleLoadData=16",
}
_NOTHING = """cuCtxGetLimit cuCtxPopCurrent cuCtxPushCurrent cuGetErrorName cuGetErrorString
cuKernelSetAttribute cuLaunchCooperativeKernel cuLaunchKernel cuLaunchKernelEx cuLibraryUnload
cuLinkAddData cuLinkComplete cuLinkCreate cuLinkDestroy cuModuleUnload cuStreamGetCtx
cuTensorMapEncodeIm2col cuTensorMapEncodeTiled"""
_RUNTIME = """
int cudaGetDevice(int *device) { *device = 0; return 0; }
const char *cudaGetErrorString(int error) { return "none"; }
"""


def lacking() -> str | None:
    """What is not here and has to be; ``None`` where it can be done."""
    for package in ("cudnn", "nvidia", "nvidia.cudnn", "cuda", "cuda.pathfinder"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed; the extra cuda13 brings it"
    return None if shutil.which("gcc") else "there is no gcc"


def _library(folder: pathlib.Path, name: str, source: str) -> None:
    text = folder / "source.c"
    text.write_text(source)
    flags = ["-w", "-shared", "-fPIC", f"-Wl,-soname,{name}"]
    subprocess.run(["gcc", *flags, "-o", str(folder / name), str(text)], check=True)


def plans() -> dict[str, str]:
    """For each case "planned", or why not."""
    root = pathlib.Path(__file__).parents[3]
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        driver = [f"int {name}() {{ return 0; }}" for name in _NOTHING.split()]
        for kind, pairs in _GIVES.items():
            for name, value in (pair.split("=") for pair in pairs.split()):
                driver.append(f"int {name}({kind} *x) {{ *x = ({kind}){value}; return 0; }}")
        _library(folder, "libcuda.so.1", "\n".join(driver))
        _library(folder, "libcudart.so.13", _RUNTIME)
        environment = os.environ | {
            "LD_LIBRARY_PATH": str(folder),
            "CUDNN_FRONTEND_CUDART_LIB_NAME": str(folder / "libcudart.so.13"),
            "PYTHONPATH": os.pathsep.join([str(root), *sys.path]),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "tests.gpu.kernels.planned"],
            capture_output=True, text=True, env=environment, cwd=root, timeout=300,
        )  # fmt: skip
    for line in ran.stdout.splitlines():
        if line.startswith("PLANS "):
            found: dict[str, str] = json.loads(line[6:])
            return found
    raise RuntimeError(ran.stderr[-4000:])


def _main() -> None:
    import kerasette
    from kerasette.kernels.gpu import cudnn
    from kerasette.kernels.gpu import driver as drivers
    from tests.gpu import standin
    from tests.gpu.kernels.cudnn_cases import CASES

    library = cudnn.library()
    if library is None:
        raise SystemExit("cuDNN cannot be loaded")
    device = library.create_device_properties(json.dumps(H200))
    cudnn.target = lambda name: {"device_property": device, "sm_version": 90, "sm_count": 132}
    drivers.use(object())
    plan, reasons, found = cudnn.Graph.__init__, [], {}

    def planning(self, *args, **kwargs):
        try:
            plan(self, *args, **kwargs)
        except cudnn.Unsupported as error:
            reasons.append(str(error)[:500])
            raise

    cudnn.Graph.__init__ = planning
    with standin.installed():
        kerasette.config.set_device("gpu:0")
        for name, case in CASES.items():
            reasons[:] = ["cuDNN was not asked"]
            found[name] = "planned" if case() is not None else reasons[-1]
    print("PLANS " + json.dumps(found))


if __name__ == "__main__":
    _main()
