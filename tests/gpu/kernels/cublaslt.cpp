// In cuBLASLt's place: what its documentation says of the calls that kerasette makes, on the
// memory of the host. It is compiled against cuBLASLt's own header where there is one.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef HEADER
#include <cublasLt.h>
static_assert(sizeof(cublasLtMatmulHeuristicResult_t) == 96, "what is returned");
#define SAME(name, value) static_assert((int)(name) == value, #name)
SAME(CUDA_R_32F, 0); SAME(CUDA_R_64F, 1); SAME(CUDA_R_16F, 2); SAME(CUDA_R_16BF, 14);
SAME(CUBLAS_COMPUTE_32F, 68); SAME(CUBLAS_COMPUTE_32F_FAST_TF32, 77);
SAME(CUBLAS_COMPUTE_64F, 70);
SAME(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 5);
SAME(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, 6);
SAME(CUBLASLT_MATMUL_DESC_TRANSA, 3); SAME(CUBLASLT_MATMUL_DESC_TRANSB, 4);
SAME(CUBLASLT_MATMUL_DESC_EPILOGUE, 7); SAME(CUBLASLT_MATMUL_DESC_BIAS_POINTER, 8);
SAME(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, 1);
SAME(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, 3);
SAME(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, 5);
SAME(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, 8);
SAME(CUBLASLT_EPILOGUE_DEFAULT, 1); SAME(CUBLASLT_EPILOGUE_RELU, 2);
SAME(CUBLASLT_EPILOGUE_BIAS, 4); SAME(CUBLASLT_EPILOGUE_RELU_BIAS, 6);
SAME(CUBLASLT_EPILOGUE_BGRADA, 256);
SAME(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, 2);
SAME(CUBLAS_OP_N, 0); SAME(CUBLAS_OP_T, 1);
#else
extern "C" {

struct Layout { int type; uint64_t rows, columns; int64_t step; int32_t count; int64_t apart; };
struct Matmul { int compute, scale, a, b; unsigned epilogue; char *vector; };
struct Preference { uint64_t workspace; unsigned reductions, alignment[4]; };
struct Found { uint64_t algorithm[8]; size_t workspace; int state; float waves; int rest[4]; };

int relu_keeps_nan = 1, calls = 0, last_compute = 0;
unsigned last_epilogue = 0;

int cublasLtCreate(void **handle) { *handle = malloc(1); return 0; }
int cublasLtMatrixLayoutCreate(Layout **made, int type, uint64_t rows, uint64_t columns,
                               int64_t step) {
  *made = new Layout{type, rows, columns, step, 1, 0};
  return step < (int64_t)rows;
}
int cublasLtMatrixLayoutDestroy(Layout *made) { delete made; return 0; }
int cublasLtMatrixLayoutSetAttribute(Layout *made, int name, const void *value, size_t size) {
  if (name == 5 && size == 4) made->count = *(const int32_t *)value;
  else if (name == 6 && size == 8) made->apart = *(const int64_t *)value;
  else return 7;
  return 0;
}
int cublasLtMatmulDescCreate(Matmul **made, int compute, int scale) {
  *made = new Matmul{compute, scale, 0, 0, 1, nullptr};
  return !(scale == 0 ? compute == 68 || compute == 77 : scale == 1 && compute == 70);
}
int cublasLtMatmulDescDestroy(Matmul *made) { delete made; return 0; }
int cublasLtMatmulDescSetAttribute(Matmul *made, int name, const void *value, size_t size) {
  if (name == 3 && size == 4) made->a = *(const int32_t *)value;
  else if (name == 4 && size == 4) made->b = *(const int32_t *)value;
  else if (name == 7 && size == 4) made->epilogue = *(const uint32_t *)value;
  else if (name == 8 && size == 8) made->vector = *(char *const *)value;
  else return 7;
  return 0;
}
int cublasLtMatmulPreferenceCreate(Preference **made) { *made = new Preference(); return 0; }
int cublasLtMatmulPreferenceDestroy(Preference *made) { delete made; return 0; }
int cublasLtMatmulPreferenceSetAttribute(Preference *made, int name, const void *value,
                                         size_t size) {
  if (name == 1 && size == 8) made->workspace = *(const uint64_t *)value;
  else if (name == 3 && size == 4) made->reductions = *(const uint32_t *)value;
  else if (name >= 5 && name <= 8 && size == 4) made->alignment[name - 5] = *(const uint32_t *)value;
  else return 7;
  return 0;
}

static uint64_t rows_of(const Layout *x, int turned) { return turned ? x->columns : x->rows; }
static uint64_t columns_of(const Layout *x, int turned) { return turned ? x->rows : x->columns; }

int cublasLtMatmulAlgoGetHeuristic(void *, const Matmul *how, const Layout *a, const Layout *b,
                                   const Layout *c, const Layout *d, const Preference *wanted,
                                   int asked, Found *found, int *count) {
  *count = 0;
  if (c != d || asked != 1 || wanted->reductions != 2) return 7;
  if (rows_of(a, how->a) != d->rows || columns_of(b, how->b) != d->columns) return 7;
  if (columns_of(a, how->a) != rows_of(b, how->b)) return 7;
  if (a->count != d->count || b->count != d->count) return 7;
  if (d->count > 1 && d->apart == 0) return 7;
  const unsigned known[] = {1, 2, 4, 6, 256};
  int fits = 0;
  for (unsigned epilogue : known) fits |= epilogue == how->epilogue;
  if (!fits || (how->epilogue == 256 && d->count > 1)) return 15;
  if (how->epilogue >= 4 && !how->vector) return 7;
  memset(found, 0, sizeof *found);
  found->algorithm[0] = 4711;
  for (int i = 0; i < 4; ++i) found->algorithm[i + 1] = wanted->alignment[i];
  found->workspace = 1024;
  *count = 1;
  return 0;
}

static float bits(uint32_t x) { float y; memcpy(&y, &x, 4); return y; }
static double load(const char *place, int type, int64_t index) {
  if (type == 0) return ((const float *)place)[index];
  if (type == 1) return ((const double *)place)[index];
  if (type == 14) return bits((uint32_t)((const uint16_t *)place)[index] << 16);
  return (double)((const _Float16 *)place)[index];
}
static void store(char *place, int type, int64_t index, double value) {
  if (type == 0) ((float *)place)[index] = (float)value;
  else if (type == 1) ((double *)place)[index] = value;
  else if (type == 2) ((_Float16 *)place)[index] = (_Float16)value;
  else {
    float x = (float)value;
    uint32_t y; memcpy(&y, &x, 4);
    y = x != x ? y | 0x400000u : y + 0x7fffu + ((y >> 16) & 1u);
    ((uint16_t *)place)[index] = (uint16_t)(y >> 16);
  }
}

int cublasLtMatmul(void *handle, const Matmul *how, const void *alpha, const char *a,
                   const Layout *la, const char *b, const Layout *lb, const void *beta,
                   const char *c, const Layout *lc, char *d, const Layout *ld, const Found *found,
                   void *workspace, size_t size, void *stream) {
  if (!handle || found->algorithm[0] != 4711 || size != 1024 || !workspace || stream != (void *)7)
    return 7;
  const uint64_t places[] = {(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d};
  for (int i = 0; i < 4; ++i) if (places[i] % found->algorithm[i + 1]) return 7;
  if ((uint64_t)how->vector % 16) return 7;
  if (load((const char *)alpha, how->scale, 0) != 1 || load((const char *)beta, how->scale, 0) != 0)
    return 7;
  ++calls, last_compute = how->compute, last_epilogue = how->epilogue;
  const uint64_t depth = columns_of(la, how->a);
  for (int64_t n = 0; n < ld->count; ++n)
    for (uint64_t i = 0; i < ld->rows; ++i) {
      double sum = 0;
      for (uint64_t k = 0; k < depth; ++k)
        sum += load(a, la->type, n * la->apart + (how->a ? k + i * la->step : i + k * la->step));
      if (how->epilogue == 256) store(how->vector, ld->type, i, sum);
      for (uint64_t j = 0; j < ld->columns; ++j) {
        double x = 0;
        for (uint64_t k = 0; k < depth; ++k) {
          const int64_t at = n * la->apart + (how->a ? k + i * la->step : i + k * la->step);
          const int64_t bt = n * lb->apart + (how->b ? j + k * lb->step : k + j * lb->step);
          x += load(a, la->type, at) * load(b, lb->type, bt);
        }
        if (how->epilogue & 4) x += load(how->vector, ld->type, i);
        if (how->epilogue & 2) x = x > 0 || (relu_keeps_nan && x != x) ? x : 0;
        store(d, ld->type, n * ld->apart + i + j * ld->step, x);
      }
    }
  return 0;
}
}
#endif
