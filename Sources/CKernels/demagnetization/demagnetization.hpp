// Demagnetisation by convolution, for one instruction set: included by a file for each, which defines VARIANT and
// pushes the target.
#include "CKernels.h"

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#pragma clang fp contract(off)
// Vectors are passed between functions of one file alone, all of the same target.
#pragma clang diagnostic ignored "-Wpsabi"

namespace VARIANT {

/// Transforms that are computed side by side.
constexpr int width = 8;
typedef double vec __attribute__((vector_size(sizeof(double) * width)));

/// One number of each of the transforms, as the scalar of KISS FFT.
struct lanes {
  vec v;
  lanes() = default;
  lanes(vec value) : v(value) {}
  lanes(double value) : v(value - vec{}) {}
  lanes(std::size_t value) : lanes(double(value)) {}
  lanes(int value) : lanes(double(value)) {}
};
inline lanes operator+(lanes a, lanes b) { return a.v + b.v; }
inline lanes operator-(lanes a, lanes b) { return a.v - b.v; }
inline lanes operator-(lanes a) { return -a.v; }
inline lanes operator*(lanes a, lanes b) { return a.v * b.v; }
inline lanes operator/(lanes a, lanes b) { return a.v / b.v; }

}  // namespace VARIANT

/// What KISS FFT needs of complex numbers and of the standard library.
namespace std {
template <>
struct complex<VARIANT::lanes> {
  typedef VARIANT::lanes scalar;
  scalar re, im;
  complex() = default;
  complex(scalar real, scalar imaginary) : re(real), im(imaginary) {}
  scalar real() const { return re; }
  scalar imag() const { return im; }
  void imag(scalar value) { im = value; }
  complex &operator+=(const complex &o) { return *this = complex(re + o.re, im + o.im); }
  complex &operator*=(scalar o) { return *this = complex(re * o, im * o); }
};
inline VARIANT::lanes acos(VARIANT::lanes a) { return std::acos(a.v[0]); }
template <>
inline complex<VARIANT::lanes> exp(const complex<VARIANT::lanes> &a) {
  const complex<double> e = std::exp(complex<double>(a.re.v[0], a.im.v[0]));
  return complex<VARIANT::lanes>(e.real(), e.imag());
}
template <>
inline complex<VARIANT::lanes> conj(const complex<VARIANT::lanes> &a) {
  return complex<VARIANT::lanes>(a.re, -a.im);
}
}  // namespace std

