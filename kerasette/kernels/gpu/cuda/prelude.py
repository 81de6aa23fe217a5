"""What every generated source begins with: numbers as numpy has them, and reductions of teams.

It is CUDA C without headers, and, but for what a compiler of C++ is given in their place, plain
C++: so the sources can be run and compared where there is no GPU.

A block's threads stand in *teams*: the threads of one ``threadIdx.y``, ``blockDim.x`` of them, a
power of two. The threads of a block are a multiple of 32.
"""

INTEGERS = {
    "int8": "signed char", "uint8": "unsigned char", "int16": "short", "uint16": "unsigned short",
    "int32": "int", "uint32": "unsigned int", "int64": "long long", "uint64": "unsigned long long",
}  # fmt: skip

# In memory, and while they are computed with.
STORED = {
    **INTEGERS, "bool": "unsigned char", "float32": "float", "float64": "double",
    "float16": "unsigned short", "bfloat16": "unsigned short",
}  # fmt: skip
COMPUTED = {**STORED, "bool": "bool", "float16": "float", "bfloat16": "float"}

_UNSIGNED = {"int": "unsigned int", "long long": "unsigned long long"}


def _arithmetic(kind: str) -> str:
    """Sums and products that wrap around; C leaves those of signed numbers open."""
    wide = _UNSIGNED.get(kind, kind)
    lines = [
        f"DEVICE {kind} {name}({kind} x, {kind} y) {{\n"
        f"  return ({kind})(({wide})x {sign} ({wide})y);\n}}"
        for name, sign in {"plus": "+", "minus": "-", "times": "*"}.items()
    ]
    return "\n".join(lines)


_FLOATS = "\n".join(
    f"DEVICE {kind} {name}({kind} x, {kind} y) {{ return x {sign} y; }}"
    for kind in ("float", "double")
    for name, sign in {"plus": "+", "minus": "-", "times": "*", "over": "/"}.items()
)

_FUNCTIONS = "\n".join(
    f"DEVICE float {name}_of(float x) {{ return {name}f(x); }}\n"
    f"DEVICE double {name}_of(double x) {{ return {name}(x); }}"
    for name in ("sqrt", "floor", "ceil", "exp", "log", "tanh", "erf", "fabs")
)

_PLAIN = r"""
#ifndef DEVICE
#define DEVICE __device__ __forceinline__
#endif
// What a kernel is given: addresses, sizes and strides.
template <int N> struct Words { long long word[N]; };

DEVICE bool plus(bool x, bool y) { return x || y; }
DEVICE bool minus(bool x, bool y) { return x != y; }
DEVICE bool times(bool x, bool y) { return x && y; }

// NaN comes through, as in numpy.
template <typename T> DEVICE T greatest(T x, T y) { return x > y || x != x ? x : y; }
template <typename T> DEVICE T least(T x, T y) { return x < y || x != x ? x : y; }

// Floats as integers: cut off, held within the type, NaN as 0.
template <typename T, typename F> DEVICE T whole(F x, T low, T high) {
  if (x != x) return (T)0;
  if (x <= (F)low) return low;
  if (x >= (F)high) return high;
  return (T)x;
}

DEVICE float from_bfloat16(unsigned short x) { return __uint_as_float((unsigned int)x << 16); }
DEVICE unsigned int bfloat16_bits(float x) {
  unsigned int bits = __float_as_uint(x);
  if (x != x) return (bits | 0x400000u) & 0xffff0000u;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
}
DEVICE unsigned short to_bfloat16(float x) { return (unsigned short)(bfloat16_bits(x) >> 16); }
DEVICE float round_bfloat16(float x) { return __uint_as_float(bfloat16_bits(x)); }

#ifdef __CUDACC__
DEVICE float from_float16(unsigned short x) {
  float found;
  asm("cvt.f32.f16 %0, %1;" : "=f"(found) : "h"(x));
  return found;
}
DEVICE unsigned short to_float16(float x) {
  unsigned short found;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(found) : "f"(x));
  return found;
}
#endif
DEVICE float round_float16(float x) { return from_float16(to_float16(x)); }

// The greatest of a row, and where it first stands; the first NaN is the greatest.
template <typename T> struct Best { T value; long long place; };
template <typename T> DEVICE Best<T> better(Best<T> x, Best<T> y) {
  if (x.place < 0) return y;
  if (y.place < 0) return x;
  bool x_is_nan = x.value != x.value, y_is_nan = y.value != y.value;
  if (x_is_nan != y_is_nan) return x_is_nan ? x : y;
  if (x_is_nan || x.value == y.value) return x.place < y.place ? x : y;
  return x.value > y.value ? x : y;
}

struct Sum { template <typename T> DEVICE T operator()(T x, T y) const { return plus(x, y); } };
struct Max { template <typename T> DEVICE T operator()(T x, T y) const { return greatest(x, y); } };
struct Min { template <typename T> DEVICE T operator()(T x, T y) const { return least(x, y); } };
struct First { template <typename T> DEVICE T operator()(T x, T y) const { return better(x, y); } };

DEVICE int exchanged(int x, int distance) { return __shfl_xor_sync(0xffffffffu, x, distance); }
template <typename T> DEVICE T exchanged(T x, int distance) {
  union { T value; int words[sizeof(T) < 4 ? 1 : sizeof(T) / 4]; } held;
  held.words[0] = 0;
  held.value = x;
  for (int word = 0; word < (int)(sizeof(held) / 4); ++word)
    held.words[word] = exchanged(held.words[word], distance);
  return held.value;
}

// One value of every thread of a team to one of the team, which all of its threads get. Every
// thread of the block must come here. `shared` has place for a value of each 32 threads.
template <typename T, typename F> DEVICE T of_team(T value, F combine, void *shared) {
  const int lanes = blockDim.x;
  for (int distance = (lanes < 32 ? lanes : 32) / 2; distance; distance /= 2)
    value = combine(value, exchanged(value, distance));
  if (lanes > 32) {
    T *mine = (T *)shared + threadIdx.y * (lanes / 32);
    __syncthreads();
    if (threadIdx.x % 32 == 0) mine[threadIdx.x / 32] = value;
    __syncthreads();
    value = mine[0];
    for (int warp = 1; warp < lanes / 32; ++warp) value = combine(value, mine[warp]);
  }
  return value;
}
"""

PRELUDE = "\n".join([
    _PLAIN.split("DEVICE bool plus", 1)[0],
    *(_arithmetic(kind) for kind in INTEGERS.values()),
    _FLOATS,
    _FUNCTIONS,
    "DEVICE bool plus" + _PLAIN.split("DEVICE bool plus", 1)[1],
])  # fmt: skip

OPTIONS = ("-fmad=false", "-prec-div=true", "-prec-sqrt=true", "-ftz=false", "-std=c++17")