namespace VARIANT {

typedef std::complex<lanes> cpx;
inline cpx operator+(const cpx &a, const cpx &b) { return cpx(a.re + b.re, a.im + b.im); }
inline cpx operator-(const cpx &a, const cpx &b) { return cpx(a.re - b.re, a.im - b.im); }
inline cpx operator*(const cpx &a, const cpx &b) {
  return cpx(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}
inline cpx operator*(const cpx &a, lanes b) { return cpx(a.re * b, a.im * b); }
inline cpx operator*(lanes a, const cpx &b) { return b * a; }

#undef KISSFFT_CLASS_HH
#include <kissfft/kissfft.hh>

/// Columns of an 8 x 8 matrix from its rows.
inline void transpose(vec a[width]) {
  vec b[width], c[width];
  for (int i = 0; i < width; i += 2) {
    b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < width; i += 4) {
    for (int j = 0; j < 2; j++) {
      c[i + j] = __builtin_shufflevector(b[i + j], b[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      c[i + j + 2] = __builtin_shufflevector(b[i + j], b[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; i++) {
    a[i] = __builtin_shufflevector(c[i], c[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    a[i + 4] = __builtin_shufflevector(c[i], c[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

inline vec load(const double *from) {
  vec value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline void store(double *to, vec value) { std::memcpy(to, &value, sizeof value); }

/// A convolution with the tensors between all layers of a mesh.
///
/// Rows are transformed eight at a time, one in each lane, then columns eight at a time: blocks of 8 x 8 are turned over
/// in between. Padding is never stored beyond one row or column.
struct plan : tessera_demagnetization {
  const int nx, ny, layers, px, py;
  /// Groups of eight rows, and of eight columns of the transformed rows.
  const int row_groups, column_groups;
  const kissfft<lanes> row, inverse_row, column, inverse_column;
  /// exp(2 pi i k / px).
  std::vector<std::complex<double>> turns;
  /// Which tensor a target and a source have; its complement where xz and yz change sign.
  std::vector<int32_t> pairs;
  /// Transformed tensors, `[tensor][group of columns][ky = 0 ... py / 2][6][8]`.
  std::unique_ptr<double, decltype(&std::free)> spectra;

  static int64_t rounded(int64_t bytes) { return (bytes + 63) / 64 * 64; }
  static double *allocate(int64_t count) {
    return static_cast<double *>(std::aligned_alloc(64, rounded(count * int64_t(sizeof(double)))));
  }

  plan(const tessera_demagnetization_mesh &mesh)
      : nx(mesh.nx), ny(mesh.ny), layers(mesh.layers), px(mesh.px), py(mesh.py), row_groups((ny + width - 1) / width),
        column_groups((px / 2 + width) / width), row(px / 2, false), inverse_row(px / 2, true), column(py, false),
        inverse_column(py, true), turns(px / 2 + 1), pairs(mesh.pairs, mesh.pairs + layers * layers),
        spectra(allocate(int64_t(mesh.tensors) * column_groups * (py / 2 + 1) * 6 * width), &std::free) {
    const double pi = std::acos(-1.0);
    for (int k = 0; k <= px / 2; k++) turns[k] = std::polar(1.0, 2 * pi * k / px);
    // Sums over the quarter of a tensor that its symmetry leaves: cosines where it is even, sines where it is odd.
    std::vector<double> cosines_x(px), sines_x(px), cosines_y(py), sines_y(py);
    for (int k = 0; k < px; k++) cosines_x[k] = std::cos(2 * pi * k / px), sines_x[k] = std::sin(2 * pi * k / px);
    for (int k = 0; k < py; k++) cosines_y[k] = std::cos(2 * pi * k / py), sines_y[k] = std::sin(2 * pi * k / py);
    const int columns = column_groups * width;
    std::vector<double> half(size_t(ny) * columns);
    for (int tensor = 0; tensor < mesh.tensors; tensor++) {
      for (int part = 0; part < 6; part++) {
        const double *values = mesh.values + (int64_t(tensor) * 6 + part) * nx * ny;
        const bool odd_x = part == 3 || part == 4, odd_y = part == 3 || part == 5;
        const std::vector<double> &along_x = odd_x ? sines_x : cosines_x, &along_y = odd_y ? sines_y : cosines_y;
        for (int y = 0; y < ny; y++) {
          for (int kx = 0; kx < columns; kx++) {
            double sum = 0;
            if (kx <= px / 2)
              for (int x = 0; x < nx; x++)
                sum += (x == 0 ? 1 : 2) * values[y * nx + x] * along_x[int64_t(kx) * x % px];
            half[size_t(y) * columns + kx] = sum;
          }
        }
        // Two sines make a real spectrum of the other sign, one an imaginary one: -i times what is kept.
        const double scale = (odd_x && odd_y ? -1.0 : 1.0) / (double(px) * py);
        for (int ky = 0; ky <= py / 2; ky++) {
          for (int kx = 0; kx < columns; kx++) {
            double sum = 0;
            for (int y = 0; y < ny; y++)
              sum += (y == 0 ? 1 : 2) * half[size_t(y) * columns + kx] * along_y[int64_t(ky) * y % py];
            spectrum(tensor, kx / width, ky)[part * width + kx % width] = sum * scale;
          }
        }
      }
    }
  }

  double *spectrum(int tensor, int group, int ky) const {
    return spectra.get() + ((int64_t(tensor) * column_groups + group) * (py / 2 + 1) + ky) * 6 * width;
  }

  /// Rows of one component: `[component and layer][row group][column groups][8 columns]`.
  int64_t rows_size() const { return int64_t(3) * layers * row_groups * column_groups * width; }
  int64_t columns_size() const { return int64_t(3) * layers * py; }
  int64_t scratch() const override {
    return int64_t(sizeof(cpx)) * (rows_size() + 2 * columns_size() + 3 * (px / 2 + width)) + 64;
  }

  void field(const double *m, const double *strengths, double *field, void *memory) const override {
    cpx *rows = reinterpret_cast<cpx *>((reinterpret_cast<uintptr_t>(memory) + 63) / 64 * 64);
    cpx *transformed = rows + rows_size(), *columns = transformed + columns_size();
    cpx *line = columns + columns_size();
    const int half = px / 2;
    cpx *other = line + half + width;
    for (int part = 0; part < 3 * layers; part++)
      for (int group = 0; group < row_groups; group++)
        forward(
            m + (int64_t(part) * ny + group * width) * nx,
            strengths + (int64_t(part % layers) * ny + group * width) * nx, ny - group * width,
            rows + (int64_t(part) * row_groups + group) * column_groups * width, line);
    for (int group = 0; group < column_groups; group++) convolve(rows, group, columns, transformed);
    for (int part = 0; part < 3 * layers; part++)
      for (int group = 0; group < row_groups; group++)
        backward(
            rows + (int64_t(part) * row_groups + group) * column_groups * width,
            field + (int64_t(part) * ny + group * width) * nx, ny - group * width, line, other);
  }

  /// Transforms up to eight rows.
  void forward(const double *from, const double *strengths, int count, cpx *to, cpx *line) const {
    lanes *values = reinterpret_cast<lanes *>(line);
    int x = 0;
    for (; x + width <= nx; x += width) {
      vec block[width];
      for (int i = 0; i < width; i++) block[i] = i < count ? load(from + int64_t(i) * nx + x) * load(strengths + int64_t(i) * nx + x) : vec{};
      transpose(block);
      for (int i = 0; i < width; i++) values[x + i] = block[i];
    }
    for (; x < nx; x++) {
      vec value{};
      for (int i = 0; i < width && i < count; i++) value[i] = from[int64_t(i) * nx + x] * strengths[int64_t(i) * nx + x];
      values[x] = value;
    }
    for (; x < px; x++) values[x] = vec{};
    row.transform_real(values, to);
    // The last value, which is real as the first is, lies in the first one's imaginary part.
    const int half = px / 2;
    to[half] = cpx(to[0].im, lanes(0.0));
    to[0].im = lanes(0.0);
    for (int k = half + 1; k < column_groups * width; k++) to[k] = cpx(lanes(0.0), lanes(0.0));
  }

  /// Transforms up to eight rows back.
  void backward(const cpx *from, double *to, int count, cpx *line, cpx *other) const {
    const int half = px / 2;
    for (int k = 0; k < half; k++) {
      const cpx a = from[k], b = std::conj(from[half - k]), even = a + b, odd = a - b;
      const lanes c = turns[k].real(), s = turns[k].imag();
      // even + i turn odd.
      line[k] = cpx(even.re - (odd.re * s + odd.im * c), even.im + (odd.re * c - odd.im * s));
    }
    inverse_row.transform(line, other);
    const lanes *values = reinterpret_cast<const lanes *>(other);
    int x = 0;
    for (; x + width <= nx; x += width) {
      vec block[width];
      for (int i = 0; i < width; i++) block[i] = values[x + i].v;
      transpose(block);
      for (int i = 0; i < width && i < count; i++) store(to + int64_t(i) * nx + x, block[i]);
    }
    for (; x < nx; x++)
      for (int i = 0; i < width && i < count; i++) to[int64_t(i) * nx + x] = values[x].v[i];
  }

  /// Transforms eight columns, multiplies them with the tensors and transforms them back.
  void convolve(cpx *rows, int group, cpx *columns, cpx *transformed) const {
    const int parts = 3 * layers;
    for (int part = 0; part < parts; part++) {
      cpx *line = columns + int64_t(part) * py;
      for (int r = 0; r < row_groups; r++) {
        const cpx *from = rows + (int64_t(part) * row_groups + r) * column_groups * width + group * width;
        vec re[width], im[width];
        for (int i = 0; i < width; i++) re[i] = from[i].re.v, im[i] = from[i].im.v;
        transpose(re), transpose(im);
        for (int i = 0; i < width && r * width + i < py; i++) line[r * width + i] = cpx(re[i], im[i]);
      }
      for (int y = row_groups * width; y < py; y++) line[y] = cpx(lanes(0.0), lanes(0.0));
      column.transform(line, transformed + int64_t(part) * py);
    }
    for (int ky = 0; ky < py; ky++) multiply(group, ky, transformed + ky, columns + ky);
    for (int part = 0; part < parts; part++) {
      const cpx *line = transformed + int64_t(part) * py;
      inverse_column.transform(columns + int64_t(part) * py, transformed + int64_t(part) * py);
      for (int r = 0; r < row_groups; r++) {
        cpx *to = rows + (int64_t(part) * row_groups + r) * column_groups * width + group * width;
        vec re[width], im[width];
        for (int i = 0; i < width; i++) {
          const bool inside = r * width + i < py;
          re[i] = inside ? line[r * width + i].re.v : vec{}, im[i] = inside ? line[r * width + i].im.v : vec{};
        }
        transpose(re), transpose(im);
        for (int i = 0; i < width; i++) to[i] = cpx(re[i], im[i]);
      }
    }
  }

  /// Tensors times magnetisations at one wave vector; parts are `py` apart: component, then layer.
  void multiply(int group, int ky, const cpx *m, cpx *b) const {
    const bool mirrored = ky > py / 2;
    const int place = mirrored ? py - ky : ky;
    const lanes sign_y = mirrored ? -1.0 : 1.0;
    for (int target = 0; target < layers; target++) {
      cpx x{lanes(0.0), lanes(0.0)}, y = x, z = x;
      for (int source = 0; source < layers; source++) {
        const int32_t pair = pairs[target * layers + source];
        const double *n = spectrum(pair < 0 ? ~pair : pair, group, place);
        const cpx mx = m[int64_t(source) * py], my = m[int64_t(layers + source) * py],
                  mz = m[int64_t(2 * layers + source) * py];
        const lanes xx = load(n), yy = load(n + width), zz = load(n + 2 * width), xy = sign_y * load(n + 3 * width);
        x += mx * xx;
        x += my * xy;
        y += mx * xy;
        y += my * yy;
        z += mz * zz;
        if (layers > 1) {
          // Odd in one direction: -i times what is kept.
          const lanes sign = pair < 0 ? -1.0 : 1.0;
          const lanes xz = sign * load(n + 4 * width), yz = sign * sign_y * load(n + 5 * width);
          x += cpx(mz.im * xz, -mz.re * xz);
          y += cpx(mz.im * yz, -mz.re * yz);
          z += cpx(mx.im * xz + my.im * yz, -(mx.re * xz) - my.re * yz);
        }
      }
      b[int64_t(target) * py] = x;
      b[int64_t(layers + target) * py] = y;
      b[int64_t(2 * layers + target) * py] = z;
    }
  }
};

}  // namespace VARIANT
